// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../api/client";
import { MOST_BYTES, MOST_RANGES, type RecordRange, type RecordSource } from "../api/records";
import type { Tile } from "../api/types";
import { type FeedTarget, foremost, RecordFeed } from "./record-feed";
import { OFFLINE_MS } from "./tile-loader";

const BYTES = 4;

function tilesOf(counts: number[]): Tile[] {
  let base = 0;
  return counts.map((count) => {
    const tile: Tile = { base, count, lo: [0, 0, 0], scale: [1, 1, 1] };
    base += count;
    return tile;
  });
}

/** What the bytes of a record should be, whichever request brought them. */
function bytesOf(record: number): number[] {
  return [record & 255, (record >> 8) & 255, record % 7, record % 251];
}

function served(ranges: readonly RecordRange[]): Uint8Array {
  const all = ranges.flatMap(({ from, to }) =>
    Array.from({ length: to - from }, (_, i) => bytesOf(from + i)),
  );
  return Uint8Array.from(all.flat());
}

const source: RecordSource = { fetch: async (ranges) => served(ranges) };

class Target implements FeedTarget {
  readonly itemBytes = BYTES;
  readonly got: number[][]; // Per tile, four numbers per record.
  loaded: number[];
  order: number[] = [];
  constructor(
    readonly tiles: Tile[],
    loaded: number[],
    private readonly distance: number[] = [],
  ) {
    this.loaded = loaded;
    this.got = tiles.map(() => []);
  }
  loadedOf = (tile: number): number => this.loaded[tile] ?? 0;
  filledOf = (tile: number): number => (this.got[tile]?.length ?? 0) / BYTES;
  worth = (tile: number): number => -(this.distance[tile] ?? 0);
  fill = (tile: number, from: number, bytes: Uint8Array): void => {
    expect(from).toBe(this.filledOf(tile));
    this.order.push(tile);
    this.got[tile]?.push(...bytes);
  };
  /** Let records of a tile go. */
  trim(tile: number, records: number): void {
    this.loaded[tile] = records;
    this.got[tile]?.splice(records * BYTES);
  }
  expectWhole(): void {
    this.tiles.forEach((tile, i) => {
      const wanted = Array.from({ length: this.loadedOf(i) }, (_, k) => bytesOf(tile.base + k));
      expect(this.got[i]).toEqual(wanted.flat());
    });
  }
}

const unexpected = (error: unknown): never => {
  throw error;
};

async function idle(feed: RecordFeed): Promise<void> {
  await vi.waitFor(() => expect(feed.waiting).toBe(false));
}

afterEach(() => void vi.useRealTimers());

