// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { importWords } from "./words";

it("the result of an import of answers is a sentence that leaves nothing out", () => {
  expect(importWords({ imported: 12, skipped: 0, problems: [] })).toBe("12 answers added.");
  expect(importWords({ imported: 1, skipped: 1, problems: [] })).toBe(
    "1 answer added, 1 was there already.",
  );
  expect(importWords({ imported: 0, skipped: 1200, problems: ["line 3: no such class"] })).toBe(
    "0 answers added, 1,200 were there already, some lines could not be used.",
  );
});
