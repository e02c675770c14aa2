// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import type { Job } from "./api/types";
import { labelsWords, lengthWords } from "./view-words";

it("the note over the view says what the labels are made of", () => {
  const given = [{ reply: "class" }, { reply: "skip" }, { reply: "class" }] as const;
  expect(labelsWords(given, true, false, null)).toBe("Labels from 2 answers");
  expect(labelsWords(given.slice(0, 1), true, false, null)).toBe("Labels from 1 answer");
  const waiting = "Answer a query, and every point takes on a class";
  expect(labelsWords(given, false, false, null)).toBe(waiting);
  expect(labelsWords(given.slice(1, 2), false, false, null)).toBe(waiting);
});

it("the note over the view says why there are no labels", () => {
  const given = [{ reply: "class" }] as const;
  const words = (state: Job["state"], error: string | null = null): string =>
    labelsWords(given, false, true, { state, error });
  expect(labelsWords(given, false, true, null)).toBe("The scan is being prepared for labels");
  expect(words("running")).toBe("The scan is being prepared for labels");
  expect(words("failed", "The disk is full.")).toBe(
    "The scan could not be prepared for labels. The disk is full.",
  );
  expect(words("cancelled")).toContain("Reload the page");
});

it("lengths have as many digits as they deserve, and their unit where it is known", () => {
  expect(lengthWords(2.345, "metres")).toBe("2.35 m");
  expect(lengthWords(-12.34, "metres")).toBe("-12.3 m");
  expect(lengthWords(1234.5, "millimetres")).toBe("1,235 mm");
  expect(lengthWords(0.5, "degrees")).toBe("0.50");
  expect(lengthWords(0.5, null)).toBe("0.50");
});
