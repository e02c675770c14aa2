// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Four more bytes per record that a colour mode wants (normals, feature colours …), fetched for the records that are
 * there, nearest tile first, and for those that come later when they come.
 */
import { isAbort } from "../api/client";
import type { Tile } from "../api/types";
import { CHANNEL_BYTES } from "./modes";
import { fetchPatiently } from "./tile-loader";

export interface ChannelSource {
  /** The bytes of records `fromRecord … toRecord` (exclusive) in tile order, four each. */
  fetch: (fromRecord: number, toRecord: number, signal: AbortSignal) => Promise<Uint8Array>;
}

/** What the feed fills: the tiles of a scan. */
export interface ChannelTarget {
  readonly tiles: readonly Tile[];
  loadedOf: (tile: number) => number;
  channelled: (tile: number) => number;
  appendChannel: (tile: number, from: number, bytes: Uint8Array) => void;
  /** Larger is fetched earlier. */
  worth: (tile: number) => number;
}

const PARALLEL = 2; // Points come first; they have the other connections.

export class ChannelFeed {
  private readonly abort = new AbortController();
  private readonly busy = new Set<number>();
  private failed = false;

  /** @param onFailed the source gave up for good; nothing more is fetched. */
  constructor(
    private readonly source: ChannelSource,
    private readonly target: ChannelTarget,
    private readonly onArrived: () => void,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  dispose(): void {
    this.abort.abort();
  }

  /** Records that are there have no channel yet, and it is still expected. */
  get waiting(): boolean {
    if (this.failed || this.abort.signal.aborted) return false;
    return this.busy.size > 0 || this.next() >= 0;
  }

  /** Fetch what is missing. To be called whenever records have come or gone. */
  update(): void {
    while (!this.failed && !this.abort.signal.aborted && this.busy.size < PARALLEL) {
      const tile = this.next();
      if (tile < 0) return;
      void this.fill(tile);
    }
  }

  private next(): number {
    let best = -1;
    let most = -Infinity;
    for (let i = 0; i < this.target.tiles.length; i++) {
      if (this.busy.has(i) || this.target.channelled(i) >= this.target.loadedOf(i)) continue;
      const worth = this.target.worth(i);
      if (worth <= most) continue;
      best = i;
      most = worth;
    }
    return best;
  }

  private async fill(tile: number): Promise<void> {
    const from = this.target.channelled(tile);
    const to = this.target.loadedOf(tile);
    const base = this.target.tiles[tile]?.base ?? 0;
    this.busy.add(tile);
    try {
      const bytes = await fetchPatiently(
        (signal) => this.source.fetch(base + from, base + to, signal),
        this.abort.signal,
      );
      this.abort.signal.throwIfAborted();
      if (bytes.length !== (to - from) * CHANNEL_BYTES)
        throw new RangeError(`${bytes.length} channel bytes for ${to - from} records`);
      // Records may have gone while their bytes were on the way.
      const useful = Math.min(to, this.target.loadedOf(tile)) - from;
      if (useful > 0 && this.target.channelled(tile) === from)
        this.target.appendChannel(tile, from, bytes.subarray(0, useful * CHANNEL_BYTES));
      this.onArrived();
    } catch (error) {
      if (isAbort(error) || this.failed) return;
      this.failed = true;
      this.onFailed(error);
    } finally {
      this.busy.delete(tile);
      this.update();
    }
  }
}
