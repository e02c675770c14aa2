// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Small things kept in the browser. Where it keeps nothing, they last until the page is closed. */
import type { Verifier } from "./verify";

/** What was stored, if it is what it should be. */
export function readStored<T>(key: string, check: Verifier<T>): T | null {
  try {
    const text = localStorage.getItem(key);
    return text === null ? null : check(JSON.parse(text));
  } catch {
    return null; // From an older version, damaged, or not to be read at all.
  }
}

export function writeStored(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Only a convenience.
  }
}
