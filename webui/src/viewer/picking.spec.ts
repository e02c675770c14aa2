// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { nearestHit } from "./picking";

it("the hit nearest the middle wins and ids use all 32 bits", () => {
  const side = 5;
  const bytes = new Uint8Array(side * side * 4);
  const put = (x: number, y: number, id: number): void =>
    new DataView(bytes.buffer).setUint32((y * side + x) * 4, id + 1, true);
  expect(nearestHit(bytes, side)).toBe(-1);
  put(0, 0, 7);
  expect(nearestHit(bytes, side)).toBe(7);
  put(3, 2, 4_000_000_000);
  expect(nearestHit(bytes, side)).toBe(4_000_000_000);
  put(2, 2, 2 ** 24 + 5);
  expect(nearestHit(bytes, side)).toBe(2 ** 24 + 5);
});
