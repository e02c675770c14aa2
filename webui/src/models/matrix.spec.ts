// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { byRow, filled, occurring, ofAll, step, strengths } from "./matrix";

const counts = [
  [6, 2, 0, 0],
  [0, 0, 0, 0],
  [1, 0, 3, 0],
  [0, 0, 0, 0],
];

it("triples become a table; what is beyond the classes is no class", () => {
  expect(
    filled(
      [
        [0, 0, 6],
        [0, 1, 2],
        [2, 0, 1],
        [2, 2, 3],
        [7, 9, 4],
      ],
      3,
    ),
  ).toEqual([
    [6, 2, 0, 0],
    [0, 0, 0, 0],
    [1, 0, 3, 0],
    [0, 0, 0, 4],
  ]);
});

describe("normalised", () => {
  it("rows sum to one, and an empty one stays empty", () => {
    const rows = byRow(counts);
    expect(rows[0]).toEqual([0.75, 0.25, 0, 0]);
    expect(rows[1]).toEqual([0, 0, 0, 0]);
    for (const row of rows) expect([0, 1]).toContain(row.reduce((a, b) => a + b, 0));
  });

  it("all cells together sum to one", () => {
    const all = ofAll(counts);
    expect(all.flat().reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(all[2]?.[2]).toBe(0.25);
    expect(ofAll([[0]])).toEqual([[0]]);
  });
});

it("classes that neither side names are left out", () => {
  expect(occurring(counts)).toEqual([0, 1, 2]);
  expect(occurring([[0]])).toEqual([]);
});

it("colours are scaled on the diagonal and off it for themselves", () => {
  const strong = strengths([
    [0.8, 0.04],
    [0.01, 0.2],
  ]);
  expect(strong).toEqual([
    [1, 1],
    [0.5, 0.5],
  ]);
  expect(strengths([[0]])).toEqual([[0]]);
});

it("arrow keys go to the next cell that can be stood on", () => {
  const usable = [
    [false, true, false, true],
    [true, false, false, false],
    [false, true, true, false],
  ];
  expect(step(usable, [0, 1], "ArrowRight")).toEqual([0, 3]);
  expect(step(usable, [0, 1], "ArrowDown")).toEqual([2, 1]);
  expect(step(usable, [0, 1], "ArrowLeft")).toBeNull();
  expect(step(usable, [0, 1], "ArrowUp")).toBeNull();
  expect(step(usable, [0, 1], "Enter")).toBeNull();
});
