// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import type { Triple } from "../api/types";
import { eyeOn, lookThere, mapOf, onMap, SIDE } from "./minimap";

const UP: Triple = [0, 0, 1];
const floor: Triple[] = [];
for (let x = 0; x <= 8; x += 0.1) for (let y = 0; y <= 4; y += 0.1) floor.push([x, y, 0]);

it("the scan fills the map, x to the right and y upwards", () => {
  const map = mapOf(floor, UP);
  const [left] = onMap(map, [0, 2, 0]);
  const [right] = onMap(map, [8, 2, 5]);
  expect(left).toBeCloseTo(0.06, 1);
  expect(right).toBeCloseTo(0.94, 1);
  expect(onMap(map, [4, 2, 0])[1]).toBeCloseTo(0.5, 1);
  expect(onMap(map, [4, 4, 0])[1]).toBeLessThan(onMap(map, [4, 0, 0])[1]);
});

it("walls stand out", () => {
  const wall = Array.from({ length: 800 }, (_, i): Triple => [8, 2 + (i % 10) / 10, i / 300]);
  const map = mapOf([...floor, ...wall], UP);
  const at = (p: Triple): number => {
    const [x, y] = onMap(map, p);
    return map.density[Math.floor(y * SIDE) * SIDE + Math.floor(x * SIDE)] ?? 0;
  };
  expect(at([8, 2.5, 0])).toBeGreaterThan(0.9);
  expect(at([4, 2, 0])).toBeLessThan(0.7);
});

it("looking elsewhere keeps height, direction and distance, and gets there", () => {
  for (const up of [UP, [0, 1, 0] as Triple]) {
    const points = up[2] === 1 ? floor : floor.map(([x, y]): Triple => [x, 0, y]);
    const map = mapOf(points, up);
    const pose = { eye: [1, 2, 9] as Triple, target: [3, 1, 1] as Triple };
    const moved = lookThere(map, pose, 0.3, 0.6);
    const [x, y] = onMap(map, moved.target);
    expect(x).toBeCloseTo(0.3, 9);
    expect(y).toBeCloseTo(0.6, 9);
    moved.eye.forEach((v, i) =>
      expect(v - (moved.target[i] ?? 0)).toBeCloseTo((pose.eye[i] ?? 0) - (pose.target[i] ?? 0), 9),
    );
    const high = up.indexOf(1);
    expect(moved.target[high]).toBeCloseTo(pose.target[high] ?? NaN, 9);
  }
});

it("the eye looks the way it does, and stays on the map", () => {
  const map = mapOf(floor, UP);
  const north = eyeOn(map, { eye: [4, 1, 2], target: [4, 3, 1] });
  expect(north.turn).toBeCloseTo(-90, 6); // Upwards.
  expect(eyeOn(map, { eye: [4, 1, 2], target: [9, 1, 1] }).turn).toBeCloseTo(0, 6);
  const outside = eyeOn(map, { eye: [400, -90, 2], target: [4, 3, 1] });
  expect([outside.x, outside.y]).toEqual([0.97, 0.97]);
});
