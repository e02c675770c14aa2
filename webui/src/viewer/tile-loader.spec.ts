// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../api/client";
import type { TileManifest } from "../api/types";
import type { RecordRange } from "../api/records";
import { ROOT_POINTS } from "../api/tiles";
import { PARALLEL_REQUESTS, rootRecords, TileStream } from "./tile-loader";

function manifestOf(counts: number[]): TileManifest {
  let base = 0;
  return {
    version: 1,
    count: counts.reduce((a, b) => a + b, 0),
    scan_points: 0,
    record_bytes: 12,
    bounds: { min: [0, 0, 0], max: [1, 1, 1] },
    has_colour: true,
    has_intensity: false,
    tiles: counts.map((count) => {
      const tile = { base, count };
      base += count;
      return { ...tile, lo: [0, 0, 0], scale: [1, 1, 1] };
    }),
  };
}

/** A server with the words 0, 1, 2 … as tiles.bin, and a store that knows what it should be given. */
class Setting {
  readonly words: Uint32Array;
  readonly held: number[];
  wanted: number[];
  worth: number[];
  asked: (readonly RecordRange[])[] = [];
  trimmed: [number, number][] = [];
  running = 0;
  most = 0;
  peak = 0; // Records held at most.
  aborted = 0;
  delay = 1;
  fail: () => Error | null = () => null;
  readonly failed = vi.fn();
  readonly roots = vi.fn();

  constructor(
    readonly manifest: TileManifest,
    wanted?: number[],
  ) {
    this.words = Uint32Array.from({ length: manifest.count * 3 }, (_, i) => i);
    this.held = manifest.tiles.map(() => 0);
    this.wanted = wanted ?? manifest.tiles.map((tile) => tile.count);
    this.worth = manifest.tiles.map(() => 1);
  }

  /** As the server has it. */
  rootOf(): number {
    const { count, tiles } = this.manifest;
    return count <= ROOT_POINTS ? 65_536 : Math.max(64, Math.floor(ROOT_POINTS / tiles.length));
  }

  get sum(): number {
    return this.held.reduce((a, b) => a + b, 0);
  }

  stream(budget: number): TileStream {
    const base = (tile: number): number => this.manifest.tiles[tile]?.base ?? 0;
    const pause = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        setTimeout(resolve, this.delay);
        signal.addEventListener("abort", () => {
          this.aborted++;
          reject(signal.reason as Error);
        });
      });
    const slices = (ranges: readonly RecordRange[]): Promise<ArrayBuffer> =>
      new Blob(ranges.map(({ from, to }) => this.words.slice(from * 3, to * 3))).arrayBuffer();
    return new TileStream(
      this.manifest,
      {
        root: async () => {
          const records = this.rootOf();
          const ranges = this.manifest.tiles.map((tile) => ({
            from: tile.base,
            to: tile.base + Math.min(records, tile.count),
          }));
          return { records, bytes: await slices(ranges) };
        },
        records: async (ranges, signal) => {
          this.asked.push(ranges);
          this.most = Math.max(this.most, ++this.running);
          try {
            await pause(signal);
          } finally {
            this.running--;
          }
          const error = this.fail();
          if (error) throw error;
          return slices(ranges);
        },
      },
      {
        loadedOf: (tile) => this.held[tile] ?? 0,
        append: (tile, from, records) => {
          expect(from).toBe(this.held[tile]);
          const at = (base(tile) + from) * 3;
          expect(records.every((word, i) => word === at + i)).toBe(true);
          this.held[tile] = from + records.length / 3;
          this.peak = Math.max(this.peak, this.sum);
        },
        trim: (tile, records) => {
          this.trimmed.push([tile, records]);
          this.held[tile] = records;
        },
        plan: () => ({
          wanted: this.wanted,
          visible: this.wanted.map(() => true),
          worth: this.worth,
        }),
      },
      budget,
      { onRoot: this.roots, onChange: () => undefined, onFailed: this.failed },
    );
  }
}

async function filled(stream: TileStream): Promise<void> {
  await stream.start();
  await vi.waitFor(() => expect(stream.waiting).toBe(false), { timeout: 5000 });
}

afterEach(() => void vi.useRealTimers());

describe("rootRecords", () => {
  it("are all of a small scan and a few thousand of each tile of a large one", () => {
    expect(rootRecords(manifestOf([65_536, 65_536, 10]), 1e6)).toBeGreaterThanOrEqual(65_536);
    const large = manifestOf(Array.from({ length: 153 }, () => 65_360));
    expect(rootRecords(large, 1e6) * 153).toBeLessThanOrEqual(ROOT_POINTS);
    expect(rootRecords(large, 1e6) * 153).toBeGreaterThan(ROOT_POINTS * 0.9);
    expect(rootRecords(large, 50_000) * 153).toBeLessThanOrEqual(25_000);
  });
});

