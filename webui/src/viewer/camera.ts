// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Camera poses and flights between them. Plain arithmetic; `viewer.ts` applies it to the three.js camera. */
import type { OrthographicCamera, PerspectiveCamera } from "three";
import type { Triple } from "../api/types";
import { add, cross, dot, length, sub, times } from "./vector";

export interface Pose {
  eye: Triple;
  target: Triple;
}

export const FLIGHT_MS = 380;

/** What the picture is drawn with: as the eye sees, or in parallel projection. */
export type ViewCamera = PerspectiveCamera | OrthographicCamera;

export function easeInOut(t: number): number {
  const x = Math.min(1, Math.max(0, t));
  return x < 0.5 ? 4 * x ** 3 : 1 - (-2 * x + 2) ** 3 / 2;
}

/** `v` turned about the unit vector `axis` by `angle` radians. */
export function turn(v: Triple, axis: Triple, angle: number): Triple {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  return add(add(times(v, c), times(cross(axis, v), s)), times(axis, dot(axis, v) * (1 - c)));
}

/**
 * The pose a part `t` (0–1, already eased) of the way: the target moves straight, the eye swings round it, so that a
 * flight to the other side of a point does not pass through the point.
 */
export function poseBetween(from: Pose, to: Pose, up: Triple, t: number): Pose {
  if (t <= 0) return from;
  if (t >= 1) return to;
  const target = add(times(from.target, 1 - t), times(to.target, t));
  const a = sub(from.eye, from.target);
  const b = sub(to.eye, to.target);
  const la = Math.max(length(a), 1e-9);
  const lb = Math.max(length(b), 1e-9);
  const ua = times(a, 1 / la);
  const ub = times(b, 1 / lb);
  const distance = la ** (1 - t) * lb ** t;
  const cosine = Math.min(1, Math.max(-1, dot(ua, ub)));
  let axis = cross(ua, ub);
  if (length(axis) < 1e-6) {
    if (cosine > 0) return { eye: add(target, times(ua, distance)), target };
    // Straight opposite: any axis across will do, the vertical one looks calmest.
    axis = sub(up, times(ua, dot(up, ua)));
    if (length(axis) < 1e-6) axis = cross(ua, Math.abs(ua[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]);
  }
  const direction = turn(ua, times(axis, 1 / length(axis)), Math.acos(cosine) * t);
  return { eye: add(target, times(direction, distance)), target };
}

export class Flight {
  constructor(
    private readonly from: Pose,
    readonly to: Pose,
    private readonly up: Triple,
    private readonly startMs: number,
    private readonly durationMs: number = FLIGHT_MS,
  ) {}

  at(nowMs: number): { pose: Pose; done: boolean } {
    const t = this.durationMs <= 0 ? 1 : (nowMs - this.startMs) / this.durationMs;
    return { pose: poseBetween(this.from, this.to, this.up, easeInOut(t)), done: t >= 1 };
  }
}

/** Turn the eye about the target: `yaw` about the up axis, `pitch` upwards, kept off the poles. Radians. */
export function orbit(pose: Pose, up: Triple, yaw: number, pitch: number): Pose {
  let offset = turn(sub(pose.eye, pose.target), up, yaw);
  const distance = length(offset);
  if (distance === 0) return pose;
  const elevation = Math.asin(Math.min(1, Math.max(-1, dot(offset, up) / distance)));
  const limit = Math.PI / 2 - 0.02;
  const wanted = Math.min(limit, Math.max(-limit, elevation + pitch));
  const right = cross(up, offset);
  if (length(right) > 1e-9)
    offset = turn(offset, times(right, 1 / length(right)), -(wanted - elevation));
  return { eye: add(pose.target, offset), target: pose.target };
}

/** Scale everything seen about a fixed place: in parallel projection it stays where it is in the picture. */
export function zoomAt(pose: Pose, fixed: Triple, factor: number): Pose {
  const moved = (p: Triple): Triple => add(fixed, times(sub(p, fixed), factor));
  return { eye: moved(pose.eye), target: moved(pose.target) };
}

/** Scale the distance from the target. */
export function dolly(pose: Pose, factor: number): Pose {
  return { eye: add(pose.target, times(sub(pose.eye, pose.target), factor)), target: pose.target };
}
