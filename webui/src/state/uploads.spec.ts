// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../api/client";
import type { Finding, Fixes, ImportOptions, Preflight, Scan, Upload } from "../api/types";
import type { NewUpload, UploadApi } from "../api/upload";
import { SLICE_BYTES } from "./upload-transfer";
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

function finding(code: string, severity: Finding["severity"], more?: Partial<Finding>): Finding {
  return { code, severity, sentence: code, fix: null, suggested: false, ...more };
}

const NO_FIXES: Fixes = { unit: null, up: null, drop_duplicates: false, thin_to: null };

/** A server in memory that keeps the bytes, and fails when it is told to. */
class FakeServer implements UploadApi {
  uploads = new Map<number, Upload & { content: number[] }>();
  scans: string[] = [];
  puts: { id: number; offset: number; bytes: number }[] = [];
  cancelled: number[] = [];
  hashes: (string | null)[] = [];
  findings: Finding[] = [];
  fixes: Fixes[] = [];
  twins: string[] = [];
  problem: Upload["problem"] = null;
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
      options: { version: 1, fixes: { drop_duplicates: false } },
      preflight: null,
      problem: null,
      twins: this.twins,
      scan_id: null,
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

  check = async (id: number, sha256: string | null): Promise<Upload> => {
    this.called("check");
    this.hashes.push(sha256);
    const upload = this.find(id);
    upload.state = this.problem ? "refused" : "checked";
    upload.problem = this.problem;
    upload.preflight = this.problem ? null : { ...preflight, findings: this.findings };
    return { ...upload };
  };

  toScan = async (id: number, { fixes }: ImportOptions): Promise<Scan> => {
    this.called("toScan");
    this.fixes.push(fixes);
    const { name } = this.find(id);
    this.scans.push(name);
    return { id, name } as Scan; // The list only hands it on.
  };

  cancel = async (id: number): Promise<unknown> => {
    this.cancelled.push(id);
    return this.uploads.delete(id);
  };
}

function scanFile(name: string, size = 100): File {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode("ply\n"));
  return new File([bytes], name, { lastModified: 1000 });
}

