// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { OrthographicCamera, PerspectiveCamera, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import type { Triple } from "../api/types";
import { type Pose, zoomAt } from "./camera";
import { cornersOf, type Frame, overview, sideDirection, SIDES, viewAlong } from "./framing";

const up: Triple = [0, 0, 1];
const frame: Frame = { fovRadians: Math.PI / 3, aspect: 1.4 };

/** Where positions are in the picture, −1 … 1 to the right and upwards, by three.js's own camera. */
function inPicture(points: readonly Triple[], pose: Pose, axis: Triple, aspect: number): Vector3[] {
  const camera = new PerspectiveCamera(60, aspect, 0.001, 1e4);
  camera.up.set(...axis);
  camera.position.set(...pose.eye);
  camera.lookAt(...pose.target);
  camera.updateMatrixWorld();
  return points.map((p) => new Vector3(...p).project(camera));
}

function boxOf(min: Triple, max: Triple): Triple[] {
  return cornersOf([
    {
      base: 0,
      count: 1,
      lo: min,
      scale: [0, 1, 2].map((i) => ((max[i] ?? 0) - (min[i] ?? 0)) / 65535) as Triple,
    },
  ]);
}

/** Positions on the floor of a room, `n` along each side. */
function floor(width: number, depth: number, n: number): Triple[] {
  return Array.from({ length: n * n }, (_, i): Triple => [
    ((i % n) / (n - 1)) * width,
    (Math.floor(i / n) / (n - 1)) * depth,
    0,
  ]);
}

const edges = (at: readonly Vector3[]): Record<"left" | "right" | "bottom" | "top", number> => ({
  left: Math.min(...at.map((p) => p.x)),
  right: Math.max(...at.map((p) => p.x)),
  bottom: Math.min(...at.map((p) => p.y)),
  top: Math.max(...at.map((p) => p.y)),
});

describe("overview", () => {
  it("sees every corner of the scan from above, whatever axis is up", () => {
    const corners = boxOf([-1, -2, -3], [5, 4, 1]);
    for (const axis of [
      [0, 0, 1],
      [0, 1, 0],
      [0, -1, 0],
      [1, 0, 0],
    ] as Triple[]) {
      const pose = overview(corners, axis, frame);
      const { left, right, bottom, top } = edges(inPicture(corners, pose, axis, frame.aspect));
      expect(Math.min(left, bottom)).toBeGreaterThan(-0.881);
      expect(Math.max(right, top)).toBeLessThan(0.881);
      const height = new Vector3(...pose.eye).sub(new Vector3(2, 1, -1)).dot(new Vector3(...axis));
      expect(height).toBeGreaterThan(1);
    }
  });

  it("comes as near as the scan allows: two opposite sides of the picture are reached", () => {
    for (const aspect of [0.6, 1.4, 2.5]) {
      const corners = boxOf([0, 0, 0], [6, 4, 2.5]);
      const pose = overview(corners, up, { ...frame, aspect });
      const { left, right, bottom, top } = edges(inPicture(corners, pose, up, aspect));
      expect(Math.max(right - left, top - bottom)).toBeCloseTo(2 * 0.88, 6);
    }
  });

  it("leaves free what controls cover at the bottom", () => {
    const corners = boxOf([0, 0, 0], [4, 4, 4]);
    const pose = overview(corners, up, { ...frame, bottom: 0.2 });
    const { bottom, top } = edges(inPicture(corners, pose, up, frame.aspect));
    expect(bottom).toBeGreaterThan(-1 + 2 * 0.2);
    expect(top).toBeLessThan(0.881);
  });

  it("lets a stray point far outside stick out rather than make the scan small", () => {
    const points = floor(6, 4, 30);
    const alone = overview(points, up, frame);
    const stray = overview([...points, [400, 0, 0]], up, frame);
    const size = (pose: Pose): number => {
      const { left, right } = edges(inPicture(points, pose, up, frame.aspect));
      return right - left;
    };
    expect(size(stray)).toBeGreaterThan(0.9 * size(alone));
  });

  it("looks at a wide scan from one of its long sides", () => {
    const points = floor(8, 3, 63);
    const { left, right } = edges(inPicture(points, overview(points, up, frame), up, frame.aspect));
    expect(right - left).toBeGreaterThan(1.7);
  });

  it("is the same view moved along when the scan is elsewhere", () => {
    const here = overview(floor(6, 4, 63), up, frame);
    const there = overview(
      floor(6, 4, 63).map(([x, y, z]): Triple => [x + 1000, y - 500, z + 7]),
      up,
      frame,
    );
    here.eye.forEach((v, i) =>
      expect(there.eye[i]).toBeCloseTo(v + ([1000, -500, 7][i] ?? NaN), 6),
    );
  });

  it("has a view of a single point and of none", () => {
    for (const points of [[[3, 4, 5]], []] as Triple[][]) {
      const pose = overview(points, up, frame);
      expect([...pose.eye, ...pose.target].every(Number.isFinite)).toBe(true);
      expect(new Vector3(...pose.eye).distanceTo(new Vector3(...pose.target))).toBeGreaterThan(0);
    }
  });
});

