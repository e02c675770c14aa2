// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { answerRadius } from "./markers";

it("answers cover no more of the view when there are many, and can always be seen", () => {
  expect([0, 1, 20, 40].map(answerRadius)).toEqual([8, 8, 8, 8]);
  const covered = (n: number): number => n * answerRadius(n) ** 2;
  expect(covered(100)).toBeCloseTo(covered(40), 6);
  expect(answerRadius(100_000)).toBe(4.5);
});
