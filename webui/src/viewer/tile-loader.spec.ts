// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { NetworkError } from "../api/client";
import type { TileManifest } from "../api/types";
import { loadTiles, PARALLEL_REQUESTS, planLoad } from "./tile-loader";

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
      const tile = { base, count, lo: [0, 0, 0] as const, scale: [1, 1, 1] as const };
      base += count;
      return { ...tile, lo: [0, 0, 0], scale: [1, 1, 1] };
    }),
  };
}

describe("planLoad", () => {
  it("covers every record once when the scan fits", () => {
    const manifest = manifestOf([65536, 65536, 30_000, 10, 0, 65536]);
    const { first, rest } = planLoad(manifest, { firstPoints: 50_000, maxPoints: 1e6 });
    manifest.tiles.forEach((tile, i) => {
      const seen = new Uint8Array(tile.count);
      for (const c of [...first, ...rest].filter((chunk) => chunk.tile === i))
        for (let k = c.from; k < c.to; k++) seen[k] = (seen[k] ?? 0) + 1;
      expect(seen.every((n) => n === 1)).toBe(true);
    });
  });

  it("asks for every tile's prefix first", () => {
    const manifest = manifestOf(Array.from({ length: 16 }, () => 60_000));
    const { first } = planLoad(manifest, { firstPoints: 100_000, maxPoints: 1e7 });
    expect(first.map((c) => c.tile)).toEqual(manifest.tiles.map((_, i) => i));
    expect(first.every((c) => c.from === 0)).toBe(true);
    const points = first.reduce((sum, c) => sum + c.to, 0);
    expect(points).toBeGreaterThan(90_000);
    expect(points).toBeLessThan(120_000);
  });

  it("holds no more than the limit of a huge scan, evenly", () => {
    const manifest = manifestOf(Array.from({ length: 400 }, () => 65_536));
    const { held } = planLoad(manifest, { firstPoints: 1e5, maxPoints: 4e6 });
    const sum = held.reduce((a, b) => a + b, 0);
    expect(sum).toBeLessThanOrEqual(4e6);
    expect(sum).toBeGreaterThan(3.9e6);
  });
});

describe("loadTiles", () => {
  it("delivers every byte to its place, in order inside a tile, over few connections", async () => {
    const manifest = manifestOf([3000, 1, 2500, 4000]);
    const plan = planLoad(manifest, { firstPoints: 1500, maxPoints: 1e6 });
    const words = Uint32Array.from({ length: manifest.count * 3 }, (_, i) => i);
    const got = manifest.tiles.map((t) => ({ words: new Uint32Array(t.count * 3), next: 0 }));
    let running = 0;
    let most = 0;
    let failures = 2;
    await loadTiles(
      manifest,
      plan,
      {
        fetchRange: async (from, to) => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 1));
          running--;
          if (failures-- > 0) throw new NetworkError();
          return words.slice(from / 4, to / 4).buffer;
        },
        append: (tile, from, records) => {
          const target = got[tile];
          if (!target) throw new Error("no such tile");
          expect(from).toBe(target.next);
          target.words.set(records, from * 3);
          target.next = from + records.length / 3;
        },
        priority: () => 0,
      },
      new AbortController().signal,
    );
    expect(most).toBeLessThanOrEqual(PARALLEL_REQUESTS);
    manifest.tiles.forEach((tile, i) => {
      expect(got[i]?.next).toBe(tile.count);
      expect(got[i]?.words).toEqual(words.slice(tile.base * 3, (tile.base + tile.count) * 3));
    });
  });

  it("stops when aborted", async () => {
    const manifest = manifestOf([3000, 3000]);
    const controller = new AbortController();
    const load = loadTiles(
      manifest,
      planLoad(manifest),
      {
        fetchRange: async (from, to) => {
          controller.abort();
          return new ArrayBuffer(to - from);
        },
        append: () => expect.unreachable(),
        priority: () => 0,
      },
      controller.signal,
    );
    await expect(load).rejects.toThrow(/abort/i);
  });
});
