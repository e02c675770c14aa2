// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { Triple } from "../api/types";
import { dolly, easeInOut, Flight, orbit, type Pose, poseBetween } from "./camera";

const up: Triple = [0, 0, 1];
const distance = (a: Triple, b: Triple): number =>
  Math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2);

const from: Pose = { eye: [4, 0, 2], target: [0, 0, 1] };
const to: Pose = { eye: [1, 5, 1.5], target: [1, 3, 0.5] };

describe("easeInOut", () => {
  it("starts at 0, ends at 1, is still at both ends and never goes back", () => {
    expect(easeInOut(0)).toBe(0);
    expect(easeInOut(1)).toBe(1);
    expect(easeInOut(0.01)).toBeLessThan(0.001);
    expect(easeInOut(2)).toBe(1);
    let last = 0;
    for (let t = 0; t <= 1; t += 0.01) {
      expect(easeInOut(t)).toBeGreaterThanOrEqual(last);
      last = easeInOut(t);
    }
  });
});

describe("poseBetween", () => {
  it("meets both ends exactly", () => {
    expect(poseBetween(from, to, up, 0)).toEqual(from);
    expect(poseBetween(from, to, up, 1)).toEqual(to);
  });

  it("keeps the eye's distance between that of the two ends", () => {
    const a = distance(from.eye, from.target);
    const b = distance(to.eye, to.target);
    for (let t = 0.05; t < 1; t += 0.05) {
      const pose = poseBetween(from, to, up, t);
      const d = distance(pose.eye, pose.target);
      expect(d).toBeGreaterThanOrEqual(Math.min(a, b) - 1e-9);
      expect(d).toBeLessThanOrEqual(Math.max(a, b) + 1e-9);
      expect(d).toBeCloseTo(a * Math.pow(b / a, t), 9);
    }
  });

  it("swings round a point instead of through it when the ends face each other", () => {
    for (const [a, b] of [
      [
        [2, 0, 0],
        [-2, 0, 0],
      ],
      [
        [0, 0, 2],
        [0, 0, -2],
      ], // Along the up axis itself.
    ] as [Triple, Triple][]) {
      const pose = poseBetween(
        { eye: a, target: [0, 0, 0] },
        { eye: b, target: [0, 0, 0] },
        up,
        0.5,
      );
      expect(distance(pose.eye, [0, 0, 0])).toBeCloseTo(2, 9);
      expect(distance(pose.eye, a)).toBeCloseTo(Math.sqrt(8), 9);
    }
  });

  it("moves in small steps", () => {
    let last = from.eye;
    for (let i = 1; i <= 100; i++) {
      const pose = poseBetween(from, to, up, i / 100);
      expect(distance(pose.eye, last)).toBeLessThan(0.2);
      last = pose.eye;
    }
  });
});

describe("Flight", () => {
  it("is over after its duration and can be left at any moment", () => {
    const flight = new Flight(from, to, up, 1000, 380);
    expect(flight.at(1000).pose).toEqual(from);
    expect(flight.at(1190).done).toBe(false);
    expect(flight.at(1380)).toEqual({ pose: to, done: true });
    const half = flight.at(1190).pose;
    expect(new Flight(half, from, up, 1190, 380).at(1190).pose).toEqual(half);
  });

  it("without duration arrives at once", () => {
    expect(new Flight(from, to, up, 5, 0).at(5)).toEqual({ pose: to, done: true });
  });
});

describe("orbit and dolly", () => {
  it("keep the distance, turn by the angle and stop before the pole", () => {
    const pose: Pose = { eye: [3, 0, 0], target: [0, 0, 0] };
    const quarter = orbit(pose, up, Math.PI / 2, 0);
    expect(distance(quarter.eye, [0, 3, 0])).toBeLessThan(1e-9);
    const raised = orbit(pose, up, 0, 0.3);
    expect(raised.eye[2]).toBeCloseTo(3 * Math.sin(0.3), 9);
    const top = orbit(pose, up, 0, 5);
    expect(distance(top.eye, pose.target)).toBeCloseTo(3, 9);
    expect(top.eye[0]).toBeGreaterThan(0);
    expect(dolly(pose, 0.5).eye).toEqual([1.5, 0, 0]);
  });

  it("work for scans whose up is y", () => {
    const raised = orbit({ eye: [3, 0, 0], target: [0, 0, 0] }, [0, 1, 0], 0, 0.3);
    expect(raised.eye[1]).toBeCloseTo(3 * Math.sin(0.3), 9);
  });
});