describe("RecordFeed", () => {
  it("brings every record that is there its own bytes, in one request where they fit", async () => {
    const fetch = vi.fn(source.fetch);
    const target = new Target(tilesOf([300, 0, 500, 40]), [300, 0, 200, 40], [3, 0, 1, 2]);
    const feed = new RecordFeed({ fetch }, target, () => undefined, unexpected);
    expect(feed.waiting).toBe(true);
    feed.update();
    await idle(feed);
    target.expectWhole();
    expect(target.order).toEqual([2, 3, 0]);
    expect(fetch.mock.calls.map(([ranges]) => ranges)).toEqual([
      [
        { from: 300, to: 500 },
        { from: 800, to: 840 },
        { from: 0, to: 300 },
      ],
    ]);
  });

  it("asks for no more than the server answers, and for nothing twice", async () => {
    const counts = Array.from({ length: 3 * MOST_RANGES }, (_, i) => (i % 50 === 0 ? 65_536 : 10));
    const fetch = vi.fn((ranges: readonly RecordRange[]) => {
      const records = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
      expect(ranges.length).toBeLessThanOrEqual(MOST_RANGES);
      expect(records * BYTES).toBeLessThanOrEqual(MOST_BYTES);
      return Promise.resolve(new Uint8Array(records * BYTES));
    });
    const tiles = tilesOf(counts);
    const held = tiles.map(() => 0);
    const target: FeedTarget = {
      itemBytes: BYTES,
      tiles,
      loadedOf: (tile) => counts[tile] ?? 0,
      filledOf: (tile) => held[tile] ?? 0,
      fill: (tile, from, bytes) => (held[tile] = from + bytes.length / BYTES),
      worth: () => 1,
    };
    const feed = new RecordFeed({ fetch }, target, () => undefined, unexpected);
    feed.update();
    await idle(feed);
    expect(held).toEqual(counts);
    const asked = fetch.mock.calls.flatMap(([ranges]) => ranges).map(({ from }) => from);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("goes on where it was when more records come", async () => {
    const fetch = vi.fn(source.fetch);
    const target = new Target(tilesOf([300, 50]), [100, 0], [0, 1]);
    const feed = new RecordFeed({ fetch }, target, () => undefined, unexpected);
    feed.update();
    await idle(feed);
    target.loaded = [300, 20];
    feed.update();
    await idle(feed);
    target.expectWhole();
    expect(fetch.mock.calls.map(([ranges]) => ranges)).toEqual([
      [{ from: 0, to: 100 }],
      [
        { from: 100, to: 300 },
        { from: 300, to: 320 },
      ],
    ]);
  });

  it("drops bytes of records that went away meanwhile, and fetches those that came back", async () => {
    const target = new Target(tilesOf([300]), [300]);
    const slow: RecordSource = {
      fetch: async (ranges) => {
        if (target.loaded[0] === 300) target.trim(0, 120);
        return served(ranges);
      },
    };
    const feed = new RecordFeed(slow, target, () => undefined, unexpected);
    feed.update();
    await idle(feed);
    target.expectWhole();
    target.trim(0, 40);
    target.loaded = [200];
    feed.update();
    await idle(feed);
    target.expectWhole();
  });

  it("has at once what came with the news, and only the rest is fetched", async () => {
    const target = new Target(tilesOf([100, 100, 100]), [100, 60, 30], [2, 0, 1]);
    const first = foremost(target);
    expect(first).toEqual([
      { from: 100, to: 160 },
      { from: 200, to: 230 },
      { from: 0, to: 100 },
    ]);
    target.loaded = [100, 90, 10]; // Records came and went while the news was on its way.
    const fetch = vi.fn(source.fetch);
    const feed = new RecordFeed({ fetch }, target, () => undefined, unexpected);
    feed.take({ ranges: first, bytes: served(first) });
    expect(target.loaded.map((_, i) => target.filledOf(i))).toEqual([100, 60, 10]);
    feed.update();
    await idle(feed);
    target.expectWhole();
    expect(fetch.mock.calls.map(([ranges]) => ranges)).toEqual([[{ from: 160, to: 190 }]]);
  });

  it("brings nothing after it was disposed of", async () => {
    const target = new Target(tilesOf([300]), [300]);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const signals: AbortSignal[] = [];
    const late: RecordSource = {
      fetch: async (ranges, signal) => {
        signals.push(signal);
        await held;
        return served(ranges);
      },
    };
    const feed = new RecordFeed(late, target, () => expect.unreachable(), unexpected);
    feed.update();
    feed.dispose();
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
    release();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(target.got).toEqual([[]]);
    expect(feed.waiting).toBe(false);
  });

  it("stays expectant while the server is away, and goes on once it is back", async () => {
    vi.useFakeTimers();
    const target = new Target(tilesOf([30]), [30]);
    let failures = 5;
    const shaky: RecordSource = {
      fetch: async (ranges) => {
        if (failures-- > 0)
          throw failures % 2 ? new NetworkError() : new ApiError(503, "busy", "Busy.");
        return served(ranges);
      },
    };
    const feed = new RecordFeed(shaky, target, () => undefined, unexpected);
    feed.update();
    await vi.advanceTimersByTimeAsync(600);
    expect(target.got).toEqual([[]]);
    expect(feed.waiting).toBe(true);
    await vi.advanceTimersByTimeAsync(4 * OFFLINE_MS);
    target.expectWhole();
    expect(feed.waiting).toBe(false);
  });

  it("says once when it gives up, and nothing where a newer version takes its place", async () => {
    const failed = vi.fn();
    const three = (): Target => new Target(tilesOf([30, 30, 30]), [30, 30, 30]);
    const wrong: RecordSource = { fetch: async () => new Uint8Array(3) };
    const giving = new RecordFeed(wrong, three(), () => undefined, failed);
    giving.update();
    await idle(giving);
    expect(failed).toHaveBeenCalledOnce();

    const fetch = vi.fn(() => Promise.reject(new ApiError(412, "other_version", "Newer.")));
    const old = new RecordFeed({ fetch }, three(), () => undefined, unexpected);
    old.update();
    await idle(old);
    old.update();
    expect(fetch).toHaveBeenCalledOnce();
  });
});
