// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** A file goes to the server in pieces, on from where it stopped, however often the way there breaks off. */
import { ApiError, isAbort, isPassing, messageOf } from "../api/client";
import type { Upload } from "../api/types";
import type { NewUpload, UploadApi } from "../api/upload";
import { t } from "../i18n";
import { fingerprint } from "../util/scan-files";

export const SLICE_BYTES = 8 * 1024 * 1024;
const MOST_TRIES = 20; // In a row, without a byte getting through: some eight minutes.
const LONGEST_WAIT_MS = 30_000;
// Another tab, or a request that the server does not know to be dead yet.
const TRY_AGAIN = new Set(["upload_busy", "wrong_offset"]);

export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** The file on this computer changed or is gone; sending more of it would make a mixture. */
export class FileGone extends Error {}

/** What is to be known of work that is tried again. */
export interface Trying {
  arrived(): number; // Bytes that the server has; more of them are progress.
  offline(reason: string): void; // Waiting before the next try.
  wait: Wait;
  signal: AbortSignal;
}

/** Do something until it works, or something happens that does not pass. */
export async function keepTrying<T>(work: () => Promise<T>, trying: Trying): Promise<T> {
  let tries = 0;
  let before = trying.arrived();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (trying.signal.aborted || isAbort(error)) throw error;
      const arrived = trying.arrived();
      if (arrived > before) tries = 0;
      before = arrived;
      if (!mayPass(error) || ++tries > MOST_TRIES) throw error;
      trying.offline(messageOf(error));
      await trying.wait(Math.min(LONGEST_WAIT_MS, 500 * 2 ** tries), trying.signal);
    }
  }
}

/** The upload as the server has it now; begun, or begun anew where it is not known any more. */
export async function present(
  api: Pick<UploadApi, "read">,
  known: Upload | null,
  file: File | null,
  name: string,
  begin: (body: NewUpload) => Promise<Upload>,
  signal: AbortSignal,
): Promise<Upload> {
  if (known) {
    try {
      return await api.read(known.id, signal);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404 && file)) throw error;
    }
  }
  if (!file) throw new FileGone(t("setup.upload.chooseAgain"));
  return begin({ name, bytes: file.size, fingerprint: await print(file) });
}

/** Send what the server does not have yet. `sent`: bytes on their way or there; `arrived`: after each piece. */
export async function sendRest(
  api: Pick<UploadApi, "put">,
  upload: Upload,
  file: File,
  told: { sent(bytes: number): void; arrived(upload: Upload): void },
  signal: AbortSignal,
): Promise<Upload> {
  while (upload.received < upload.bytes) {
    const from = upload.received;
    const bytes = await slice(file, from, Math.min(upload.bytes, from + SLICE_BYTES));
    upload = await api.put(upload.id, from, bytes, (sent) => told.sent(from + sent), signal);
    told.arrived(upload);
  }
  return upload;
}

/** Whether the same may work a little later. */
export function mayPass(error: unknown): boolean {
  // A full disk is a matter for somebody, not for time.
  if (error instanceof ApiError && error.code === "disk_full") return false;
  return isPassing(error) || (error instanceof ApiError && TRY_AGAIN.has(error.code));
}

async function slice(file: File, from: number, to: number): Promise<ArrayBuffer> {
  let bytes: ArrayBuffer;
  try {
    bytes = await file.slice(from, to).arrayBuffer();
  } catch {
    throw new FileGone(t("setup.upload.changed"));
  }
  if (bytes.byteLength !== to - from) throw new FileGone(t("setup.upload.changed"));
  return bytes;
}

async function print(file: File): Promise<string> {
  try {
    return await fingerprint(file);
  } catch {
    throw new FileGone(t("setup.upload.changed"));
  }
}

/** Wait, but not longer than until the browser says that it is online again. */
export function waitOrOnline(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(new DOMException("Stopped.", "AbortError"));
      else resolve();
    };
    const timer = setTimeout(end, ms);
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
