// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { Tile } from "../api/types";
import {
  measuredSpacing,
  median,
  recordColor,
  recordPosition,
  roughSpacing,
  tileOfRecord,
} from "./records";
import { recordsOf } from "./tile-loader";

/** Byte by byte as the format is documented, with a DataView and no shifts. */
function encode(
  points: { q: [number, number, number]; rgb: [number, number, number] }[],
): ArrayBuffer {
  const buffer = new ArrayBuffer(points.length * 12);
  const view = new DataView(buffer);
  points.forEach(({ q, rgb }, i) => {
    view.setUint16(i * 12, q[0], true);
    view.setUint16(i * 12 + 2, q[1], true);
    view.setUint16(i * 12 + 4, q[2], true);
    rgb.forEach((c, k) => view.setUint8(i * 12 + 8 + k, c));
    view.setUint8(i * 12 + 11, 255);
  });
  return buffer;
}

function randomPoints(n: number) {
  let state = 12345;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: n }, () => ({
    q: [next(65536), next(65536), next(65536)] as [number, number, number],
    rgb: [next(256), next(256), next(256)] as [number, number, number],
  }));
}

const tile: Tile = { base: 70_000, count: 500, lo: [-3.5, 10, 0.25], scale: [1e-4, 2e-4, 3e-5] };

describe("records", () => {
  const points = [
    {
      q: [65535, 65535, 65535] as [number, number, number],
      rgb: [255, 0, 255] as [number, number, number],
    },
    ...randomPoints(499),
  ];
  const words = recordsOf(encode(points));

  it("decode to lo + scale * q and the colour", () => {
    points.forEach(({ q, rgb }, i) => {
      const position = recordPosition(tile, words, i);
      for (const axis of [0, 1, 2] as const)
        expect(position[axis]).toBeCloseTo(tile.lo[axis] + tile.scale[axis] * q[axis], 10);
      expect(recordColor(words, i)).toEqual(rgb);
    });
  });

  it("read the same on a machine of the other byte order", () => {
    expect([...recordsOf(encode(points), false)]).toEqual([...words]);
  });

  it("are refused beyond the end", () => {
    expect(() => recordPosition(tile, words, 500)).toThrow(RangeError);
  });
});

describe("tileOfRecord", () => {
  it("agrees with looking through all tiles", () => {
    const tiles: Tile[] = [];
    let base = 0;
    for (const count of [5, 1, 0, 7, 65536, 3]) {
      tiles.push({ base, count, lo: [0, 0, 0], scale: [1, 1, 1] });
      base += count;
    }
    for (let k = -1; k <= base; k += k < 20 ? 1 : 997)
      expect(tileOfRecord(tiles, k)).toBe(
        tiles.findIndex((t) => k >= t.base && k < t.base + t.count),
      );
  });
});

describe("spacing", () => {
  const square = (tilt: number): { tile: Tile; words: Uint32Array } => {
    // A square metre, 100 x 100 points, standing up by `tilt`; shuffled as tiles are.
    const side = 100;
    const rows = Array.from({ length: side * side }, (_, i) => ({
      order: Math.imul(i + 1, 2654435761) >>> 0,
      x: i % side,
      y: Math.floor(i / side),
    })).sort((a, b) => a.order - b.order);
    const q = (v: number): number => Math.round((v / (side - 1)) * 65535);
    const words = new Uint32Array(rows.length * 3);
    rows.forEach(({ x, y }, i) => {
      words[i * 3] = q(x) | (q(y) << 16);
      words[i * 3 + 1] = q(y);
    });
    const scale: [number, number, number] = [
      1 / 65535,
      Math.cos(tilt) / 65535,
      Math.sin(tilt) / 65535,
    ];
    return { tile: { base: 0, count: rows.length, lo: [0, 0, 0], scale }, words };
  };

  it("of a square metre with 10,000 points is about a centimetre, whichever way it faces", () => {
    expect(roughSpacing([square(0).tile])).toBeCloseTo(0.01, 5);
    for (const tilt of [0, 0.6, Math.PI / 2]) {
      const { tile, words } = square(tilt);
      const spacing = measuredSpacing(tile, words, 5000);
      expect(spacing).toBeGreaterThan(0.008);
      expect(spacing).toBeLessThan(0.018);
    }
  });

  it("has a value even for a single point", () => {
    const tile: Tile = { base: 0, count: 1, lo: [0, 0, 0], scale: [0, 0, 0] };
    expect(
      median([roughSpacing([tile]), measuredSpacing(tile, new Uint32Array(3), 1)]),
    ).toBeGreaterThan(0);
    expect(median([])).toBe(0.01);
  });
});
