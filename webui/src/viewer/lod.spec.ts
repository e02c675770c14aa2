// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { Box3, OrthographicCamera, PerspectiveCamera, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { gapWithin, type LodTile, needOf, planTiles, stepUp, viewFrom } from "./lod";

const HEIGHT = 700;

/** 20 × 20 tiles of 10 m in a plane, 50,000 points each. */
const field: LodTile[] = Array.from({ length: 400 }, (_, i) => {
  const x = (i % 20) * 10 - 100;
  const y = Math.floor(i / 20) * 10 - 100;
  const box = new Box3(new Vector3(x, y, 0), new Vector3(x + 10, y + 10, 1));
  return { box, count: 50_000, spacing: Math.sqrt(100 / 50_000) };
});

function cameraAt(eye: [number, number, number], target: [number, number, number]) {
  const camera = new PerspectiveCamera(60, 1.4, 0.1, 2000);
  camera.up.set(0, 0, 1);
  camera.position.set(...eye);
  camera.lookAt(...target);
  return camera;
}

const close = cameraAt([0, 0, 3], [20, 0, 0]);
const above = cameraAt([-250, 0, 250], [0, 0, 0]);

/** Whether any of a grid of positions in a box projects into the picture: written without planes. */
function seen(tile: LodTile, camera: PerspectiveCamera): boolean {
  const { min, max } = tile.box;
  for (let i = 0; i <= 20; i++)
    for (let j = 0; j <= 20; j++)
      for (let k = 0; k <= 2; k++) {
        const p = new Vector3(
          min.x + ((max.x - min.x) * i) / 20,
          min.y + ((max.y - min.y) * j) / 20,
          min.z + ((max.z - min.z) * k) / 2,
        ).project(camera);
        if (Math.abs(p.x) <= 1 && Math.abs(p.y) <= 1 && p.z >= -1 && p.z <= 1) return true;
      }
  return false;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe("planTiles", () => {
  const limits = { budget: 1_000_000, root: 500, gap: 1 };

  it("wants detail only of tiles inside the view, and the root of all others", () => {
    const view = viewFrom(close, HEIGHT);
    const { wanted, visible } = planTiles(field, view, limits);
    field.forEach((tile, i) => {
      if (seen(tile, close)) expect(visible[i]).toBe(true);
      if (!visible[i]) expect(wanted[i]).toBe(500);
      else expect(wanted[i]).toBeGreaterThanOrEqual(500);
    });
    expect(visible.filter((v) => !v).length).toBeGreaterThan(200);
  });

  it("never wants more than the budget and uses most of it where the view is worth it", () => {
    for (const camera of [close, above])
      for (const budget of [250_000, 1_000_000, 3_000_000]) {
        const { wanted } = planTiles(field, viewFrom(camera, HEIGHT), { ...limits, budget });
        expect(sum(wanted)).toBeLessThanOrEqual(budget);
      }
    const { wanted } = planTiles(field, viewFrom(close, 4000), limits);
    expect(sum(wanted)).toBeGreaterThan(900_000);
  });

  it("wants no more of a far tile than leaves gaps of `gap` pixels, measured by projecting", () => {
    const view = viewFrom(above, HEIGHT);
    const { wanted } = planTiles(field, view, { budget: 20e6 - 1, root: 10, gap: 2 });
    field.forEach((tile, i) => {
      const n = wanted[i] ?? 0;
      if (!seen(tile, above) || n >= tile.count) return;
      // The nearest corner is where gaps look widest.
      const corner = tile.box.clampPoint(above.position, new Vector3());
      const aside = new Vector3(0, 1, 0).multiplyScalar(tile.spacing * Math.sqrt(tile.count / n));
      const at = corner.clone().project(above);
      const pixels =
        (corner
          .add(aside)
          .project(above)
          .sub(at)
          .setZ(0)
          .multiply(new Vector3(1.4, 1, 0))
          .length() *
          HEIGHT) /
        2;
      // Seen from the side gaps look narrower, and steps add up to half as many points again.
      expect(pixels).toBeLessThan(2.3);
      expect(pixels).toBeGreaterThan(0.9);
    });
  });

  it("wants all of a scan that fits the budget, the part in view first", () => {
    const { wanted, visible, worth } = planTiles(field, viewFrom(close, HEIGHT), {
      ...limits,
      budget: 20_000_000,
    });
    expect(wanted).toEqual(field.map((tile) => tile.count));
    const inView = worth.filter((_, i) => visible[i]);
    const outside = worth.filter((_, i) => !visible[i]);
    expect(Math.min(...inView)).toBeGreaterThan(Math.max(...outside));
  });

  it("finds near tiles worth more than far ones", () => {
    const { worth } = planTiles(field, viewFrom(close, HEIGHT), limits);
    const at = (x: number) => worth[field.findIndex((t) => t.box.min.x === x && t.box.min.y === 0)];
    expect(at(10)).toBeGreaterThan(at(50) ?? Infinity);
    expect(at(50)).toBeGreaterThan(at(90) ?? Infinity);
  });

  it("changes hardly anything for a small step of the camera", () => {
    const before = planTiles(field, viewFrom(close, HEIGHT), limits).wanted;
    const moved = cameraAt([0.05, 0, 3], [20.05, 0, 0]);
    const after = planTiles(field, viewFrom(moved, HEIGHT), limits).wanted;
    expect(after.filter((n, i) => n !== before[i]).length).toBeLessThan(20);
  });
});

describe("an orthographic view", () => {
  it("needs the same of a tile wherever the eye stands", () => {
    const camera = new OrthographicCamera(-70, 70, 50, -50, 0.1, 1000);
    camera.position.set(0, 0, 100);
    const [tile] = field;
    if (!tile) throw new Error("no tile");
    const near = needOf(tile, viewFrom(camera, HEIGHT));
    camera.position.set(0, 0, 500);
    expect(needOf(tile, viewFrom(camera, HEIGHT))).toBe(near);
    // 700 pixels for 100 m: a gap of one pixel is 1/7 m.
    expect(near).toBeCloseTo(100 * 7 ** 2, -1);
  });
});

describe("gapWithin", () => {
  it("is the smallest gap that fits", () => {
    const needs = [9e6, 4e5, 1e4, 10];
    const at = (i: number, gap: number): number => Math.min(65_000, (needs[i] ?? 0) / gap ** 2);
    const total = (gap: number): number => sum(needs.map((_, i) => at(i, gap)));
    for (const budget of [1000, 30_000, 100_000]) {
      const gap = gapWithin(at, 4, budget, 1);
      expect(total(gap)).toBeLessThanOrEqual(budget);
      expect(total(gap * 0.99)).toBeGreaterThan(budget);
    }
    expect(gapWithin(at, 4, 1e9, 1)).toBe(1);
  });
});

describe("stepUp", () => {
  it("asks for no less, and for less than half as much again", () => {
    for (let n = 1; n <= 65_536; n += 37) {
      expect(stepUp(n, 65_536)).toBeGreaterThanOrEqual(n);
      expect(stepUp(n, 65_536)).toBeLessThanOrEqual(Math.ceil(n * Math.SQRT2) + 1);
    }
    expect(stepUp(1e6, 500)).toBe(500);
  });
});
