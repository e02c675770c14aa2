// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Decoding of tile records on the CPU, for single points; the vertex shader does the same for all of them. */
import type { Tile, Triple } from "../api/types";

export const RECORD_BYTES = 12;
export const WORDS_PER_RECORD = 3;
export const NO_CLASS = 255;

/** Position in the local frame of record `local` of a tile; `words` holds the tile's records from its first on. */
export function recordPosition(tile: Tile, words: Uint32Array, local: number): Triple {
  const xy = words[local * WORDS_PER_RECORD];
  const z = words[local * WORDS_PER_RECORD + 1];
  if (xy === undefined || z === undefined)
    throw new RangeError(`Record ${local} of a tile with ${words.length / WORDS_PER_RECORD}`);
  return [
    tile.lo[0] + tile.scale[0] * (xy & 0xffff),
    tile.lo[1] + tile.scale[1] * (xy >>> 16),
    tile.lo[2] + tile.scale[2] * (z & 0xffff),
  ];
}

/** RGB 0–255. */
export function recordColor(words: Uint32Array, local: number): Triple {
  const rgb = words[local * WORDS_PER_RECORD + 2];
  if (rgb === undefined) throw new RangeError(`Record ${local}`);
  return [rgb & 255, (rgb >>> 8) & 255, (rgb >>> 16) & 255];
}

/** Index of the tile that holds a record; -1 outside. Tiles are in order and without gaps. */
export function tileOfRecord(tiles: readonly Tile[], recordIndex: number): number {
  let low = 0;
  let high = tiles.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const tile = tiles[middle];
    if (!tile) return -1;
    if (recordIndex < tile.base) high = middle - 1;
    else if (recordIndex >= tile.base + tile.count) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** First guess at the distance between neighbours, in the scan's unit: every tile one full sheet of points. */
export function roughSpacing(tiles: readonly Tile[]): number {
  return median(
    tiles.filter((tile) => tile.count > 0).map((tile) => Math.sqrt(sheetArea(tile) / tile.count)),
  );
}

function sheetArea(tile: Tile): number {
  const size = tile.scale.map((s) => s * 65535).sort((a, b) => b - a);
  return (size[0] ?? 0) * Math.max(size[1] ?? 0, 1e-9);
}

/**
 * Distance between neighbours inside one tile from a sample of it: the cubes that hold points, counted, give the area
 * of the surfaces, whatever their shape.
 *
 * @param loaded records of the tile that `words` holds; they are in random order, so any prefix is a fair sample.
 */
export function measuredSpacing(tile: Tile, words: Uint32Array, loaded: number): number {
  const sample = Math.min(loaded, 8192);
  if (sample === 0) return 0;
  const cube = 3 * Math.sqrt(sheetArea(tile) / sample);
  if (!(cube > 0)) return 0;
  const steps = tile.scale.map((s) => s / cube);
  const cubes = new Set<number>();
  for (let i = 0; i < sample; i++) {
    const xy = words[i * WORDS_PER_RECORD] ?? 0;
    const z = words[i * WORDS_PER_RECORD + 1] ?? 0;
    const cx = Math.floor((xy & 0xffff) * (steps[0] ?? 0));
    const cy = Math.floor((xy >>> 16) * (steps[1] ?? 0));
    const cz = Math.floor((z & 0xffff) * (steps[2] ?? 0));
    cubes.add((cx * 8192 + cy) * 8192 + cz);
  }
  return cube * Math.sqrt(cubes.size / tile.count);
}

/** 0.01 when there is nothing to go by. */
export function median(values: number[]): number {
  const sorted = values.filter((v) => v > 0).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0.01;
}
