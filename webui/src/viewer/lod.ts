// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * How many records of each tile a view is worth. Any prefix of a tile covers it evenly, so detail is a number per tile:
 * with n of its records the gaps between them are `spacing · √(count / n)` wide.
 */
import { type Box3, type Camera, Frustum, Matrix4, Vector3 } from "three";

export interface LodTile {
  readonly box: Box3;
  readonly count: number;
  readonly spacing: number; // Between neighbours when all are there, in the scan's unit.
}

export interface View {
  readonly frustum: Frustum;
  readonly eye: Vector3;
  readonly ahead: Vector3; // Unit length.
  readonly pixelsPerUnit: number; // At distance 1; everywhere when nothing gets smaller with distance.
  readonly orthographic: boolean;
}

export interface TilePlan {
  readonly wanted: number[]; // Records of each tile, from its first on.
  readonly visible: boolean[];
  readonly worth: number[]; // Of one more record, to compare tiles by: larger is fetched first and goes last.
}

/** @param height of the picture in device pixels. */
export function viewFrom(camera: Camera, height: number): View {
  camera.updateMatrixWorld();
  const projection = camera.projectionMatrix.elements;
  return {
    frustum: new Frustum().setFromProjectionMatrix(
      new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse),
    ),
    eye: new Vector3().setFromMatrixPosition(camera.matrixWorld),
    ahead: camera.getWorldDirection(new Vector3()),
    pixelsPerUnit: ((projection[5] ?? 1) * height) / 2,
    orthographic: projection[15] === 1,
  };
}

/** Records of a tile that leave gaps of one pixel where it is nearest to the eye. Not limited to those it has. */
export function needOf(tile: LodTile, view: View): number {
  // Inside its box there may still be some way to the first point.
  const closest = Math.max(tile.box.distanceToPoint(view.eye), tile.spacing * 10);
  const pixels = (tile.spacing * view.pixelsPerUnit) / (view.orthographic ? 1 : closest);
  return Math.max(1, tile.count * pixels * pixels);
}

/**
 * The gap, at least `gap`, at which all tiles together stay within the budget.
 *
 * @param records of tile i at a gap; no more for a wider one.
 */
export function gapWithin(
  records: (i: number, gap: number) => number,
  tiles: number,
  budget: number,
  gap: number,
): number {
  const sum = (g: number): number => {
    let total = 0;
    for (let i = 0; i < tiles; i++) total += records(i, g);
    return total;
  };
  if (sum(gap) <= budget) return gap;
  let low = gap;
  let high = gap * 2 ** 16;
  for (let i = 0; i < 30; i++) {
    const middle = Math.sqrt(low * high);
    if (sum(middle) <= budget) high = middle;
    else low = middle;
  }
  return high;
}

export function within(value: number, least: number, most: number): number {
  return Math.floor(Math.min(most, Math.max(least, value)));
}

/** Half steps of two below `count`, rounded up: small moves of the camera ask for nothing. */
export function stepUp(records: number, count: number): number {
  if (records >= count) return count;
  const steps = Math.floor(2 * Math.log2(count / Math.max(1, records)));
  return Math.min(count, Math.ceil(count * 2 ** (-steps / 2)));
}

/**
 * What to hold of each tile.
 *
 * @param root records of a tile that always stay, so that turning round never shows nothing.
 * @param gap between points, in pixels, below which more would not be seen.
 */
export function planTiles(
  tiles: readonly LodTile[],
  view: View,
  { budget, root, gap }: { budget: number; root: number; gap: number },
): TilePlan {
  const visible = tiles.map((tile) => view.frustum.intersectsBox(tile.box));
  const needs = tiles.map((tile) => needOf(tile, view));
  const total = tiles.reduce((sum, tile) => sum + tile.count, 0);
  let wanted = tiles.map((tile) => tile.count);
  if (total > budget) {
    const at = (i: number, g: number): number => {
      const count = tiles[i]?.count ?? 0;
      const least = Math.min(root, count);
      return visible[i] ? within(stepUp((needs[i] ?? 0) / g ** 2, count), least, count) : least;
    };
    const widest = gapWithin(at, tiles.length, budget, gap);
    wanted = tiles.map((_, i) => at(i, widest));
  }
  const worth = tiles.map((tile, i) => {
    const off = tile.box.getCenter(new Vector3()).sub(view.eye);
    const central = Math.max(0, off.normalize().dot(view.ahead));
    const need = needs[i] ?? 0;
    return visible[i] ? need * (0.5 + central ** 4) : need * 1e-6;
  });
  return { wanted, visible, worth };
}
