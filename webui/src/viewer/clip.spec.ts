// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from "vitest";
import type { Triple } from "../api/types";
import { cutBox, guessCeiling, heightRange, isInside, withSide } from "./clip";

const UP: Triple = [0, 0, 1];

/** A room of 4 × 3 × `height` with floor, walls and, if wanted, a ceiling. */
function room(height: number, ceiling: boolean, up: Triple = UP): Triple[] {
  const points: Triple[] = [];
  const put = (x: number, y: number, h: number): void => {
    points.push(up[1] !== 0 ? [x, h * up[1], y] : [x, y, h * up[2]]);
  };
  for (let x = 0; x <= 4; x += 0.1)
    for (let y = 0; y <= 3; y += 0.1) {
      put(x, y, 0);
      if (ceiling) put(x, y, height);
    }
  for (let h = 0; h <= height; h += 0.1)
    for (let s = 0; s <= 4; s += 0.1) {
      put(s, 0, h);
      put(0, s * 0.75, h);
    }
  return points;
}

describe("cutBox", () => {
  it("leaves everything where nothing is cut", () => {
    expect(isInside([1e6, -1e6, 3], cutBox({ box: null, ceiling: null }, UP))).toBe(true);
  });

  it("takes what is above the ceiling, whichever way is up", () => {
    const above = cutBox({ box: null, ceiling: 2 }, UP);
    expect(isInside([0, 0, 1.9], above)).toBe(true);
    expect(isInside([0, 0, 2.1], above)).toBe(false);
    const down = cutBox({ box: null, ceiling: 2 }, [0, -1, 0]);
    expect(isInside([0, -1.9, 0], down)).toBe(true);
    expect(isInside([0, -2.1, 0], down)).toBe(false);
    expect(isInside([0, 50, 0], down)).toBe(true);
  });

  it("takes the narrower of box and ceiling", () => {
    const box = { min: [0, 0, 0] as Triple, max: [1, 1, 1] as Triple };
    expect(cutBox({ box, ceiling: 5 }, UP).max[2]).toBe(1);
    expect(cutBox({ box, ceiling: 0.5 }, UP).max[2]).toBe(0.5);
  });
});

describe("withSide", () => {
  const bounds = { min: [0, 0, 0] as Triple, max: [10, 10, 10] as Triple };

  it("keeps to the bounds, and the other side makes way", () => {
    expect(withSide(bounds, 1, "min", 4, bounds).min).toEqual([0, 4, 0]);
    expect(withSide(bounds, 1, "min", -4, bounds).min).toEqual([0, 0, 0]);
    const narrow = { min: [0, 0, 0] as Triple, max: [2, 10, 10] as Triple };
    expect(withSide(narrow, 0, "min", 5, bounds)).toEqual({ min: [5, 0, 0], max: [5, 10, 10] });
  });
});

describe("guessCeiling", () => {
  it("is under the ceiling of a room and above what stands in it", () => {
    for (const up of [UP, [0, 1, 0] as Triple, [0, -1, 0] as Triple]) {
      const guess = guessCeiling(room(2.6, true, up), up);
      expect(guess).toBeLessThan(2.6);
      expect(guess).toBeGreaterThan(2.2);
    }
  });

  it("takes the top fifth off where there is none", () => {
    const guess = guessCeiling(room(3, false), UP);
    expect(guess).toBeGreaterThan(2.2);
    expect(guess).toBeLessThan(2.5);
  });
});

it("heights leave strays out", () => {
  const points = [...room(2.6, true), [0, 0, 400] as Triple, [0, 0, -90] as Triple];
  const [low, high] = heightRange(points, UP);
  expect(low).toBeCloseTo(0, 5);
  expect(high).toBeCloseTo(2.6, 5);
});
