// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from "vitest";
import { pagesOf, rowAfterKey, rowsInSight, scrollToRow } from "./windowing";

describe("rowsInSight", () => {
  it("holds every row that shows a pixel, and few more, wherever one scrolls", () => {
    for (const [height, rowHeight, total] of [
      [500, 52, 10_000],
      [10, 52, 10_000],
      [500, 52, 3],
      [520, 52, 10],
    ] as const)
      for (
        let scrollTop = 0;
        scrollTop < total * rowHeight + 200;
        scrollTop += total > 100 ? 3733 : 37
      ) {
        const { first, end } = rowsInSight(scrollTop, height, rowHeight, total, 5);
        for (let row = Math.max(0, first - 9); row < Math.min(total, end + 9); row++) {
          const shown = row * rowHeight < scrollTop + height && (row + 1) * rowHeight > scrollTop;
          if (shown) expect(row >= first && row < end).toBe(true);
        }
        expect(end - first).toBeLessThanOrEqual(Math.ceil(height / rowHeight) + 1 + 10);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(total);
      }
  });

  it("is empty without rows", () => {
    expect(rowsInSight(0, 500, 52, 0, 5)).toEqual({ first: 0, end: 0 });
    expect(rowsInSight(9999, 500, 52, 0, 5)).toEqual({ first: 0, end: 0 });
  });

  it("takes what a browser says while it overscrolls", () => {
    expect(rowsInSight(-80, 104, 52, 100, 0)).toEqual({ first: 0, end: 2 });
  });
});

it("pagesOf names exactly the pages that the rows are on", () => {
  expect(pagesOf({ first: 0, end: 100 }, 100)).toEqual([0]);
  expect(pagesOf({ first: 99, end: 201 }, 100)).toEqual([0, 1, 2]);
  expect(pagesOf({ first: 9990, end: 10_000 }, 100)).toEqual([99]);
  expect(pagesOf({ first: 0, end: 0 }, 100)).toEqual([]);
});

it("scrollToRow moves just as far as is needed", () => {
  expect(scrollToRow(5, 0, 520, 52)).toBe(0); // In sight already.
  expect(scrollToRow(10, 0, 520, 52)).toBe(52);
  expect(scrollToRow(9999, 0, 520, 52)).toBe(10_000 * 52 - 520);
  expect(scrollToRow(3, 520, 520, 52)).toBe(3 * 52);
  expect(scrollToRow(0, 520, 520, 52)).toBe(0);
});

it("keys move within the list", () => {
  const after = (key: string, row: number): number | null => rowAfterKey(key, row, 100, 10);
  expect(after("ArrowDown", 99)).toBe(99);
  expect(after("ArrowDown", -1)).toBe(0);
  expect(after("ArrowUp", 0)).toBe(0);
  expect(after("PageDown", 0)).toBe(9);
  expect(after("PageUp", 95)).toBe(86);
  expect(after("Home", 50)).toBe(0);
  expect(after("End", 50)).toBe(99);
  expect(after("a", 50)).toBeNull();
  expect(rowAfterKey("End", 0, 0, 10)).toBeNull();
});
