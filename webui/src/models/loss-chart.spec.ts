// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { lossChart, smoothed } from "./loss-chart";

it("a curve is smoothed over a tenth of it, from its first value on", () => {
  expect(smoothed([])).toEqual([]);
  expect(smoothed([3, 3, 3])).toEqual([3, 3, 3]);
  // 40 values are smoothed over four: each counts three quarters of the next one.
  const values = Array.from({ length: 40 }, (_, i) => Math.sin(i) + 2);
  const at = 17;
  let sum = 0;
  let weight = 0;
  for (let i = 0; i <= at; i++) {
    sum += (values[i] ?? 0) * 0.75 ** (at - i);
    weight += 0.75 ** (at - i);
  }
  expect(smoothed(values)[at]).toBeCloseTo(sum / weight, 12);
});

it("there is no chart of a single value", () => {
  expect(lossChart(null)).toBeNull();
  expect(lossChart({ total: 1, steps: [1], losses: [2] })).toBeNull();
  const chart = lossChart({ total: 4, steps: [2, 4], losses: [2, 1] });
  expect(chart?.x).toEqual([2, 4]);
  expect(chart?.series[0]?.values).toEqual([2, 1]);
});
