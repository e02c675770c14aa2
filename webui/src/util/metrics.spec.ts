// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { methodWords, readMetrics } from "./metrics";

const full = {
  method: "cross_validation",
  reason: null,
  answers: 20,
  accuracy: 0.25,
  miou: 0.16,
  per_class: [{ index: 0, name: "wall", answers: 5, iou: 0.125, recall: 0.2 }],
  confusion: [[0, 0, 1]],
  head: { anything: true },
};

it("figures are read, and unknown ones left out instead of breaking the page", () => {
  expect(readMetrics(full)?.per_class[0]?.name).toBe("wall");
  expect(readMetrics(full)?.confusion).toEqual([[0, 0, 1]]);
  expect(readMetrics({ loss: 3 })).toBeNull();
  expect(readMetrics({ ...full, confusion: [[0, 0]] })).toBeNull();
  expect(readMetrics({ ...full, confusion: undefined })?.confusion).toBeNull();
  expect(readMetrics({ ...full, accuracy: null, reason: "Too few answers." })?.reason).toBe(
    "Too few answers.",
  );
});

it("the method is said in words", () => {
  expect(methodWords("holdout", 12)).toBe("12 held-out answers");
  expect(methodWords("cross_validation", 1)).toBe("1 answer, cross-validated");
  expect(methodWords(null, 2)).toBe("2 answers");
});
