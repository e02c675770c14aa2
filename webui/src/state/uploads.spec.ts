// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../api/client";
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
import { SLICE_BYTES } from "./pieces";
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

function finding(code: string, severity: Finding["severity"], more?: Partial<Finding>): Finding {
  return { code, severity, sentence: code, fix: null, suggested: false, ...more };
}

const NO_FIXES: Fixes = {
  unit: null,
  up: null,
  drop_duplicates: false,
  thin_to: null,
  unaligned: false,
};

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

function scanFile(name: string, size = 100): File {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode("ply\n"));
  return new File([bytes], name, { lastModified: 1000 });
}

const sumsOf: SumFiles = (files) =>
  Promise.all(files.map(async (file) => crc32(new Uint8Array(await file.arrayBuffer()))));

function setUp(server = new FakeServer(), sums = sumsOf) {
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

  it("say that an alignment is undone, unless it is refused", async () => {
    const { server, uploads, add } = setUp();
    const aligned = finding("aligned", "info", { fix: { unaligned: true } });
    server.findings = [aligned, finding("far_points", "warning")];
    await add(scanFile("scene.zip"));
    await settled(uploads, "asking");
    const row = uploads.rows[0] as UploadRow;
    expect([row.fixed, row.hasFix({ unaligned: true })]).toEqual([true, false]);
    row.setFix({ unaligned: true }, true);
    expect([row.fixed, row.hasFix({ unaligned: true })]).toEqual([false, true]);
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

describe("the layout of a text file", () => {
  const LINES = ["a list of points", "x;y;z;kind", "1,5;2;3;4", "5;6;7;8"].map((text, i) => ({
    number: i + 1,
    text,
  }));
  const DETECTED: TextLayout = {
    columns: ["x", "y", "z", "label"],
    delimiter: "semicolon",
    decimal: "comma",
    skip: 2,
    names: ["x", "y", "z", "kind"],
    reason: "the names before line 3 say so",
  };
  const textFile = (name: string) =>
    new File(["1 2 3\n"], name, { lastModified: name.charCodeAt(0) });

  async function asking(layout: TextLayout | null, ...names: string[]) {
    const all = setUp();
    all.server.table = { layout, lines: LINES };
    all.server.firstPoint = 2;
    all.uploads.atOnce = false;
    await all.add(...names.map(textFile));
    const state = layout ? "asking" : "refused";
    await vi.waitFor(() =>
      expect(all.uploads.rows.map((row) => row.state)).toEqual(names.map(() => state)),
    );
    return all;
  }

  it("is shown as it was detected, checked as it is said, and imported so", async () => {
    const { server, uploads } = await asking(DETECTED, "a.csv");
    const row = uploads.rows[0] as UploadRow;
    expect(row.layout).toEqual(DETECTED);
    const said = { ...DETECTED, columns: ["y", "x", "z", "skip"] as TextLayout["columns"] };
    uploads.layOut(row, said);
    expect([row.layoutState, row.layout]).toEqual(["checking", said]);
    uploads.proceedAll([row]);
    expect(row.state, "not before the check has seen it").toBe("asking");
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    uploads.proceed(row);
    await vi.waitFor(() => expect(server.scans).toEqual(["a.csv"]));
    expect(server.imported[0]?.text).toEqual(said);
  });

  it("may be said where none was detected; the file is kept until somebody gives it up", async () => {
    const { server, uploads } = await asking(null, "a.csv");
    const row = uploads.rows[0] as UploadRow;
    expect([row.error, row.layout, row.tellable]).toEqual(["No table.", null, true]);
    expect(server.cancelled).toEqual([]);
    uploads.layOut(row, { ...DETECTED, skip: 1 });
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    expect([row.state, row.error, row.layout?.skip]).toEqual(["refused", "No table.", 1]);
    uploads.layOut(row, DETECTED);
    await vi.waitFor(() => expect(row.state).toBe("asking"));
    expect([row.error, row.preflight?.points]).toEqual([null, 5]);
    uploads.remove(row);
    await vi.waitFor(() => expect(server.cancelled).toEqual([1]));
  });

  it("gets as many columns as the first point has, once its line is there", async () => {
    const { server, uploads } = await asking(null, "a.csv");
    const row = uploads.rows[0] as UploadRow;
    const far = { ...DETECTED, columns: ["x", "y", "z"] as TextLayout["columns"], names: [] };
    uploads.layOut(row, far);
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    expect(server.said.map(({ columns }) => columns.length)).toEqual([3, 4]);
    expect(row.layout?.columns).toEqual(["x", "y", "z", "skip"]);
    expect(row.layout?.names).toEqual(["x", "y", "z", "kind"]);
  });

  it("counts as it was said last, whatever is answered when", async () => {
    const { server, uploads } = await asking(DETECTED, "a.csv");
    const row = uploads.rows[0] as UploadRow;
    const release: (() => void)[] = [];
    server.slowly = () => new Promise((resolve) => release.push(resolve));
    uploads.layOut(row, { ...DETECTED, skip: 3 });
    await vi.waitFor(() => expect(release).toHaveLength(1));
    const said: TextLayout = { ...DETECTED, columns: ["z", "y", "x", "label"] };
    uploads.layOut(row, said);
    await vi.waitFor(() => expect(release).toHaveLength(2));
    release[1]?.();
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    release[0]?.();
    await Promise.resolve();
    expect([row.state, row.layout]).toEqual(["asking", said]);
    expect(server.said).toEqual([said]);
  });

  it("is tried again while the check before it goes on, and refused in the server's words", async () => {
    const { server, uploads, waits } = await asking(DETECTED, "a.csv");
    const row = uploads.rows[0] as UploadRow;
    const busy = new ApiError(409, "upload_busy", "Being checked.");
    server.fail = (call, n) => (call === "check" && n < 4 ? busy : null);
    uploads.layOut(row, DETECTED);
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    expect(waits).toEqual([400, 300, 600]);
    const wrong = new ApiError(422, "invalid_text_layout", "2 columns are x; only one can be.");
    server.fail = () => wrong;
    uploads.layOut(row, { ...DETECTED, columns: ["x", "x", "z", "skip"] });
    await vi.waitFor(() => expect(row.layoutState).toBe("refused"));
    expect([row.state, row.layoutError]).toEqual(["asking", wrong.message]);
  });

  it("is said for all files like it at once", async () => {
    const { uploads } = await asking(DETECTED, "a.csv", "b.csv", "c.csv", "d.csv");
    const [first, ...rest] = uploads.rows as [UploadRow, ...UploadRow[]];
    expect(uploads.laidOutOtherwise(first)).toEqual([]);
    uploads.layOut(first, { ...DETECTED, columns: ["x", "z", "y", "skip"] });
    await vi.waitFor(() => expect(first.layoutState).toBe("settled"));
    expect(uploads.laidOutOtherwise(first)).toEqual(rest);
    uploads.layOutAlike(first);
    await vi.waitFor(() => expect(rest.every((row) => row.layoutState === "settled")).toBe(true));
    expect(rest.map((row) => row.layout?.columns)).toEqual(rest.map(() => first.layout?.columns));
    expect(uploads.laidOutOtherwise(first)).toEqual([]);
  });

  it("leaves what was decided about the points, and is not imported by itself", async () => {
    const { server, uploads } = await asking(DETECTED, "a.csv");
    const row = uploads.rows[0] as UploadRow;
    row.setFix({ unit: "feet" }, true);
    server.findings = [finding("no_colour", "info")];
    uploads.layOut(row, { ...DETECTED, columns: ["x", "z", "y", "skip"] });
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    expect(row.fixes.unit).toBe("feet");

    const later = setUp(server); // As after a reload of the page.
    await later.uploads.restore();
    await settled(later.uploads, "asking");
    expect(later.uploads.rows[0]?.layout?.columns[3]).toBe("skip");
    expect(server.scans).toEqual([]);
  });
});

describe("several files of one scan", () => {
  const labelled = () => [
    {
      path: "08/velodyne/0.bin",
      file: new File(["points of a sweep"], "0.bin", { lastModified: 1000 }),
    },
    { path: "08/labels/0.label", file: new File(["classes"], "0.label", { lastModified: 2000 }) },
  ];
  const calibration = { path: "08/calib.txt", file: new File(["P0: 1 2 3"], "calib.txt") };

  it("are sent as one archive of a size that is known before", async () => {
    const { server, uploads } = setUp();
    uploads.atOnce = false;
    await uploads.add([...labelled(), calibration]);
    const row = uploads.rows[0] as UploadRow;
    expect([row.name, row.path, row.parts.length]).toEqual(["0.zip", "08/velodyne/0.bin", 2]);
    expect(uploads.leftOut.map(({ path }) => path)).toEqual(["08/calib.txt"]);
    await settled(uploads, "asking");
    expect(row.file?.size).toBe(row.size);
    expect(server.puts).toEqual([{ id: 1, offset: 0, bytes: row.size }]);
    const text = await row.file?.text();
    expect(text).toContain("points of a sweep");
    expect(text).toContain("08/labels/0.label");
  });

  it("go on where they stopped, when they are dropped again in another order", async () => {
    const server = new FakeServer();
    const first = setUp(server);
    server.fail = (call) => (call === "put" ? new ApiError(400, "x", "No.") : null);
    await first.uploads.add(labelled());
    await settled(first.uploads, "failed");
    server.fail = () => null;
    const second = setUp(server);
    await second.uploads.restore();
    await settled(second.uploads, "absent");
    await second.uploads.add(labelled().reverse());
    await vi.waitFor(() => expect(server.scans).toEqual(["0.zip"]));
    expect(server.uploads.size).toBe(1);
  });

  it("fail with a reason where one of them cannot be read", async () => {
    const { uploads, server } = setUp(new FakeServer(), () => Promise.resolve(null));
    await uploads.add(labelled());
    await settled(uploads, "failed");
    expect(uploads.rows[0]?.error).toContain("changed or went away");
    expect(server.uploads.size).toBe(0);
  });
});

describe("the layouts of text tables in an archive", () => {
  const lines = ["1 2 3", "4 5 6"].map((text, i) => ({ number: i + 1, text }));
  const detected: TextLayout = {
    columns: ["x", "y", "z"],
    delimiter: "blanks",
    decimal: "point",
    skip: 0,
    names: [],
    reason: "three numbers",
  };

  /** A row of an archive that was checked, and the server that it is checked by. */
  async function archive() {
    const all = setUp();
    all.server.findings = [finding("far_points", "warning")];
    await all.add(scanFile("two.zip"));
    await settled(all.uploads, "asking");
    const row = all.uploads.rows[0] as UploadRow;
    const table = (member: string) => ({
      member,
      members: [member, `${member}.more`],
      said: false,
      table: { layout: detected, lines },
    });
    const upload = all.server.uploads.get(row.upload?.id ?? 0)!;
    upload.tables = [table("a.txt"), table("b.txt")];
    row.take({ ...upload });
    return { ...all, row };
  }

  it("are said of one kind without forgetting what is said of another", async () => {
    const { server, uploads, row } = await archive();
    const asked = server.tables.length;
    const [a, b] = (["y", "z"] as const).map((first): TextLayout => ({
      ...detected,
      columns: first === "y" ? ["y", "x", "z"] : ["z", "y", "x"],
    })) as [TextLayout, TextLayout];
    uploads.layOut(row, a, "a.txt");
    expect([row.layoutState, row.asked, row.told["a.txt"]]).toEqual(["checking", "a.txt", a]);
    uploads.layOut(row, b, "b.txt"); // Before the first one was answered.
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    expect(server.tables.slice(asked)).toEqual([{ "a.txt": a, "b.txt": b }]);
    expect(row.state).toBe("asking");
  });

  it("are as detected again when that is said", async () => {
    const { server, uploads, row } = await archive();
    uploads.layOut(row, { ...detected, columns: ["y", "x", "z"] }, "a.txt");
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    uploads.layOut(row, null, "a.txt");
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    expect(server.tables.at(-1)).toEqual({});
  });

  it("get as many columns as the first point turns out to have", async () => {
    const { server, uploads, row } = await archive();
    uploads.layOut(row, { ...detected, columns: ["x", "y", "z", "label"] }, "b.txt");
    await vi.waitFor(() => expect(row.layoutState).toBe("settled"));
    expect(server.tables.at(-1)?.["b.txt"]?.columns).toEqual(["x", "y", "z"]);
  });
});
