// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { filesOfDrop, fingerprint, startsLikeScan, whyNot } from "./scan-files";

const head = (text: string): Uint8Array => new TextEncoder().encode(text);

it("scans are told by their first bytes", () => {
  const yes = [
    "ply\nformat",
    "ply\r\n",
    "LASF\0",
    "ASTM-E57",
    "glTF\x02",
    "# .PCD v0.7",
    "VERSION 0.7\n",
    "# c\nFIELDS x y",
  ];
  for (const text of yes) expect(startsLikeScan(head(text)), text).toBe(true);
  const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
  for (const head of [bytes("\x93NUMPY\x01\0v\0{'descr'"), bytes("PK\x03\x04\x14\0")])
    expect(startsLikeScan(head)).toBe(true);
  for (const head of [bytes("\x92NUMPY"), bytes("PK\x05\x07")])
    expect(startsLikeScan(head)).toBe(false);
  const no = ["plyx", "PLY\n", "las", "x y z\n1 2 3", "# nothing\n", "", "\u0000\u0001"];
  for (const text of no) expect(startsLikeScan(head(text)), text).toBe(false);
});

it("files of formats without a signature are left to the server, by their name", async () => {
  expect(await whyNot(new File(["1234"], "000000.BIN"))).toBeNull();
  expect(await whyNot(new File(["v 1 2 3"], "chair.Obj"))).toBeNull();
  expect(await whyNot(new File(["1234"], "000000.ply"))).toMatch(/PLY/);
  expect(await whyNot(new File(["1234"], "000000.label"))).not.toBeNull();
  expect(await whyNot(new File([], "000000.bin"))).not.toBeNull();
});

it("tables of points are told by their name, and must be text", async () => {
  const said = (content: string | Uint8Array<ArrayBuffer>, name: string): Promise<string | null> =>
    whyNot(new File([content], name));
  for (const name of ["a.txt", "a.XYZ", "a.csv", "a.asc", "a.pts", "a.ptx"]) {
    expect(await said("1 2 3\n4 5 6\n", name), name).toBeNull();
    expect(await said("1 2 3\n4\u0000\n", name), name).toMatch(/Not text/);
  }
  expect(await said(new Uint8Array([0xff, 0xfe, 0x31, 0]), "a.txt")).toBeNull();
  expect(await said("1 2 3\n", "a.doc")).toMatch(/format that can be read/);
  expect(await said("", "a.txt")).not.toBeNull();
});

it("a fingerprint is the same for the same file, and another for another end, size or time", async () => {
  const bytes = new Uint8Array(300_000);
  const file = (content: Uint8Array<ArrayBuffer>, lastModified = 5): File =>
    new File([content], "a", { lastModified });
  const print = await fingerprint(file(bytes));
  expect(await fingerprint(file(bytes.slice()))).toBe(print);
  const end = bytes.slice();
  end[299_999] = 1;
  for (const other of [file(end), file(bytes.slice(1)), file(bytes, 6)])
    expect(await fingerprint(other)).not.toBe(print);
});

/** Entries as a browser gives them: a folder lists some at a time, and nothing at the end. */
function folder(path: string, children: FileSystemEntry[]): FileSystemEntry {
  return {
    isFile: false,
    fullPath: path,
    createReader: () => {
      const waiting = [...children];
      return {
        readEntries: (give: (entries: FileSystemEntry[]) => void) => give(waiting.splice(0, 2)),
      };
    },
  } as unknown as FileSystemEntry;
}

function leaf(path: string): FileSystemEntry {
  const file = new File(["x"], path.split("/").at(-1) ?? "");
  return {
    isFile: true,
    fullPath: path,
    file: (give: (file: File) => void) => give(file),
  } as unknown as FileSystemEntry;
}

it("a drop is walked through, folders in folders, in the order of numbers, without what systems leave", async () => {
  const entry = folder("/flat", [
    leaf("/flat/scan10.ply"),
    leaf("/flat/scan9.ply"),
    leaf("/flat/.DS_Store"),
    folder("/flat/up", [leaf("/flat/up/bath.ply"), leaf("/flat/up/Thumbs.db")]),
    folder("/flat/empty", []),
  ]);
  const single = new File(["x"], "single.las");
  const items = [
    { kind: "string" },
    { kind: "file", webkitGetAsEntry: () => entry },
    { kind: "file", webkitGetAsEntry: () => null, getAsFile: () => single },
  ];
  const found = await filesOfDrop({ items } as unknown as DataTransfer);
  expect(found.map(({ path }) => path)).toEqual([
    "flat/scan9.ply",
    "flat/scan10.ply",
    "flat/up/bath.ply",
    "single.las",
  ]);
});
