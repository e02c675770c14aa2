// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** From where a whole scan is seen best. Plain arithmetic on positions. */
import type { Tile, Triple } from "../api/types";
import { type Pose, turn } from "./camera";
import { add, cross, dot, length, sub, times } from "./vector";

export interface Frame {
  fovRadians: number; // Vertical opening angle.
  aspect: number; // Width by height of the picture.
  bottom?: number; // Part of the picture's height (0–1) that controls cover from below.
  parallel?: boolean; // Parallel projection instead of perspective.
}

export const SIDES = ["top", "front", "side"] as const;
export type Side = (typeof SIDES)[number];

const MARGIN = 0.06; // Of the picture, on every side.
const STRAY = 0.003; // Part of the points on each side that may be strays …
const FAR_OUT = 0.25; // … if they are so far outside, as a part of the size of the rest.
const HEADINGS = 12;
const ELEVATIONS = [0.6, 0.75, 0.9]; // Radians above the horizon.
const CLEARLY = 1.02; // By so much another side must be better, or chance decides between equal ones.
const JUDGED_ON = 1000; // Points that decide between the sides; the nearest eye is found with all.
const CELLS = 32; // Squares along each side of the picture when its fill is judged.

interface Axes {
  across: Triple; // To the right in the picture.
  above: Triple; // Upwards in the picture.
  back: Triple; // From the scene to the eye.
}

function axesOf(back: Triple, up: Triple): Axes {
  let raw = cross(up, back);
  if (length(raw) < 1e-6) raw = levelAxes(up)[0]; // From straight above.
  const across = times(raw, 1 / length(raw));
  return { across, above: cross(back, across), back };
}

/** Two level directions: to the right, and ahead, as seen from above. */
export function levelAxes(up: Triple): [Triple, Triple] {
  const side: Triple = Math.abs(up[0]) < 0.7 ? [1, 0, 0] : [0, 1, 0];
  const flat = sub(side, times(up, dot(side, up)));
  const right = times(flat, 1 / length(flat));
  return [right, cross(up, right)];
}

/** From where, as a unit vector from the scan to the eye. */
export function sideDirection(side: Side, up: Triple): Triple {
  const [right, ahead] = levelAxes(up);
  return side === "top" ? up : side === "front" ? times(ahead, -1) : right;
}

/** The points without the few that are far away from all others: reflections, birds. */
function withoutStrays(points: readonly Triple[]): readonly Triple[] {
  const ranges = ([0, 1, 2] as const).map((axis) => {
    const values = Float64Array.from(points, (p) => p[axis]).sort();
    const dropped = Math.floor(values.length * STRAY);
    const low = values[dropped] ?? 0;
    const high = values[values.length - 1 - dropped] ?? 0;
    const more = (high - low) * FAR_OUT;
    return { axis, from: low - more, to: high + more };
  });
  return points.filter((p) => ranges.every((r) => p[r.axis] >= r.from && p[r.axis] <= r.to));
}

/** The bounds half way between being left free on both sides: as far in as both allow. */
function between(low: number, high: number): number {
  return (low + high) / 2;
}

interface Fit {
  pose: Pose;
  worth: number;
}

/**
 * The nearest eye that sees every point when it looks along `axes`.
 *
 * With the eye at (a, b, d) along across, above and back, a point (p, q, r) is inside to the right when
 * p + r·t ≤ a + d·t, t being the tangent of the half angle; likewise on the other sides. So the largest p ± r·t
 * decide how near the eye may come and where it stands.
 */
