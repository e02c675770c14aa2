// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../api/client";
import { FakeServer, finding, NO_FIXES, scanFile, settled, setUp } from "./fake-uploads";
import { SLICE_BYTES } from "./pieces";
import type { UploadRow } from "./upload-row.svelte";

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
