// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Files on their way to a project: sent in pieces, two files at a time, checked, and then imported, at once or when
 * somebody says so. They go on while other pages of the app are shown, and after a reload where they stopped.
 */
import { ApiError, isPassing } from "../api/client";
import { uploadApi, type UploadApi } from "../api/upload";
import type { Scan, TextLayout, Upload } from "../api/types";
import { t } from "../i18n";
import { type FoundFile, whyNot } from "../util/scan-files";
import { groupFiles } from "../util/scan-groups";
import { UploadRow } from "./upload-row.svelte";
import { packedSize, type SumFiles } from "./upload-packing";
import { Rechecks } from "./upload-recheck";
import { type List, Transfer } from "./upload-transfer";

const PARALLEL = 2;
const AT_ONCE = "fewpoints:import-at-once";

/** A file that is not uploaded, and why. */
export interface LeftOut {
  path: string;
  reason: string;
}

export class Uploads implements List {
  rows = $state.raw<UploadRow[]>([]);
  leftOut = $state.raw<LeftOut[]>([]);
  looking = $state(0); // Files whose first bytes are being looked at.
  atOnce = $state(readAtOnce()); // Import what the check finds nothing wrong with.
  onScan: (scan: Scan) => void = () => undefined;
  private next = 1;
  private restored = false;
  private readonly transfer: Transfer;
  private readonly rechecks: Rechecks;

  constructor(
    readonly projectId: number,
    private readonly api: UploadApi = uploadApi,
    wait?: (ms: number, signal: AbortSignal) => Promise<void>,
    hash?: (file: File, signal: AbortSignal) => Promise<string | null>,
    sum?: SumFiles,
  ) {
    this.transfer = new Transfer(projectId, api, wait, hash, sum);
    this.rechecks = new Rechecks(api, wait);
  }

  /** Take files that are scans, several as one where they belong together, and say of the others why not. */
  async add(found: Iterable<FoundFile>): Promise<void> {
    const { groups, single, covered } = groupFiles([...found]);
    this.looking += single.length;
    const rows = groups.map(({ name, path, files }) => {
      const row = new UploadRow(this.next++, path, `${name}.zip`, packedSize(files));
      row.parts = files;
      return row;
    });
    const leftOut: LeftOut[] = covered.map(({ path, by }) => ({
      path,
      reason: t("setup.upload.covered", { name: by }),
    }));
    for (const { file, path } of single) {
      const reason = await whyNot(file);
      if (reason !== null) leftOut.push({ path, reason });
      else {
        const row = new UploadRow(this.next++, path, file.name, file.size);
        row.file = file;
        rows.push(row);
      }
      this.looking--;
    }
    this.leftOut = [...this.leftOut, ...leftOut];
    // A big drop must not put off what was there before it.
    this.rows = [...this.rows, ...rows];
    this.pump();
  }

  /** Once: take up what an earlier page of this browser, or another one, has left unfinished. */
  async restore(): Promise<void> {
    if (this.restored) return;
    this.restored = true;
    let all: Upload[];
    try {
      all = await this.api.list(this.projectId);
    } catch {
      this.restored = false; // Nothing is lost; whoever opens the page again asks again.
      return;
    }
    const known = new Set(this.rows.map((row) => row.upload?.id));
    const rows = all
      .filter((upload) => !known.has(upload.id))
      .map((upload) => {
        const row = new UploadRow(this.next++, upload.name, upload.name, upload.bytes);
        row.take(upload);
        row.state = upload.state === "receiving" ? "absent" : "waiting";
        return row;
      });
    if (rows.length > 0) this.rows = [...this.rows, ...rows];
    this.pump();
  }

  /** Take a row off the list, and what was sent of it off the server unless it is a scan. */
  remove(row: UploadRow): void {
    this.rows = this.rows.filter((r) => r !== row);
    row.abort?.abort();
    row.recheck?.abort();
    if (row.upload && row.state !== "done") void this.drop(row.upload.id);
    this.pump();
  }

  retry(row: UploadRow): void {
    row.error = null;
    row.state = "waiting";
    this.pump();
  }

