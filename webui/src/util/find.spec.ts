// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { find } from "./find";

const THINGS = [
  { name: "wall", parent: null, description: "" },
  { name: "office chair", parent: "furniture", description: "with castors" },
  { name: "chair", parent: "furniture", description: "" },
  { name: "Türzarge", parent: "door", description: "Rahmen" },
  { name: "other furniture", parent: null, description: "" },
];
const names = (wanted: string) => find(THINGS, wanted).map((place) => THINGS[place]?.name);

it("the whole list comes in its order while nothing is typed", () => {
  expect(find(THINGS, " ")).toEqual([0, 1, 2, 3, 4]);
});

it("a name that begins so comes before a word in it, and that before its group", () => {
  expect(names("chair")).toEqual(["chair", "office chair"]);
  expect(names("furn")).toEqual(["other furniture", "office chair", "chair"]);
});

it("case and accents do not matter, initials and single letters in order do", () => {
  expect(names("TURZ")).toEqual(["Türzarge"]);
  expect(names("oc")[0]).toBe("office chair");
  expect(names("chr")).toEqual(["chair", "office chair"]);
  expect(names("of ch")).toEqual(["office chair"]);
});

it("descriptions are looked at, and nothing is found where nothing fits", () => {
  expect(names("castor")).toEqual(["office chair"]);
  expect(names("zebra")).toEqual([]);
});
