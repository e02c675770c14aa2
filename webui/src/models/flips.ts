// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Two predictions of one scan as one picture. Pairs are class, 255 for none, and confidence per record. */
import type { RecordSource } from "../api/records";
import type { Cell } from "./api";

const NO_CLASS = 255;
export const SIDES = ["first", "second", "flips"] as const;
export type Side = (typeof SIDES)[number];

/**
 * The records whose class differs, with the class that one of the two gives them and in full colour; all others have
 * none.
 *
 * @param cell only those that went from one class to one other.
 */
export function flippedPairs(
  first: Uint8Array,
  second: Uint8Array,
  cell: Cell | null,
  coloredBy: "first" | "second" = "second",
): Uint8Array {
  const pairs = new Uint8Array(first.length);
  const source = coloredBy === "first" ? first : second;
  const from = cell ? (cell.from ?? NO_CLASS) : -1;
  const to = cell ? (cell.to ?? NO_CLASS) : -1;
  for (let i = 0; i < first.length; i += 2) {
    const a = first[i];
    const b = second[i];
    const shown = a !== b && (!cell || (a === from && b === to));
    pairs[i] = shown ? (source[i] ?? NO_CLASS) : NO_CLASS;
    pairs[i + 1] = shown ? 255 : 0;
  }
  return pairs;
}

/** As `flippedPairs`, of whatever records are asked for. */
export function flipSource(
  first: RecordSource,
  second: RecordSource,
  cell: Cell | null,
  coloredBy: "first" | "second",
): RecordSource {
  return {
    fetch: async (ranges, signal) => {
      const [a, b] = await Promise.all([first.fetch(ranges, signal), second.fetch(ranges, signal)]);
      return flippedPairs(a, b, cell, coloredBy);
    },
  };
}

/** What a prediction says of one record, from its two bytes. */
export interface Verdict {
  classIndex: number | null;
  confidence: number; // 0–1.
}

export function verdictOf([index = NO_CLASS, confidence = 0]: Uint8Array): Verdict {
  return { classIndex: index === NO_CLASS ? null : index, confidence: confidence / 255 };
}
