// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The plan of a scan: where things are, seen from above. */
import type { Triple } from "../api/types";
import type { Pose } from "./camera";
import { levelAxes } from "./framing";
import { add, dot, sub, times } from "./vector";

export const SIDE = 132; // Pixels along each side.
const MARGIN = 0.06;
const STRAY = 0.003;

/** Where a local position is on the map, and back. `scale`: map sides (0–1) per unit of length. */
export interface MapView {
  right: Triple;
  ahead: Triple;
  middle: [number, number]; // Along right and ahead.
  scale: number;
  density: Float32Array; // (SIDE, SIDE), 0–1: how much stands above each pixel.
}

export function mapOf(points: readonly Triple[], up: Triple): MapView {
  const [right, ahead] = levelAxes(up);
  const usual = (axis: Triple): [number, number] => {
    const values = Float64Array.from(points, (p) => dot(p, axis)).sort();
    const dropped = Math.floor(values.length * STRAY);
    return [values[dropped] ?? 0, values[values.length - 1 - dropped] ?? 1];
  };
  const [left, rightmost] = usual(right);
  const [near, far] = usual(ahead);
  const span = Math.max(rightmost - left, far - near, 1e-9);
  const map: MapView = {
    right,
    ahead,
    middle: [(left + rightmost) / 2, (near + far) / 2],
    scale: (1 - 2 * MARGIN) / span,
    density: new Float32Array(SIDE * SIDE),
  };
  for (const p of points) {
    const [x, y] = onMap(map, p);
    const i = Math.floor(x * SIDE);
    const j = Math.floor(y * SIDE);
    if (i >= 0 && i < SIDE && j >= 0 && j < SIDE) map.density[j * SIDE + i]! += 1;
  }
  // Walls hold many points above each other; beyond a few more say nothing.
  for (let i = 0; i < map.density.length; i++)
    map.density[i] = 1 - Math.exp(-(map.density[i] ?? 0) / 2);
  return map;
}

/** Parts of the side (0–1) from the top left. */
export function onMap(map: MapView, position: Triple): [number, number] {
  return [
    0.5 + (dot(position, map.right) - map.middle[0]) * map.scale,
    0.5 - (dot(position, map.ahead) - map.middle[1]) * map.scale,
  ];
}

/** The pose that looks as before, but at another place of the map. @param x,y parts of the side, 0–1. */
export function lookThere(map: MapView, pose: Pose, x: number, y: number): Pose {
  const [hereX, hereY] = onMap(map, pose.target);
  const step = add(
    times(map.right, (x - hereX) / map.scale),
    times(map.ahead, (hereY - y) / map.scale),
  );
  return { eye: add(pose.eye, step), target: add(pose.target, step) };
}

/** The density as a picture: a data address of a PNG. */
export function mapPicture(map: MapView): string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  if (!context) return "";
  const image = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < map.density.length; i++)
    image.data.set([176, 188, 204, 255 * (map.density[i] ?? 0)], i * 4);
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

/** Where the eye is, 0–1, at the edge if it is outside, and which way it looks, in degrees clockwise from the right. */
export function eyeOn(map: MapView, pose: Pose): { x: number; y: number; turn: number } {
  const sight = sub(pose.target, pose.eye);
  const [x, y] = onMap(map, pose.eye);
  const inside = (v: number): number => Math.min(0.97, Math.max(0.03, v));
  const turn = (Math.atan2(-dot(sight, map.ahead), dot(sight, map.right)) * 180) / Math.PI;
  return { x: inside(x), y: inside(y), turn };
}
