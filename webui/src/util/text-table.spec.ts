// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { TextLayout } from "../api/types";
import {
  changed,
  firstGuess,
  sameLayout,
  saidAlike,
  splitLine,
  widthOf,
  withRole,
} from "./text-table";

const lines = (...texts: string[]) => texts.map((text, i) => ({ number: i + 1, text }));

const PLAIN: TextLayout = {
  columns: ["x", "y", "z", "intensity"],
  delimiter: "semicolon",
  decimal: "point",
  skip: 1,
  names: ["x", "y", "z", "strength"],
  reason: "the names before line 2 say so",
};

describe("splitLine", () => {
  it("parts fields, without quotes and blanks around them", () => {
    expect(splitLine(` 1\t 2   "3" `, "blanks")).toEqual(["1", "2", "3"]);
    expect(splitLine(`"1" ; 2;'3'`, "semicolon")).toEqual(["1", "2", "3"]);
    expect(splitLine("1\t2 3\t4", "tab")).toEqual(["1", "2 3", "4"]);
    expect(splitLine("1,,3,", "comma")).toEqual(["1", "", "3"]);
    expect(splitLine("", "comma")).toEqual([""]);
  });

  it("leaves together what stands in quotes", () => {
    expect(splitLine('1,2,"living room, old",4', "comma")).toEqual([
      "1",
      "2",
      "living room, old",
      "4",
    ]);
    expect(splitLine('1; "the ""big"" one; here"; 3', "semicolon")).toEqual([
      "1",
      'the "big" one; here',
      "3",
    ]);
    expect(splitLine('1,5" pipe,"open, 3', "comma")).toEqual(["1", '5" pipe', "open", "3"]);
  });
});

describe("changed", () => {
  const shown = lines("x,y,z,i", "1.5,2,3,4;9;9", "2,3,4,5;9;9");

  it("keeps columns that still fit, and takes back the reason", () => {
    const next = changed({ ...PLAIN, delimiter: "comma" }, { decimal: "comma" }, shown);
    expect(next.columns).toEqual(PLAIN.columns);
    expect([next.decimal, next.reason, next.names]).toEqual(["comma", "", ["x", "y", "z", "i"]]);
  });

  it("lets columns follow where there are fewer or more of them", () => {
    expect(widthOf(shown, { delimiter: "semicolon", skip: 1 })).toBe(3);
    const fewer = changed(PLAIN, { delimiter: "semicolon", skip: 2 }, shown);
    expect(fewer.columns).toEqual(["x", "y", "z"]);
    const odd: TextLayout = { ...PLAIN, columns: ["skip", "r", "g", "b", "z"] };
    const wide = changed(odd, { delimiter: "blanks", skip: 0 }, lines("1 2 3 4 5 6 7"));
    expect(wide.columns).toEqual(["x", "r", "g", "b", "z", "y", "skip"]);
    expect(wide.names).toEqual([]);
  });

  it("finds the names above the first point, behind a comment sign, however parted", () => {
    const found = changed(PLAIN, { skip: 2 }, lines("note", "# E N H kind", "1;2;3;4"));
    expect(found.names).toEqual(["E", "N", "H", "kind"]);
    expect(changed(PLAIN, { skip: 1 }, lines("only a note", "1;2;3;4")).names).toEqual([]);
  });

  it("looks anew for what parts the columns where the first point turns out to be elsewhere", () => {
    const prose = { ...PLAIN, delimiter: "blanks" as const, skip: 0 };
    const next = changed(prose, { skip: 1 }, lines("some words here", "1,5;2;3;4"));
    expect(next).toMatchObject({ delimiter: "semicolon", decimal: "comma", skip: 1 });
    expect(changed(prose, { delimiter: "tab" }, lines("1 2 3")).delimiter).toBe("tab");
  });

  it("leaves columns alone while the first point is not among the lines that are shown", () => {
    const next = changed(PLAIN, { skip: 900 }, shown);
    expect([next.columns, next.names, next.skip]).toEqual([PLAIN.columns, PLAIN.names, 900]);
  });
});

it("one column gets another part, and no other", () => {
  expect(withRole(PLAIN, 3, "label").columns).toEqual(["x", "y", "z", "label"]);
  expect(PLAIN.columns[3]).toBe("intensity");
});

describe("firstGuess", () => {
  it("takes the delimiter that gives the last line most numbers, and skips lines of words", () => {
    const found = firstGuess(lines("Some words", "1990 was a good year", "1,5;2,5;3;4"));
    expect(found).toMatchObject({ delimiter: "semicolon", decimal: "comma", skip: 2 });
    expect(found.columns).toEqual(["x", "y", "z", "skip"]);
    expect(firstGuess(lines("1.5 2 3", "4 5 6"))).toMatchObject({ delimiter: "blanks", skip: 0 });
    expect(firstGuess(lines("1.5,2,3", "4,5,6")).decimal).toBe("point");
  });

  it("has something to show of prose, and of nothing", () => {
    expect(firstGuess(lines("Dear reader, this is no table"))).toMatchObject({ skip: 0 });
    expect(firstGuess([]).columns).toEqual(["x", "y", "z"]);
  });
});

describe("saidAlike", () => {
  const said: TextLayout = { ...PLAIN, columns: ["y", "x", "z", "skip"], reason: "" };
  const detected = (layout: TextLayout) => ({ layout, lines: [] });
  const undetected = (...texts: string[]) => ({ layout: null, lines: lines(...texts) });

  it("says the same of a file with the same columns; its header may be longer", () => {
    const other = detected({ ...PLAIN, skip: 9, reason: "elsewhere" });
    expect(saidAlike(said, detected(PLAIN), other)).toEqual({ ...said, skip: 9 });
    expect(saidAlike({ ...said, skip: 3 }, detected(PLAIN), other)?.skip).toBe(3);
  });

  it.each([
    { delimiter: "comma" as const },
    { names: ["x", "y", "z", "kind"] },
    { columns: ["x", "y", "z"] as TextLayout["columns"], names: [] },
  ])("says nothing of a file with %o", (difference) => {
    expect(saidAlike(said, detected(PLAIN), detected({ ...PLAIN, ...difference }))).toBeNull();
  });

  it("says the same where nothing was detected but the width is right", () => {
    const before = undetected("head", "1;2;3;4");
    expect(saidAlike(said, before, undetected("top", "5;6;7;8"))).toBe(said);
    expect(saidAlike(said, before, undetected("top", "5;6;7"))).toBeNull();
    expect(saidAlike(said, before, detected(PLAIN))).toBeNull();
  });

  it("says the same where the points begin beyond what is shown, not of a file that ends there", () => {
    const far = { ...said, skip: 30 };
    const before = undetected("a", "b", "c");
    expect(saidAlike(far, before, undetected("d", "e", "f"))).toBe(far);
    expect(saidAlike(far, before, undetected("short"))).toBeNull();
  });
});

it("layouts are the same when they say the same, whoever said it", () => {
  expect(sameLayout(PLAIN, { ...PLAIN, reason: "", names: [] })).toBe(true);
  expect(sameLayout(PLAIN, { ...PLAIN, skip: 2 })).toBe(false);
  expect(sameLayout(null, PLAIN)).toBe(false);
});
