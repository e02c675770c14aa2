// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { flippedPairs, verdictOf } from "./flips";

const first = Uint8Array.from([1, 10, 2, 20, 255, 0, 3, 30, 1, 40]);
const second = Uint8Array.from([1, 90, 3, 80, 0, 70, 255, 0, 2, 60]);

it("only what differs has a class, that of the version that is asked for", () => {
  expect([...flippedPairs(first, second, null)]).toEqual([
    255, 0, 3, 255, 0, 255, 255, 255, 2, 255,
  ]);
  expect([...flippedPairs(first, second, null, "first")]).toEqual([
    255, 0, 2, 255, 255, 255, 3, 255, 1, 255,
  ]);
});

it("a cell leaves the others out, no class among them", () => {
  const only = (from: number | null, to: number | null) =>
    [...flippedPairs(first, second, { from, to })].flatMap((byte, i) =>
      i % 2 === 1 && byte === 255 ? [(i - 1) / 2] : [],
    );
  expect(only(2, 3)).toEqual([1]);
  expect(only(null, 0)).toEqual([2]);
  expect(only(3, null)).toEqual([3]);
  expect(only(1, 1)).toEqual([]);
});

it("a record is read as class and confidence", () => {
  expect(verdictOf(second.subarray(2, 4))).toEqual({ classIndex: 3, confidence: 80 / 255 });
  expect(verdictOf(second.subarray(6, 8))).toEqual({ classIndex: null, confidence: 0 });
});
