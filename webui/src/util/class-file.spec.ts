// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { parseClasses, toJson } from "./class-file";
import { emptyRow, moved, problemOf, problemsOf, replaced, rowsOf, toClasses } from "./class-rows";
import { PALETTE } from "./palette";

const full = {
  name: "desk",
  color: "#112233",
  key: "d",
  instanceable: false,
  external_id: 7,
  parent: "furniture",
  description: "With drawers",
};

describe("a file of classes", () => {
  it("comes back as it was written", () => {
    const rows = rowsOf([full, { name: "wall" }]);
    expect(toClasses(rowsOf(parseClasses(toJson(rows))))).toEqual(toClasses(rows));
  });

  it("may be labelCloud's, whose class for none is left out", () => {
    const text = JSON.stringify({
      classes: [
        { name: "unassigned", id: 0, color: "#9da2ab" },
        { name: "person", id: 1, color: "#9EDAE5" },
        { name: "cart", id: 2, color: "#7b66ff" },
      ],
      default: 0,
      type: "semantic_segmentation",
      format: "binary",
      created_with: { name: "labelCloud", version: "1.0.0" },
    });
    expect(rowsOf(parseClasses(text))).toMatchObject([
      { name: "person", color: "#9edae5", external_id: 1 },
      { name: "cart", color: "#7b66ff", external_id: 2 },
    ]);
  });

  it("may be a plain list of names; colours are given out", () => {
    const rows = rowsOf(parseClasses('["floor", " chair "]'));
    expect(rows.map((row) => [row.name, row.color])).toEqual([
      ["floor", PALETTE[0]],
      ["chair", PALETTE[1]],
    ]);
  });

  it("may have colours as bytes and other words for the same", () => {
    expect(
      parseClasses('[{"name": "car", "color": [255, 0, 128], "has_instances": true, "id": 3}]'),
    ).toEqual([{ name: "car", color: "#ff0080", instanceable: true, external_id: 3 }]);
  });

  it("may be lines of a spreadsheet, with headings or by the look of the cells", () => {
    expect(
      parseClasses("Name\tColour\tKey\tGroup\tInstances\ndesk\t#112233\td\tstuff\tno"),
    ).toEqual([{ name: "desk", color: "#112233", key: "d", parent: "stuff", instanceable: false }]);
    expect(parseClasses("desk;#112233;d;stuff;A table\r\n\r\nwall\n")).toEqual([
      { name: "desk", color: "#112233", key: "d", parent: "stuff", description: "A table" },
      { name: "wall" },
    ]);
    expect(parseClasses("floor lamp\nchair").map((entry) => entry.name)).toEqual([
      "floor lamp",
      "chair",
    ]);
  });

  it.each([
    ["", "no class"],
    ["[]", "no class"],
    ["{", "not valid JSON"],
    ['{"labels": []}', "no list"],
    ['["a", 5]', "Entry 2"],
    ['["a", {"color": "#112233"}]', "Entry 2 has no name"],
    ['["a", {"name": "b", "color": "red"}]', 'Entry 2, "b": color is "red"'],
    ['[{"name": "b", "color": [1, 2, 999]}]', 'Entry 1, "b": color is [1,2,999]'],
    ['[{"name": "b", "key": "ab"}]', 'Entry 1, "b": key is "ab"'],
    ['[{"name": "b", "instanceable": "maybe"}]', 'Entry 1, "b": instanceable is "maybe"'],
    ['[{"name": "b", "id": 1.5}]', 'Entry 1, "b": id is 1.5'],
    ["name,id\nb,x", 'Entry 1, "b": id is null'],
    [JSON.stringify(["x".repeat(65)]), "Entry 1"],
    [JSON.stringify(Array.from({ length: 251 }, (_, i) => `c${i}`)), "250"],
  ])("is refused with its place: %s", (text, expected) => {
    expect(() => parseClasses(text)).toThrow(expected);
  });
});

describe("the table", () => {
  it("keeps classes of the same name, and those with answers that the file lacks", () => {
    const rows = rowsOf([{ name: "desk" }, { name: "wall" }, { name: "lamp" }]).map((row, i) => ({
      ...row,
      index: i,
    }));
    const after = replaced(rows, [{ name: "WALL" }, { name: "chair" }], (index) => index === 2);
    expect(after.rows.map((row) => [row.name, row.index])).toEqual([
      ["WALL", 1],
      ["chair", null],
      ["lamp", 2],
    ]);
    expect(after.kept).toEqual(["lamp"]);
  });

  it("says what is wrong where it is", () => {
    const rows = rowsOf([
      { name: "desk", key: "d" },
      { name: "Desk", key: "D" },
      { name: " ", key: "u", color: "#12345" },
      { name: "wall", key: "-" },
    ]);
    const at = rows.map((row) => row.id);
    expect(problemsOf(rows).map(({ row, field }) => [at.indexOf(row), field])).toEqual([
      [1, "name"],
      [1, "key"],
      [2, "name"],
      [2, "color"],
      [2, "key"],
      [3, "key"],
    ]);
    expect(problemOf(rows.slice(0, 1))).toContain("at least two");
    expect(problemOf(rowsOf([{ name: "a" }, { name: "b" }]))).toBeNull();
  });

  it("gives a new row the first colour that is free, and moves rows", () => {
    const rows = rowsOf([{ name: "a", color: PALETTE[1] as string }, { name: "b" }]);
    expect(rows[1]?.color).toBe(PALETTE[0]);
    expect(emptyRow(rows).color).toBe(PALETTE[2]);
    expect(moved(rows, 1, 0).map((row) => row.name)).toEqual(["b", "a"]);
  });
});