describe("TileStream", () => {
  it("brings a small scan whole with its root", async () => {
    const setting = new Setting(manifestOf([3000, 0, 2500, 4000]));
    await filled(setting.stream(1e6));
    expect(setting.held).toEqual([3000, 0, 2500, 4000]);
    expect(setting.asked).toEqual([]);
    expect(setting.roots).toHaveBeenCalledOnce();
  });

  it("brings the root of a large scan, then what is wanted, over few connections, though some fail", async () => {
    const setting = new Setting(manifestOf([60_000, 60_000, 60_000, 60_000, 60_000]));
    setting.wanted = [60_000, 50_000, 41_000, 100, 60_000];
    let failures = 2;
    setting.fail = () => (failures-- > 0 ? new NetworkError() : null);
    await filled(setting.stream(1e6));
    expect(setting.held).toEqual([60_000, 50_000, 41_000, 40_000, 60_000]);
    expect(setting.most).toBeLessThanOrEqual(PARALLEL_REQUESTS);
    const distinct = new Set(setting.asked.map((ranges) => JSON.stringify(ranges)));
    const records = [...distinct].flatMap((ranges) => JSON.parse(ranges) as RecordRange[]);
    expect(records.reduce((total, { from, to }) => total + to - from, 0)).toBe(51_000);
  });

  it("puts many small ranges into one request", async () => {
    const setting = new Setting(manifestOf(Array.from({ length: 100 }, () => 4000)));
    setting.wanted = setting.held.map(() => 2100); // The root has 2000 of each.
    await filled(setting.stream(1e6));
    expect(setting.asked.map((ranges) => ranges.length)).toEqual([64, 36]);
    expect(setting.held).toEqual(setting.wanted);
  });

  it("asks first for what is worth most for each record that is there", async () => {
    const setting = new Setting(manifestOf(Array.from({ length: 6 }, () => 60_000)));
    setting.worth = [1, 5, 3, 6, 2, 4];
    const stream = setting.stream(1e6);
    await stream.start();
    const tiles = setting.asked.flat().map(({ from }) => Math.floor(from / 60_000));
    expect(tiles).toEqual([3, 1, 5, 2, 4, 0]);
    stream.dispose();
  });

  it("never holds more than the budget, and lets the least useful go first", async () => {
    const setting = new Setting(manifestOf(Array.from({ length: 10 }, () => 60_000)));
    const budget = 280_000;
    const root = rootRecords(setting.manifest, budget);
    setting.rootOf = () => root;
    const want = (tiles: number[]): number[] =>
      setting.held.map((_, i) => (tiles.includes(i) ? 50_000 : root));
    setting.wanted = want([0, 1, 2]);
    const stream = setting.stream(budget);
    await filled(stream);
    expect(setting.held).toEqual(want([0, 1, 2]));
    setting.worth = [1, 3, 2, 9, 9, 9, 1, 1, 1, 1];
    setting.wanted = want([3]);
    stream.update();
    await vi.waitFor(() => expect(stream.waiting).toBe(false));
    expect(setting.trimmed).toEqual([[0, root]]);
    for (const tiles of [[4, 5], [7, 8, 9], [0]]) {
      setting.wanted = want(tiles);
      stream.update();
      await vi.waitFor(() => expect(stream.waiting).toBe(false));
      for (const tile of tiles) expect(setting.held[tile]).toBe(50_000);
    }
    expect(setting.peak).toBeLessThanOrEqual(budget);
    setting.wanted = setting.held.map(() => root);
    stream.setBudget(root * 10);
    expect(setting.held).toEqual(setting.held.map(() => root));
  });

  it("does not go on with requests that are not wanted any more", async () => {
    const setting = new Setting(manifestOf(Array.from({ length: 5 }, () => 60_000)));
    setting.delay = 40;
    setting.wanted = [60_000, 50_000, 40_000, 40_000, 40_000];
    const stream = setting.stream(1e6);
    await stream.start();
    setting.wanted = [40_000, 50_000, 60_000, 40_000, 40_000];
    stream.update();
    expect(setting.aborted).toBe(0); // Half of it is still wanted, and only that is kept.
    await vi.waitFor(() => expect(stream.waiting).toBe(false));
    expect(setting.held).toEqual([40_000, 50_000, 60_000, 40_000, 40_000]);
    setting.wanted = [60_000, 50_000, 60_000, 40_000, 40_000];
    stream.update();
    setting.wanted = [40_000, 50_000, 60_000, 60_000, 40_000];
    stream.update();
    expect(setting.aborted).toBe(1);
    await vi.waitFor(() => expect(stream.waiting).toBe(false));
    expect(setting.held).toEqual([40_000, 50_000, 60_000, 60_000, 40_000]);
    expect(setting.failed).not.toHaveBeenCalled();
  });

  it("says when the server refuses, and goes on by itself when it could not be reached", async () => {
    vi.useFakeTimers();
    const setting = new Setting(manifestOf(Array.from({ length: 5 }, () => 60_000)));
    setting.fail = () => new ApiError(410, "gone", "It is gone.");
    const stream = setting.stream(1e6);
    await stream.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(setting.failed).toHaveBeenCalled();
    setting.failed.mockClear();
    setting.fail = () => new NetworkError();
    stream.update();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(stream.waiting).toBe(true);
    setting.fail = () => null;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(stream.waiting).toBe(false);
    expect(setting.sum).toBe(300_000);
    expect(setting.failed).not.toHaveBeenCalled();
  });

  it("brings nothing once it was disposed of", async () => {
    const setting = new Setting(manifestOf([3000, 2000]));
    const stream = setting.stream(1e6);
    const start = stream.start();
    stream.dispose();
    await expect(start).rejects.toThrow(/abort/i);
    expect(setting.sum).toBe(0);
    expect(setting.roots).not.toHaveBeenCalled();
  });
});