function fit(points: readonly Triple[], axes: Axes, frame: Frame): Fit {
  const full = Math.tan(frame.fovRadians / 2);
  const side = full * frame.aspect * (1 - 2 * MARGIN);
  const top = full * (1 - 2 * MARGIN);
  const bottom = full * (1 - 2 * MARGIN - 2 * (frame.bottom ?? 0));
  if (frame.parallel) return parallelFit(points, axes, side, top, bottom);
  const local = points.map((p): Triple => [
    dot(p, axes.across),
    dot(p, axes.above),
    dot(p, axes.back),
  ]);
  const most = (of: (p: Triple) => number): number =>
    local.reduce((max, p) => Math.max(max, of(p)), -Infinity);
  const right = most(([p, , r]) => p + r * side);
  const left = most(([p, , r]) => -p + r * side);
  const over = most(([, q, r]) => q + r * top);
  const under = most(([, q, r]) => -q + r * bottom);
  const nearest = most(([, , r]) => r);
  const depths = Float64Array.from(local, ([, , r]) => r).sort();
  const middle = depths[depths.length >> 1] ?? 0;
  const size = Math.max(nearest - (depths[0] ?? 0), (right + left) / 2, 1e-6);
  // Never among the points: a flat scan seen from its edge would allow it.
  const d = Math.max(
    (right + left) / (2 * side),
    (over + under) / (top + bottom),
    nearest + size * 0.02,
  );
  const a = between(right - d * side, d * side - left);
  const b = between(over - d * top, d * bottom - under);

  const cells = new Set<number>();
  for (const [p, q, r] of local) {
    const x = (p - a) / ((d - r) * full * frame.aspect);
    const y = (q - b) / ((d - r) * full);
    if (d - r > 0 && Math.abs(x) < 1 && Math.abs(y) < 1)
      cells.add(Math.floor(((x + 1) / 2) * CELLS) * CELLS + Math.floor(((y + 1) / 2) * CELLS));
  }
  const at = (depth: number): Triple =>
    add(add(times(axes.across, a), times(axes.above, b)), times(axes.back, depth));
  // A long scan from its end fills the picture with what is near; the farthest part should be seen as well.
  const evenness = (d - nearest) / (d - (depths[0] ?? 0));
  return { pose: { eye: at(d), target: at(middle) }, worth: cells.size * evenness };
}

/** In parallel projection the picture is as large as at the target; the eye stands before all points. */
function parallelFit(
  points: readonly Triple[],
  axes: Axes,
  side: number,
  top: number,
  bottom: number,
): Fit {
  const range = (axis: Triple): [number, number] =>
    points.reduce<[number, number]>(
      ([low, high], p) => [Math.min(low, dot(p, axis)), Math.max(high, dot(p, axis))],
      [Infinity, -Infinity],
    );
  const [left, right] = range(axes.across);
  const [under, over] = range(axes.above);
  const nearest = range(axes.back)[1];
  const d = Math.max((right - left) / (2 * side), (over - under) / (top + bottom), 1e-6);
  const a = between(left, right);
  // What is covered from below moves the middle down by half of it.
  const b = between(under, over) + ((bottom - top) * d) / 2;
  const at = (depth: number): Triple =>
    add(add(times(axes.across, a), times(axes.above, b)), times(axes.back, depth));
  const eye = nearest + 0.02 * d;
  return { pose: { eye: at(eye), target: at(eye - d) }, worth: 0 };
}

/**
 * The whole scan along one direction.
 *
 * @param back unit vector from the scan to the eye. @param points as for `overview`.
 */
export function viewAlong(points: readonly Triple[], back: Triple, up: Triple, frame: Frame): Pose {
  const bulk = withoutStrays(points);
  if (bulk.length === 0) return { eye: back, target: [0, 0, 0] };
  return fit(bulk, axesOf(back, up), frame).pose;
}

/**
 * The whole scan from obliquely above, as near as it allows, from the side that shows most of it.
 *
 * @param points some thousand positions all over the scan, or the corners of its boxes. A few far away from all
 *   others may be cut off.
 */
export function overview(points: readonly Triple[], up: Triple, frame: Frame): Pose {
  const [ahead] = levelAxes(up);
  const bulk = withoutStrays(points);
  const nowhere: Pose = { eye: ahead, target: [0, 0, 0] };
  if (bulk.length === 0) return nowhere;
  const some = bulk.filter((_, i) => i % Math.ceil(bulk.length / JUDGED_ON) === 0);
  let best: { worth: number; axes: Axes } | null = null;
  for (let i = 0; i < HEADINGS; i++) {
    const heading = turn(ahead, up, (2 * Math.PI * (i + 0.5)) / HEADINGS);
    for (const elevation of ELEVATIONS) {
      const back = add(times(heading, Math.cos(elevation)), times(up, Math.sin(elevation)));
      const axes = axesOf(back, up);
      // In perspective also for a parallel picture: the better side is the same.
      const { worth } = fit(some, axes, { ...frame, parallel: false });
      if (!best || worth > best.worth * CLEARLY) best = { worth, axes };
    }
  }
  return best ? fit(bulk, best.axes, frame).pose : nowhere;
}

/** The corners of every tile's box, for as long as no points are there. */
export function cornersOf(tiles: readonly Tile[]): Triple[] {
  return tiles.flatMap(({ lo, scale }) =>
    Array.from({ length: 8 }, (_, corner): Triple => [
      lo[0] + (corner & 1 ? 65535 * scale[0] : 0),
      lo[1] + (corner & 2 ? 65535 * scale[1] : 0),
      lo[2] + (corner & 4 ? 65535 * scale[2] : 0),
    ]),
  );
}
