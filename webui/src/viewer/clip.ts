// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which part of a scan is looked at: a box, and a height above which nothing is. Plain arithmetic on positions. */
import type { Triple } from "../api/types";
import { dot } from "./vector";

export interface Box {
  min: Triple;
  max: Triple;
}

export interface Cut {
  box: Box | null;
  ceiling: number | null; // Height along the up axis.
}

const OPEN = 1e30;
const STRAY = 0.01; // Part of the points on each side that heights leave out.

/** The box that box and ceiling leave together; what neither limits is open. @param up a unit vector along an axis. */
export function cutBox(cut: Cut, up: Triple): Box {
  const min: Triple = cut.box ? [...cut.box.min] : [-OPEN, -OPEN, -OPEN];
  const max: Triple = cut.box ? [...cut.box.max] : [OPEN, OPEN, OPEN];
  if (cut.ceiling === null) return { min, max };
  const axis = upAxis(up);
  // Height is dot(position, up): upside down, the ceiling is a lower bound of the coordinate.
  if ((up[axis] ?? 1) > 0) max[axis] = Math.min(max[axis] ?? OPEN, cut.ceiling);
  else min[axis] = Math.max(min[axis] ?? -OPEN, -cut.ceiling);
  return { min, max };
}

export function upAxis(up: Triple): 0 | 1 | 2 {
  const sizes = up.map(Math.abs);
  return sizes.indexOf(Math.max(...sizes)) as 0 | 1 | 2; // Of three.
}

export function isInside(position: Triple, box: Box): boolean {
  return position.every((p, i) => p >= (box.min[i] ?? -OPEN) && p <= (box.max[i] ?? OPEN));
}

/** Move one side of a box; the opposite one makes way, and neither leaves the bounds. */
export function withSide(
  box: Box,
  axis: 0 | 1 | 2,
  side: "min" | "max",
  value: number,
  bounds: Box,
): Box {
  const within = Math.min(bounds.max[axis], Math.max(bounds.min[axis], value));
  const min: Triple = [...box.min];
  const max: Triple = [...box.max];
  if (side === "min") {
    min[axis] = within;
    max[axis] = Math.max(max[axis], within);
  } else {
    max[axis] = within;
    min[axis] = Math.min(min[axis], within);
  }
  return { min, max };
}

/** Between which heights nearly all points are. */
export function heightRange(points: readonly Triple[], up: Triple): [number, number] {
  const heights = Float64Array.from(points, (p) => dot(p, up)).sort();
  const dropped = Math.floor(heights.length * STRAY);
  const low = heights[dropped] ?? 0;
  return [low, heights[heights.length - 1 - dropped] ?? low + 1];
}

const SLICES = 60;
const TALL = 0.45; // The ceiling of a room is in its upper part …
const CROWDED = 2.5; // … and its slice holds so many times the mean of all.

/**
 * A height just under the ceiling: under the lowest crowded slice of the upper part. Where nothing looks like a ceiling,
 * a height that takes the top fifth off.
 */
export function guessCeiling(points: readonly Triple[], up: Triple): number {
  const [low, high] = heightRange(points, up);
  const span = Math.max(high - low, 1e-9);
  const counts = new Array<number>(SLICES).fill(0);
  for (const p of points) {
    const slice = Math.floor(((dot(p, up) - low) / span) * SLICES);
    if (slice >= 0 && slice <= SLICES) counts[Math.min(slice, SLICES - 1)]!++;
  }
  const usual = points.length / SLICES;
  const first = Math.floor(SLICES * TALL);
  let ceiling = -1;
  for (let i = SLICES - 1; i >= first; i--) {
    if ((counts[i] ?? 0) > CROWDED * usual) ceiling = i;
    else if (ceiling >= 0 && ceiling - i > 3) break; // A loft below is not part of the ceiling.
  }
  if (ceiling < 0) return low + 0.8 * span;
  return low + ((ceiling - 1) / SLICES) * span;
}
