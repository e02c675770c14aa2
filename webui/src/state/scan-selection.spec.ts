// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import { ALL_SCANS } from "./scan-query";
import { ScanSelection } from "./scan-selection.svelte";

it("some are selected by their ids", () => {
  const selection = new ScanSelection();
  selection.set([3, 4, 5], true);
  selection.toggle(4);
  expect([3, 4, 5].map((id) => selection.has(id))).toEqual([true, false, true]);
  expect(selection.count(10_000)).toBe(2);
  expect(selection.request(ALL_SCANS)).toEqual({ ids: [3, 5] });
  selection.clear();
  expect(selection.count(10_000)).toBe(0);
});

it("all that meet a filter are selected by it, however many, but for those taken out", () => {
  const selection = new ScanSelection();
  selection.set([1], true);
  selection.selectAll();
  selection.toggle(7);
  selection.set([8, 9], false);
  selection.set([9], true);
  expect([1, 7, 8, 9, 77].map((id) => selection.has(id))).toEqual([true, false, false, true, true]);
  expect(selection.count(10_000)).toBe(9998);
  expect(selection.request({ ...ALL_SCANS, state: "failed" })).toEqual({
    filter: { state: "failed" },
    without: [7, 8],
  });
});
