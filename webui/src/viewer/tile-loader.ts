// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Fetches tiles: first a prefix of every tile (a uniform sample of the scan), then the rest, nearest first. */
import { isAbort, NetworkError } from "../api/client";
import type { TileManifest } from "../api/types";
import { RECORD_BYTES } from "./records";

export interface Chunk {
  tile: number;
  from: number; // Record inside the tile.
  to: number; // Exclusive.
}

export interface LoadPlan {
  first: Chunk[];
  rest: Chunk[];
  held: number[]; // Records of each tile that will be loaded in all.
}

export interface LoadLimits {
  firstPoints: number; // Aim for the first picture.
  maxPoints: number; // Never hold more than this.
}

export const DEFAULT_LIMITS: LoadLimits = { firstPoints: 250_000, maxPoints: 16_000_000 };

/** Browsers open six connections to a host; one is the event stream, one is left for answers. */
export const PARALLEL_REQUESTS = 4;

export function planLoad(manifest: TileManifest, limits: LoadLimits = DEFAULT_LIMITS): LoadPlan {
  const held = manifest.tiles.map((tile) =>
    manifest.count <= limits.maxPoints
      ? tile.count
      : Math.min(
          tile.count,
          Math.max(1, Math.floor((tile.count * limits.maxPoints) / manifest.count)),
        ),
  );
  const part = Math.min(1, limits.firstPoints / Math.max(1, manifest.count));
  const first: Chunk[] = [];
  const rest: Chunk[] = [];
  held.forEach((count, tile) => {
    if (count === 0) return;
    const prefix = Math.min(count, Math.max(256, Math.ceil(count * part)));
    const split = prefix > count * 0.7 ? count : prefix; // Not worth a second request.
    first.push({ tile, from: 0, to: split });
    if (split < count) rest.push({ tile, from: split, to: count });
  });
  return { first, rest, held };
}

export interface LoadTarget {
  fetchRange: (from: number, to: number, signal: AbortSignal) => Promise<ArrayBuffer>;
  /** Records of a tile arrived, in ascending order inside the tile. */
  append: (tile: number, from: number, records: Uint32Array) => void;
  /** Smaller is fetched earlier; asked again for every request, so it may follow the camera. */
  priority: (tile: number) => number;
}

/** Load everything the plan names. Throws what `fetchRange` throws once three tries failed, or an abort. */
export async function loadTiles(
  manifest: TileManifest,
  plan: LoadPlan,
  target: LoadTarget,
  signal: AbortSignal,
  onFirst: () => void = () => undefined,
): Promise<void> {
  await loadChunks(manifest, [...plan.first], target, signal);
  onFirst();
  await loadChunks(manifest, [...plan.rest], target, signal);
}

async function loadChunks(
  manifest: TileManifest,
  waiting: Chunk[],
  target: LoadTarget,
  signal: AbortSignal,
): Promise<void> {
  const worker = async (): Promise<void> => {
    for (;;) {
      const chunk = takeNearest(waiting, target.priority);
      if (!chunk) return;
      const base = manifest.tiles[chunk.tile]?.base ?? 0;
      const bytes = await fetchPatiently(
        (s) =>
          target.fetchRange(
            (base + chunk.from) * RECORD_BYTES,
            (base + chunk.to) * RECORD_BYTES,
            s,
          ),
        signal,
      );
      signal.throwIfAborted();
      target.append(chunk.tile, chunk.from, recordsOf(bytes));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, worker));
}

function takeNearest(waiting: Chunk[], priority: (tile: number) => number): Chunk | undefined {
  let best = -1;
  let bestPriority = Infinity;
  waiting.forEach((chunk, i) => {
    const p = priority(chunk.tile);
    if (best < 0 || p < bestPriority) {
      best = i;
      bestPriority = p;
    }
  });
  return best < 0 ? undefined : waiting.splice(best, 1)[0];
}

/** Three tries, as long as it is the network that fails. */
export async function fetchPatiently<T>(
  fetchOnce: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetchOnce(signal);
    } catch (error) {
      if (isAbort(error) || !(error instanceof NetworkError) || attempt >= 2) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
      signal.throwIfAborted();
    }
  }
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** The bytes as little-endian words, whatever the machine. */
export function recordsOf(bytes: ArrayBuffer, littleEndian: boolean = LITTLE_ENDIAN): Uint32Array {
  if (littleEndian) return new Uint32Array(bytes);
  const view = new DataView(bytes);
  return Uint32Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getUint32(i * 4, true));
}
