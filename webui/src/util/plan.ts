// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What a number of points per scan is likely to bring, from published and from our own measurements. All were made
 * with 20, 50, 100 and 200 points; in between it is read off on a logarithmic scale, outside nothing is said.
 */
import type { Strategy } from "../api/types";

const POINTS = [20, 50, 100, 200] as const;
export const FEWEST_MEASURED = POINTS[0];
export const MOST_MEASURED = POINTS[3];
/** Nobody has published how long an answer to a suggested point takes; a guess until a project has its own. */
export const ASSUMED_SECONDS = 3;

type Curve = readonly [number, number, number, number];

/** `rooms`: real ScanNet rooms, Hou et al. 2021, figure 7. `flats`: simulated flats, docs/benchmarks.md. */
export type Source = "rooms" | "flats";

/** Share of a scan's objects with a point on them. */
const OBJECTS: Partial<Record<Strategy, { source: Source; values: Curve }>> = {
  mixed: { source: "flats", values: [0.472, 0.826, 0.966, 0.993] },
  uncertain: { source: "flats", values: [0.422, 0.857, 0.966, 0.996] },
  diverse: { source: "flats", values: [0.472, 0.784, 0.941, 0.979] },
  kmeans_features: { source: "rooms", values: [0.401, 0.601, 0.749, 0.855] },
  kmeans_color: { source: "rooms", values: [0.255, 0.36, 0.482, 0.588] },
};

/** mIoU of the labels of the whole scan that follow from the answers, on 20 unseen simulated flats. */
const LABELS: Partial<Record<Strategy, Curve>> = {
  mixed: [0.74, 0.89, 0.929, 0.939],
  diverse: [0.74, 0.878, 0.923, 0.937],
};

/** A curve's value, straight between its points over the logarithm of the number; null outside of them. */
export function readOff(curve: Curve, points: number): number | null {
  if (points < FEWEST_MEASURED || points > MOST_MEASURED) return null;
  const next = POINTS.findIndex((at) => points <= at);
  if (next === 0) return curve[0];
  const [low, high] = [POINTS[next - 1] as number, POINTS[next] as number]; // 1 … 3.
  const part = Math.log(points / low) / Math.log(high / low);
  const [from, to] = [curve[next - 1] as number, curve[next] as number];
  return from + part * (to - from);
}

export interface Plan {
  seconds: number; // Per scan.
  objects: { share: number; source: Source } | null;
  labels: number | null; // mIoU.
  tenMore: number | null; // What ten points more would add to it.
  curve: readonly (readonly [points: number, labels: number])[]; // To be drawn; may be empty.
}

export function planFor(strategy: Strategy, points: number, secondsPerAnswer: number): Plan {
  const objects = OBJECTS[strategy];
  const share = objects ? readOff(objects.values, points) : null;
  const curve = LABELS[strategy];
  const labels = curve ? readOff(curve, points) : null;
  const later = curve ? readOff(curve, points + 10) : null;
  return {
    seconds: points * secondsPerAnswer,
    objects: objects && share !== null ? { share, source: objects.source } : null,
    labels,
    tenMore: labels !== null && later !== null ? later - labels : null,
    curve: curve ? POINTS.map((at, i) => [at, curve[i] as number] as const) : [],
  };
}