  /** Go on with a row that asked: send it although there is a twin, or import it with its findings. */
  proceed(row: UploadRow): void {
    row.insisted = true;
    row.state = "waiting";
    this.pump();
  }

  proceedAll(which: readonly UploadRow[]): void {
    for (const row of which) {
      if (row.layoutState !== "settled") continue; // What was said of it is not known there yet.
      row.insisted = true;
      row.state = "waiting";
    }
    this.pump();
  }

  /** Those that are asked about and in which the same was found. */
  like(row: UploadRow): UploadRow[] {
    return this.asking.filter((other) => other !== row && other.isLike(row));
  }

  /** Decide of all like this one what was decided of it. */
  decideAlike(row: UploadRow): void {
    for (const other of this.like(row)) other.takeFixes(row.fixes);
  }

  /**
   * Say how the text of a file is laid out, null: as it is detected; it is checked again then.
   *
   * @param member names the tables of an archive that are meant.
   */
  layOut(row: UploadRow, layout: TextLayout | null, member: string | null = null): void {
    this.rechecks.ask(row, layout, member);
  }

  /** Those that could be laid out like this one and are not. */
  laidOutOtherwise(row: UploadRow): UploadRow[] {
    return this.rows.filter((other) => other !== row && row.layoutFor(other) !== null);
  }

  layOutAlike(row: UploadRow): void {
    for (const other of this.laidOutOtherwise(row)) this.layOut(other, row.layoutFor(other));
  }

  setAtOnce(atOnce: boolean): void {
    this.atOnce = atOnce;
    try {
      localStorage.setItem(AT_ONCE, atOnce ? "yes" : "no");
    } catch {
      // A browser that keeps nothing for the page: it counts until the page goes.
    }
    if (atOnce) this.proceedAll(this.asking.filter((row) => row.nothingFound));
  }

  clear(): void {
    for (const row of this.rows)
      if (row.state === "refused" || row.state === "failed") this.remove(row);
    this.rows = this.rows.filter((row) => row.state !== "done");
    this.leftOut = [];
  }

  cancelAll(): void {
    const rows = this.rows;
    this.rows = []; // Else one that waits would begin for each that is removed.
    for (const row of rows) this.remove(row);
    this.leftOut = [];
  }

  get asking(): UploadRow[] {
    return this.rows.filter((row) => row.state === "asking");
  }

  /** Whether leaving the page would stop something. */
  get busy(): boolean {
    return this.rows.some((row) => row.running);
  }

  private pump(): void {
    let running = this.rows.filter((row) => row.abort !== null).length;
    for (const row of this.rows) {
      if (running >= PARALLEL) return;
      if (row.state !== "waiting" || row.abort !== null) continue;
      running++;
      void this.run(row);
    }
  }

  private async run(row: UploadRow): Promise<void> {
    row.abort = new AbortController();
    row.state = "starting";
    try {
      const scans = await this.transfer.run(row, row.abort.signal, this);
      if (scans) {
        row.state = "done";
        scans.forEach((scan) => this.onScan(scan));
        if (this.rows.every((r) => r.state === "done")) this.rows = [];
      } else if (row.upload?.state === "refused" && !row.tellable) {
        await this.drop(row.upload.id); // Its bytes are of no use.
        row.upload = null;
      }
    } finally {
      row.abort = null;
      this.pump();
    }
  }

  /** A file that was chosen again goes on in its own row; the one that waited for it goes. */
  begun(row: UploadRow): void {
    const id = row.upload?.id;
    if (id !== undefined && row.file)
      this.rows = this.rows.filter((r) => r === row || r.upload?.id !== id || r.state !== "absent");
  }

  private async drop(id: number): Promise<void> {
    try {
      await this.api.cancel(id);
    } catch (error) {
      // What cannot be told to the server now expires there by itself.
      if (!(error instanceof ApiError) && !isPassing(error)) console.error(error);
    }
  }
}

function readAtOnce(): boolean {
  try {
    return localStorage.getItem(AT_ONCE) !== "no";
  } catch {
    return true;
  }
}
