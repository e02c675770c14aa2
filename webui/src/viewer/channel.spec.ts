// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from "vitest";
import { NetworkError } from "../api/client";
import type { Tile } from "../api/types";
import { ChannelFeed, type ChannelSource } from "./channel";

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

const source: ChannelSource = {
  fetch: async (from, to) =>
    Uint8Array.from(Array.from({ length: to - from }, (_, i) => bytesOf(from + i)).flat()),
};

class Target {
  readonly got: number[][]; // Per tile, four numbers per record.
  loaded: number[];
  order: number[] = [];
  constructor(
    readonly tiles: Tile[],
    loaded: number[],
    private readonly distance: number[],
  ) {
    this.loaded = loaded;
    this.got = tiles.map(() => []);
  }
  loadedOf = (tile: number): number => this.loaded[tile] ?? 0;
  channelled = (tile: number): number => (this.got[tile]?.length ?? 0) / 4;
  worth = (tile: number): number => -(this.distance[tile] ?? 0);
  appendChannel = (tile: number, from: number, bytes: Uint8Array): void => {
    expect(from).toBe(this.channelled(tile));
    this.order.push(tile);
    this.got[tile]?.push(...bytes);
  };
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

async function idle(feed: ChannelFeed): Promise<void> {
  await vi.waitFor(() => expect(feed.waiting).toBe(false));
}

afterEach(() => void vi.useRealTimers());

describe("ChannelFeed", () => {
  it("brings every record that is there its own bytes, nearest tile first", async () => {
    const target = new Target(tilesOf([300, 0, 500, 40]), [300, 0, 200, 40], [3, 0, 1, 2]);
    const feed = new ChannelFeed(source, target, () => undefined, unexpected);
    expect(feed.waiting).toBe(true);
    feed.update();
    await idle(feed);
    target.expectWhole();
    expect(target.order).toEqual([2, 3, 0]);
  });

  it("goes on with records that come later, and asks for those alone", async () => {
    const target = new Target(tilesOf([300, 500]), [100, 0], [0, 1]);
    const fetch = vi.fn(source.fetch);
    const feed = new ChannelFeed({ fetch }, target, () => undefined, unexpected);
    feed.update();
    await idle(feed);
    target.loaded = [300, 20];
    feed.update();
    await idle(feed);
    target.expectWhole();
    expect(fetch.mock.calls.map(([from, to]) => [from, to])).toEqual([
      [0, 100],
      [100, 300],
      [300, 320],
    ]);
  });

  it("drops bytes of records that went away meanwhile", async () => {
    const target = new Target(tilesOf([300]), [300], [0]);
    const slow: ChannelSource = {
      fetch: async (from, to, signal) => {
        target.loaded = [120];
        return source.fetch(from, to, signal);
      },
    };
    const feed = new ChannelFeed(slow, target, () => undefined, unexpected);
    feed.update();
    await idle(feed);
    target.expectWhole();
  });

  it("brings nothing after it was disposed of", async () => {
    const target = new Target(tilesOf([300]), [300], [0]);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const late: ChannelSource = {
      fetch: async (from, to, signal) => {
        await held;
        return source.fetch(from, to, signal);
      },
    };
    const feed = new ChannelFeed(late, target, () => expect.unreachable(), unexpected);
    feed.update();
    feed.dispose();
    release();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(target.got).toEqual([[]]);
    expect(feed.waiting).toBe(false);
  });

  it("tries again when the network fails, and says when it gives up", async () => {
    vi.useFakeTimers();
    const target = new Target(tilesOf([30]), [30], [0]);
    let failures = 2;
    const shaky: ChannelSource = {
      fetch: async (from, to, signal) => {
        if (failures-- > 0) throw new NetworkError();
        return source.fetch(from, to, signal);
      },
    };
    const feed = new ChannelFeed(shaky, target, () => undefined, unexpected);
    feed.update();
    await vi.runAllTimersAsync();
    target.expectWhole();

    const failed = vi.fn();
    const wrong: ChannelSource = { fetch: async () => new Uint8Array(3) };
    const other = new Target(tilesOf([30, 30, 30]), [30, 30, 30], [0, 1, 2]);
    const giving = new ChannelFeed(wrong, other, () => undefined, failed);
    giving.update();
    await vi.runAllTimersAsync();
    expect(failed).toHaveBeenCalledOnce();
    expect(giving.waiting).toBe(false);
  });
});
