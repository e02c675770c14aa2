// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Some more bytes per record that a colour mode reads (classes, normals …), fetched for the records that are there,
 * those in sight first, and for those that come later when they come.
 */
import { isAbort, isPassing } from "../api/client";
import {
  isOutdated,
  MOST_BYTES,
  MOST_RANGES,
  type RecordPart,
  type RecordRange,
  type RecordSource,
} from "../api/records";
import type { Tile } from "../api/types";
import { tileOfRecord } from "./records";
import { fetchPatiently, OFFLINE_MS } from "./tile-loader";

/** What a feed fills: the tiles of a scan. */
export interface FeedTarget {
  readonly itemBytes: number;
  readonly tiles: readonly Tile[];
  loadedOf: (tile: number) => number;
  /** Of how many of a tile's first records the bytes are there. */
  filledOf: (tile: number) => number;
  /** Bytes of a tile's records from `from` on, which is where those that are there end. */
  fill: (tile: number, from: number, bytes: Uint8Array) => void;
  /** Larger is fetched earlier. */
  worth: (tile: number) => number;
}

const PARALLEL = 2; // Points come first; they have the other connections.
const BATCH_BYTES = 1 << 20; // In one request, about: on a slow line something is to be seen before all is there.

interface Part {
  readonly tile: number;
  readonly from: number; // Record inside the tile.
  readonly to: number; // Exclusive.
}

/**
 * Parts of tiles for one request, those worth most first, as long as they fit.
 *
 * @param from of a tile's records, where the part begins that would be wanted; it ends with those that are loaded.
 */
function collect(target: FeedTarget, from: (tile: number) => number, mostBytes: number): Part[] {
  const wanted = target.tiles
    .map((_, tile) => ({ tile, from: from(tile), to: target.loadedOf(tile) }))
    .filter((part) => part.from < part.to)
    .sort((a, b) => target.worth(b.tile) - target.worth(a.tile));
  const parts: Part[] = [];
  let room = mostBytes;
  for (const part of wanted) {
    room -= (part.to - part.from) * target.itemBytes;
    if (parts.length > 0 && (room < 0 || parts.length >= MOST_RANGES)) break;
    parts.push(part);
  }
  return parts;
}

function rangesOf(parts: readonly Part[], tiles: readonly Tile[]): RecordRange[] {
  return parts.map(({ tile, from, to }) => {
    const base = tiles[tile]?.base ?? 0;
    return { from: base + from, to: base + to };
  });
}

/** The loaded records that matter most, as many as one answer may bring the bytes of. */
export function foremost(target: FeedTarget): RecordRange[] {
  return rangesOf(
    collect(target, () => 0, MOST_BYTES),
    target.tiles,
  );
}

export class RecordFeed {
  private readonly abort = new AbortController();
  private readonly busy = new Set<number>();
  private requests = 0;
  private failed = false;
  private retry: ReturnType<typeof setTimeout> | undefined;

  /** @param onFailed the source gave up for good; nothing more is fetched. */
  constructor(
    private readonly source: RecordSource,
    private readonly target: FeedTarget,
    private readonly onArrived: () => void,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  dispose(): void {
    this.abort.abort();
    clearTimeout(this.retry);
  }

  /** Bytes of records that are there are still missing, and expected. */
  get waiting(): boolean {
    if (this.failed || this.abort.signal.aborted) return false;
    return this.requests > 0 || this.missing().length > 0;
  }

  /** Fetch what is missing. To be called whenever records have come or gone. */
  update(): void {
    while (!this.failed && !this.abort.signal.aborted && this.requests < PARALLEL) {
      const parts = this.missing();
      if (parts.length === 0) return;
      void this.fetch(parts);
    }
  }

  private missing(): Part[] {
    const { target, busy } = this;
    const from = (tile: number): number =>
      busy.has(tile) ? target.loadedOf(tile) : target.filledOf(tile);
    return collect(target, from, BATCH_BYTES);
  }

  private async fetch(parts: readonly Part[]): Promise<void> {
    const ranges = rangesOf(parts, this.target.tiles);
    this.requests++;
    for (const { tile } of parts) this.busy.add(tile);
    const ended = (): void => {
      this.requests--;
      for (const { tile } of parts) this.busy.delete(tile);
    };
    try {
      const bytes = await fetchPatiently(
        (signal) => this.source.fetch(ranges, signal),
        this.abort.signal,
      );
      this.abort.signal.throwIfAborted();
      this.take({ ranges, bytes });
      ended();
      this.update();
      this.onArrived();
    } catch (error) {
      ended();
      this.onError(error);
    }
  }

  private onError(error: unknown): void {
    if (isAbort(error) || this.failed || this.abort.signal.aborted) return;
    if (isPassing(error)) {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.update(), OFFLINE_MS);
      return;
    }
    this.failed = true;
    if (!isOutdated(error)) this.onFailed(error); // Else whoever gave the source knows, and gives another.
  }

  /** Bytes have come for these records. */
  take({ ranges, bytes }: RecordPart): void {
    const { target } = this;
    const { itemBytes } = target;
    const wanted = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
    if (bytes.length !== wanted * itemBytes)
      throw new RangeError(`${bytes.length} bytes for ${wanted} records of ${itemBytes}`);
    let at = 0;
    for (const { from, to } of ranges) {
      const tile = tileOfRecord(target.tiles, from);
      const local = from - (target.tiles[tile]?.base ?? 0);
      // Records may have gone while their bytes were on the way.
      const useful = Math.min(to - from, target.loadedOf(tile) - local);
      if (useful > 0 && target.filledOf(tile) === local)
        target.fill(tile, local, bytes.subarray(at, at + useful * itemBytes));
      at += (to - from) * itemBytes;
    }
  }
}
