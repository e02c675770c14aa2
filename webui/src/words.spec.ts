// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import type { Job } from "./api/types";
import { importWords, labelsWords } from "./words";

it("the result of an import of answers is a sentence that leaves nothing out", () => {
  expect(importWords({ imported: 12, skipped: 0, problems: [] })).toBe("12 answers added.");
  expect(importWords({ imported: 1, skipped: 1, problems: [] })).toBe(
    "1 answer added, 1 was there already.",
  );
  expect(importWords({ imported: 0, skipped: 1200, problems: ["line 3: no such class"] })).toBe(
    "0 answers added, 1,200 were there already, some lines could not be used.",
  );
});

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