it("the corners of a tile are the first and last steps of its 16-bit coordinates", () => {
  const corners = cornersOf([{ base: 0, count: 9, lo: [1, 2, 3], scale: [1e-4, 2e-4, 0] }]);
  expect(corners).toHaveLength(8);
  expect(corners[0]).toEqual([1, 2, 3]);
  expect(corners[7]?.[0]).toBeCloseTo(7.5535, 9);
  expect(corners[7]?.[1]).toBeCloseTo(15.107, 9);
  expect(corners[7]?.[2]).toBe(3);
});

/** The same in parallel projection: the picture is as large as the perspective one is at the target. */
function inParallelPicture(points: readonly Triple[], pose: Pose, axis: Triple): Vector3[] {
  const distance = new Vector3(...pose.eye).distanceTo(new Vector3(...pose.target));
  const half = distance * Math.tan(frame.fovRadians / 2);
  const camera = new OrthographicCamera(-half * frame.aspect, half * frame.aspect, half, -half, 0);
  camera.up.set(...axis);
  camera.position.set(...pose.eye);
  // As the controls do, which keep an eye straight above a hair off the axis.
  if (
    new Vector3(...pose.eye)
      .sub(new Vector3(...pose.target))
      .cross(camera.up)
      .length() < 1e-9
  )
    camera.up.set(axis[2], axis[0], axis[1]);
  camera.lookAt(...pose.target);
  camera.updateProjectionMatrix();
  camera.updateMatrixWorld();
  return points.map((p) => new Vector3(...p).project(camera));
}

describe("viewAlong", () => {
  const corners = boxOf([-1, -2, -3], [5, 4, 1]);

  it("shows the whole scan from each side, in both projections", () => {
    for (const axis of [up, [0, 1, 0] as Triple])
      for (const side of SIDES)
        for (const parallel of [false, true]) {
          const pose = viewAlong(corners, sideDirection(side, axis), axis, { ...frame, parallel });
          // From straight above three.js's own camera does not know which way is up in the picture.
          if (side === "top" && !parallel) continue;
          const at = parallel
            ? inParallelPicture(corners, pose, axis)
            : inPicture(corners, pose, axis, frame.aspect);
          const { left, right, bottom, top } = edges(at);
          const most = side === "top" ? 1.5 : 0.881; // Turned by a quarter there.
          expect(Math.max(-left, right, -bottom, top)).toBeLessThan(most);
          expect(Math.max(right - left, top - bottom)).toBeGreaterThan(1.4);
          for (const p of at) expect(Math.abs(p.z)).toBeLessThan(1);
        }
  });

  it("looks along an axis, from above, from before and from the right", () => {
    expect(sideDirection("top", up)).toEqual([0, 0, 1]);
    expect(sideDirection("front", up).map((v) => v + 0)).toEqual([0, -1, 0]);
    expect(sideDirection("side", up)).toEqual([1, 0, 0]);
  });
});

it("both projections show what is at the target in the same place", () => {
  const pose: Pose = { eye: [4, -3, 5], target: [1, 2, 0.5] };
  const ahead = new Vector3(...pose.target).sub(new Vector3(...pose.eye)).normalize();
  const across = ahead
    .clone()
    .cross(new Vector3(...up))
    .normalize();
  const above = across.clone().cross(ahead);
  const plane = [-1, 0, 1].flatMap((a) =>
    [-0.8, 0.3].map((b): Triple =>
      new Vector3(...pose.target).addScaledVector(across, a).addScaledVector(above, b).toArray(),
    ),
  );
  const perspective = inPicture(plane, pose, up, frame.aspect);
  inParallelPicture(plane, pose, up).forEach((p, i) => {
    expect(p.x).toBeCloseTo(perspective[i]?.x ?? NaN, 6);
    expect(p.y).toBeCloseTo(perspective[i]?.y ?? NaN, 6);
  });
});

it("zooming about a place leaves it where it is in a parallel picture", () => {
  const pose: Pose = { eye: [4, -3, 5], target: [1, 2, 0.5] };
  const fixed: Triple = [1.7, 2.4, 0.1];
  const [before] = inParallelPicture([fixed], pose, up);
  const [after] = inParallelPicture([fixed], zoomAt(pose, fixed, 0.4), up);
  expect(after?.x).toBeCloseTo(before?.x ?? NaN, 9);
  expect(after?.y).toBeCloseTo(before?.y ?? NaN, 9);
});