function setUp(server = new FakeServer()) {
  const waits: number[] = [];
  const uploads = new Uploads(
    1,
    server,
    (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    () => Promise.resolve("f".repeat(64)),
  );
  uploads.atOnce = true;
  const scans: string[] = [];
  uploads.onScan = (scan) => scans.push(scan.name);
  const add = (...files: File[]) => uploads.add(files.map((file) => ({ file, path: file.name })));
  return { server, uploads, waits, scans, add };
}

const settled = (uploads: Uploads, state: UploadRow["state"]) =>
  vi.waitFor(() => expect(uploads.rows.map((row) => row.state)).toEqual([state]));

describe("uploads", () => {
  it("send files two at a time, check them, and import what nothing speaks against", async () => {
    const { server, uploads, scans, add } = setUp();
    await add(...["a.ply", "b.ply", "c.ply", "d.ply"].map((name) => scanFile(name)));
    await vi.waitFor(() => expect(uploads.rows).toEqual([]));
    expect(scans.sort()).toEqual(["a.ply", "b.ply", "c.ply", "d.ply"]);
    expect(server.mostAtOnce).toBe(2);
    expect(server.hashes).toEqual(Array(4).fill("f".repeat(64)));
  });

  it("cut a file into pieces, and go on behind the last one that arrived", async () => {
    const { server, uploads, waits, add } = setUp();
    server.fail = (call, n) => (call === "put" && [2, 3].includes(n) ? new NetworkError() : null);
    await add(scanFile("big.ply", 2 * SLICE_BYTES + 5));
    await vi.waitFor(() => expect(server.scans).toEqual(["big.ply"]));
    expect(server.puts.map((put) => put.offset)).toEqual([0, SLICE_BYTES, 2 * SLICE_BYTES]);
    expect(server.puts.at(-1)?.bytes).toBe(5);
    expect(waits).toEqual([1000, 2000]);
    expect(uploads.rows).toEqual([]);
  });

  it("wait longer and longer, and give up after twenty tries; the next try goes on", async () => {
    const { server, uploads, waits, add } = setUp();
    let down = true;
    server.fail = (call) => (call === "put" && down ? new NetworkError() : null);
    await add(scanFile("a.ply"));
    await settled(uploads, "failed");
    expect(waits).toHaveLength(20);
    expect(Math.max(...waits)).toBe(30_000);
    down = false;
    uploads.retry(uploads.rows[0] as UploadRow);
    await vi.waitFor(() => expect(server.scans).toEqual(["a.ply"]));
  });

  it("do not try again what the server refuses", async () => {
    const { server, uploads, waits, add } = setUp();
    server.fail = (call) =>
      call === "begin" ? new ApiError(413, "too_large", "Too large.") : null;
    await add(scanFile("a.ply"));
    await settled(uploads, "failed");
    expect(uploads.rows[0]?.error).toBe("Too large.");
    expect(waits).toEqual([]);
  });

  it("ask before an import when there is a finding, and go on when it is said", async () => {
    const { server, uploads, add } = setUp();
    const fact = finding("no_colour", "info");
    server.findings = [fact, finding("far_points", "warning")];
    await add(scanFile("grey.ply"));
    await settled(uploads, "asking");
    const row = uploads.rows[0] as UploadRow;
    expect(row.doubts.map(({ code }) => code)).toEqual(["far_points"]);
    expect(server.scans).toEqual([]);
    uploads.proceed(row);
    await vi.waitFor(() => expect(server.scans).toEqual(["grey.ply"]));
  });

  it("do not ask because of mere facts", async () => {
    const { server, add } = setUp();
    server.findings = [finding("shift", "info")];
    await add(scanFile("far.ply"));
    await vi.waitFor(() => expect(server.scans).toEqual(["far.ply"]));
    expect(server.fixes).toEqual([NO_FIXES]);
  });

  it("take over what is suggested, and import with what was decided", async () => {
    const { server, uploads, add } = setUp();
    server.findings = [
      finding("unit", "warning", { fix: { unit: "feet" }, suggested: true }),
      finding("up", "warning", { fix: { up: "+y" }, suggested: false }),
      finding("duplicates", "warning", { fix: { drop_duplicates: true }, suggested: true }),
    ];
    await add(scanFile("a.ply"), scanFile("b.ply"));
    await vi.waitFor(() => expect(uploads.asking).toHaveLength(2));
    const [a, b] = uploads.asking as [UploadRow, UploadRow];
    expect(a.fixes).toEqual({ ...NO_FIXES, unit: "feet", drop_duplicates: true });
    a.setFix({ drop_duplicates: true }, false);
    a.setFix({ up: "+y" }, true);
    expect([a.hasFix({ up: "+y" }), a.hasFix({ drop_duplicates: true })]).toEqual([true, false]);
    expect(uploads.like(a)).toEqual([b]);
    uploads.decideAlike(a);
    uploads.proceedAll([a, b]);
    await vi.waitFor(() => expect(server.scans).toHaveLength(2));
    const decided = { ...NO_FIXES, unit: "feet", up: "+y" };
    expect(server.fixes).toEqual([decided, decided]);
  });

  it("ask always where that was chosen, until it is chosen otherwise", async () => {
    const { server, uploads, add } = setUp();
    uploads.setAtOnce(false);
    await add(scanFile("a.ply"));
    await settled(uploads, "asking");
    uploads.setAtOnce(true);
    await vi.waitFor(() => expect(server.scans).toEqual(["a.ply"]));
  });

  it("ask before a byte is sent of a file that seems to be there", async () => {
    const { server, uploads, add } = setUp();
    server.twins = ["a.ply"];
    await add(scanFile("a.ply"));
    await settled(uploads, "asking");
    expect(server.puts).toEqual([]);
    uploads.proceed(uploads.rows[0] as UploadRow);
    await vi.waitFor(() => expect(server.scans).toEqual(["a.ply"]));
  });

  it("say why a file is no scan, and delete its bytes", async () => {
    const { server, uploads, add } = setUp();
    server.problem = { code: "unreadable_scan", message: "a.ply: line 3 is odd." };
    await add(scanFile("a.ply"));
    await settled(uploads, "refused");
    expect(uploads.rows[0]?.error).toBe("a.ply: line 3 is odd.");
    await vi.waitFor(() => expect(server.cancelled).toEqual([1]));
  });

  it("leave out what is no scan by its first bytes, with the reason", async () => {
    const { uploads, add } = setUp();
    uploads.atOnce = false;
    await add(
      new File(["hello"], "notes.md"),
      new File(["hello"], "wrong.PLY"),
      new File([], "empty.ply"),
      scanFile("no-suffix"),
    );
    expect(uploads.leftOut.map((file) => file.path)).toEqual([
      "notes.md",
      "wrong.PLY",
      "empty.ply",
    ]);
    expect(uploads.leftOut[1]?.reason).toContain("not PLY");
    expect(uploads.rows.map((row) => row.name)).toEqual(["no-suffix"]);
  });

  it("take up what was left before, and need the file again only where bytes are missing", async () => {
    const server = new FakeServer();
    const first = setUp(server);
    server.fail = (call, n) => (call === "put" && n > 1 ? new ApiError(400, "x", "No.") : null);
    const file = scanFile("big.ply", SLICE_BYTES + 5);
    await first.add(file);
    await settled(first.uploads, "failed");
    server.fail = () => null;

    const second = setUp(server);
    await second.uploads.restore();
    await settled(second.uploads, "absent");
    expect(second.uploads.rows[0]?.sent).toBe(SLICE_BYTES);
    await second.add(file);
    await vi.waitFor(() => expect(server.scans).toEqual(["big.ply"]));
    expect(server.puts.map((put) => put.offset)).toEqual([0, SLICE_BYTES]);
    expect(second.uploads.rows).toEqual([]);
  });

  it("stop what is taken off the list, here and there", async () => {
    const { server, uploads, add } = setUp();
    uploads.atOnce = false;
    await add(scanFile("a.ply"));
    await settled(uploads, "asking");
    uploads.remove(uploads.rows[0] as UploadRow);
    expect(uploads.rows).toEqual([]);
    await vi.waitFor(() => expect(server.cancelled).toEqual([1]));
  });
});
