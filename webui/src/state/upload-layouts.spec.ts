// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/client";
import type { TextLayout } from "../api/types";
import { finding, scanFile, settled, setUp } from "./fake-uploads";
import type { UploadRow } from "./upload-row.svelte";

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
