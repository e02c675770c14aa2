// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The way of one file from the browser to a scan, with all that can happen on it. */
import { ApiError, isAbort, messageOf } from "../api/client";
import type { UploadApi } from "../api/upload";
import type { Scan, Upload } from "../api/types";
import { t } from "../i18n";
import { FileGone, keepTrying, present, sendRest, waitOrOnline } from "./pieces";
import { packed, sumFiles, type SumFiles } from "./upload-packing";
import type { UploadRow } from "./upload-row.svelte";

/** What the list decides on the way. */
export interface List {
  readonly atOnce: boolean; // Import what the check finds nothing wrong with.
  begun(row: UploadRow): void;
}

export class Transfer {
  constructor(
    private readonly projectId: number,
    private readonly api: UploadApi,
    private readonly wait: (ms: number, signal: AbortSignal) => Promise<void> = waitOrOnline,
    private readonly hash: (file: File, signal: AbortSignal) => Promise<string | null> = hashFile,
    private readonly sum: SumFiles = sumFiles,
  ) {}

  /**
   * Bring a row as far as it goes by itself, trying again while the server cannot be reached. Returns its scans,
   * or null where it stopped; the row's state says why.
   */
  async run(row: UploadRow, signal: AbortSignal, list: List): Promise<Scan[] | null> {
    try {
      return await keepTrying(() => this.advance(row, signal, list), {
        arrived: () => row.upload?.received ?? 0,
        offline: (reason) => {
          row.state = "offline";
          row.error = reason;
        },
        wait: this.wait,
        signal,
      });
    } catch (error) {
      if (signal.aborted || isAbort(error)) return null;
      row.state = "failed";
      row.error = messageOf(error);
      return null;
    }
  }

  private async advance(row: UploadRow, signal: AbortSignal, list: List): Promise<Scan[] | null> {
    await this.pack(row, signal);
    row.take(await this.present(row, signal));
    list.begun(row);
    row.error = null;
    if (row.upload?.state === "receiving") {
      if (row.twins.length > 0 && row.upload.received === 0 && !row.insisted) {
        row.state = "asking";
        return null;
      }
      if (!row.file) {
        row.state = "absent";
        return null;
      }
      this.startHash(row, row.file, signal);
      await this.sendAll(row, row.file, signal);
    }
    if (row.upload?.state === "received") {
      row.state = "checking";
      if (row.file) this.startHash(row, row.file, signal);
      row.take(await this.check(row, row.upload, signal));
    }
    if (row.upload?.state === "refused") {
      row.state = "refused";
      row.error = row.upload.problem?.message ?? null;
      return null;
    }
    const said = !!row.upload?.options.text || Object.keys(row.told).length > 0;
    const atOnce = row.nothingFound && list.atOnce && !said;
    if (!row.insisted && !atOnce) {
      row.state = "asking";
      return null;
    }
    row.state = "importing";
    const upload = row.upload!; // It was just taken.
    return this.api.toScans(upload.id, { ...upload.options, fixes: row.fixes }, signal);
  }

  private async pack(row: UploadRow, signal: AbortSignal): Promise<void> {
    if (row.parts.length === 0 || row.file) return;
    row.state = "packing";
    row.file = await packed(row.name, row.parts, (bytes) => (row.read = bytes), signal, this.sum);
    if (!row.file) throw new FileGone(t("setup.upload.changed"));
    row.state = "starting";
  }

  private startHash(row: UploadRow, file: File, signal: AbortSignal): void {
    row.hash ??= this.hash(file, signal);
    row.hash.catch(() => undefined); // Whoever awaits it is told; nobody may be by then.
  }

  private async check(row: UploadRow, upload: Upload, signal: AbortSignal): Promise<Upload> {
    try {
      return await this.api.check(
        upload.id,
        (await row.hash) ?? null,
        upload.options,
        row.told,
        signal,
      );
    } catch (error) {
      if (error instanceof ApiError && error.code === "upload_damaged") row.hash = null;
      throw error;
    }
  }

  /** The upload as the server has it now; begun anew where it is not known any more. */
  private async present(row: UploadRow, signal: AbortSignal): Promise<Upload> {
    return present(
      this.api,
      row.upload,
      row.file,
      row.name,
      (body) => this.api.begin(this.projectId, body, signal),
      signal,
    );
  }

  private async sendAll(row: UploadRow, file: File, signal: AbortSignal): Promise<void> {
    row.state = "sending";
    if (!row.upload) return;
    const told = {
      sent: (bytes: number) => (row.sent = bytes),
      arrived: (u: Upload) => row.take(u),
    };
    await sendRest(this.api, row.upload, file, told, signal);
  }
}

/** The SHA-256 of a file from a worker; null where there is none to be had. The server compares it. */
function hashFile(file: File, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("../util/hash-worker.ts", import.meta.url), {
      type: "module",
    });
    const end = (value: string | null): void => {
      worker.terminate();
      signal.removeEventListener("abort", stop);
      resolve(value);
    };
    const stop = (): void => {
      worker.terminate();
      reject(new DOMException("Stopped.", "AbortError"));
    };
    worker.onmessage = (event: MessageEvent<string | null>) => end(event.data);
    worker.onerror = () => end(null);
    signal.addEventListener("abort", stop, { once: true });
    worker.postMessage(file);
  });
}
