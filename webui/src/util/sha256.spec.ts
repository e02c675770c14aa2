// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { Sha256 } from "./sha256";

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

it("is that of the platform, for every length around the blocks and in any pieces", async () => {
  for (const length of [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 100_003]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 73 + (i >> 8)) & 255);
    const expected = hex(await crypto.subtle.digest("SHA-256", bytes));
    expect(new Sha256().update(bytes).digest(), String(length)).toBe(expected);
    const pieces = new Sha256();
    for (let at = 0, step = 1; at < length; at += step, step = (step * 7 + 3) % 900)
      pieces.update(bytes.subarray(at, Math.min(length, at + step)));
    expect(pieces.digest(), `${length} in pieces`).toBe(expected);
  }
});
