// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
/** A server for uploads in memory, and what the specs of uploads share. */
import { expect, vi } from "vitest";
import { ApiError } from "../api/client";
import type {
  Finding,
  Fixes,
  ImportOptions,
  Preflight,
  Scan,
  TextLayout,
  TextTable,
  Upload,
} from "../api/types";
import type { Layouts, NewUpload, UploadApi } from "../api/upload";
import { crc32 } from "../util/crc32";
import type { SumFiles } from "./upload-packing";
import type { UploadRow } from "./upload-row.svelte";
import { Uploads } from "./uploads.svelte";

const preflight: Preflight = {
  format: "ply",
  points: 5,
  finite_points: 5,
  extent: [1, 1, 1],
  unit: "metres",
  unit_reason: "",
  up_axis: "z",
  up_sign: 1,
  up_reason: "",
  voxel_size_m: 0.02,
  voxel_size_reason: "",
  fields: [],
  warnings: [],
  findings: [],
};

export function finding(
  code: string,
  severity: Finding["severity"],
  more?: Partial<Finding>,
): Finding {
  return { code, severity, sentence: code, fix: null, suggested: false, ...more };
}

export const NO_FIXES: Fixes = {
  unit: null,
  up: null,
  drop_duplicates: false,
  thin_to: null,
  unaligned: false,
};

/** A server in memory that keeps the bytes, and fails when it is told to. */
export class FakeServer implements UploadApi {
  uploads = new Map<number, Upload & { content: number[] }>();
  scans: string[] = [];
  puts: { id: number; offset: number; bytes: number }[] = [];
  cancelled: number[] = [];
  hashes: (string | null)[] = [];
  findings: Finding[] = [];
  fixes: Fixes[] = [];
  twins: string[] = [];
  problem: Upload["problem"] = null;
  table: TextTable | null = null; // What a check shows of a text file.
  firstPoint = 0; // Lines that have to be skipped in it.
  said: TextLayout[] = [];
  slowly: (options: ImportOptions) => Promise<void> = () => Promise.resolve();
  atOnce = 0;
  mostAtOnce = 0;
  fail: (call: string, n: number) => Error | null = () => null;
  private calls = new Map<string, number>();

  private called(name: string): void {
    const n = (this.calls.get(name) ?? 0) + 1;
    this.calls.set(name, n);
    const error = this.fail(name, n);
    if (error) throw error;
  }

  private find(id: number): Upload & { content: number[] } {
    const found = this.uploads.get(id);
    if (!found) throw new ApiError(404, "not_found", "There is no such upload.");
    return found;
  }

  begin = async (projectId: number, { name, bytes, fingerprint }: NewUpload): Promise<Upload> => {
    this.called("begin");
    for (const upload of this.uploads.values())
      if (
        upload.fingerprint === fingerprint &&
        upload.name === name &&
        upload.state === "receiving"
      )
        return { ...upload };
    const upload = {
      id: this.uploads.size + 1,
      project_id: projectId,
      name,
      bytes,
      received: 0,
      fingerprint,
      state: "receiving" as const,
      options: { version: 1, fixes: { drop_duplicates: false, unaligned: false } },
      preflight: null,
      problem: null,
      text_table: null,
      twins: this.twins,
      scans: [],
      left_out: [],
      tables: [],
      scan_id: null,
      job_id: null,
      created_at: "",
      expires_at: "",
      content: [] as number[],
    };
    this.uploads.set(upload.id, upload);
    return { ...upload };
  };

  list = async (): Promise<Upload[]> => [...this.uploads.values()];

  read = async (id: number): Promise<Upload> => {
    this.called("read");
    return { ...this.find(id) };
  };

  put = async (id: number, offset: number, bytes: ArrayBuffer): Promise<Upload> => {
    this.atOnce++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      await Promise.resolve();
      this.called("put");
      const upload = this.find(id);
      if (offset !== upload.received) throw new ApiError(409, "wrong_offset", "Go on elsewhere.");
      this.puts.push({ id, offset, bytes: bytes.byteLength });
      upload.received += bytes.byteLength;
      if (upload.received === upload.bytes) upload.state = "received";
      return { ...upload };
    } finally {
      this.atOnce--;
    }
  };

  check = async (
    id: number,
    sha256: string | null,
    options: ImportOptions,
    tables: Layouts,
    signal: AbortSignal,
  ): Promise<Upload> => {
    this.called("check");
    this.tables.push(tables);
    this.hashes.push(sha256);
    const upload = this.find(id);
    if (this.table) {
      await this.slowly(options);
      signal.throwIfAborted();
      const said = options.text as TextLayout | null | undefined; // What the list sent.
      if (said) this.said.push(said);
      upload.options = options;
      upload.text_table = said ? { ...this.table, layout: said } : this.table;
      const read = said ? said.skip === this.firstPoint : this.table.layout !== null;
      upload.state = read ? "checked" : "refused";
      upload.problem = read ? null : { code: "unreadable_scan", message: "No table." };
      upload.preflight = read ? { ...preflight, findings: this.findings } : null;
      return { ...upload };
    }
    upload.state = this.problem ? "refused" : "checked";
    upload.problem = this.problem;
    upload.preflight = this.problem ? null : { ...preflight, findings: this.findings };
    return { ...upload };
  };

  imported: ImportOptions[] = [];
  tables: Layouts[] = []; // As each check was asked with.

  toScans = async (id: number, options: ImportOptions): Promise<Scan[]> => {
    this.called("toScans");
    const { fixes } = options;
    this.imported.push(options);
    this.fixes.push(fixes);
    const { name } = this.find(id);
    this.scans.push(name);
    return [{ id, name } as Scan]; // The list only hands it on.
  };

  cancel = async (id: number): Promise<unknown> => {
    this.cancelled.push(id);
    return this.uploads.delete(id);
  };
}

export function scanFile(name: string, size = 100): File {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode("ply\n"));
  return new File([bytes], name, { lastModified: 1000 });
}

const sumsOf: SumFiles = (files) =>
  Promise.all(files.map(async (file) => crc32(new Uint8Array(await file.arrayBuffer()))));

export function setUp(server = new FakeServer(), sums = sumsOf) {
  const waits: number[] = [];
  const uploads = new Uploads(
    1,
    server,
    (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    () => Promise.resolve("f".repeat(64)),
    sums,
  );
  uploads.atOnce = true;
  const scans: string[] = [];
  uploads.onScan = (scan) => scans.push(scan.name);
  const add = (...files: File[]) => uploads.add(files.map((file) => ({ file, path: file.name })));
  return { server, uploads, waits, scans, add };
}

export const settled = (uploads: Uploads, state: UploadRow["state"]) =>
  vi.waitFor(() => expect(uploads.rows.map((row) => row.state)).toEqual([state]));
