// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The points of a scan as the viewer asks for them: a few of every tile at once, then ranges of records. */
import { bytesOf, send } from "./client";
import { fetchRecords, recordFiles, type RecordRange } from "./records";

export const ROOT_POINTS = 200_000; // About so many make the first picture.

export interface TileRoot {
  records: number; // The first so many of each tile, all of a smaller one.
  bytes: ArrayBuffer; // Those of one tile after those of the other.
}

export interface TileSource {
  root: (signal: AbortSignal) => Promise<TileRoot>;
  /** The ranges one after the other. At most `MOST_RANGES` and `MOST_BYTES` at once. */
  records: (ranges: readonly RecordRange[], signal: AbortSignal) => Promise<ArrayBuffer>;
}

const expected = new Map<number, Promise<TileRoot>>();

/** Ask for the first points of a scan before anything else is known of it; `tileSource` hands them on. */
export function expectTiles(scanId: number): void {
  if (expected.has(scanId)) return;
  const root = fetchRoot(scanId, new AbortController().signal);
  root.catch(() => expected.delete(scanId)); // Dealt with where they are needed.
  expected.set(scanId, root);
}

/** They will not be needed after all. */
export function forgetTiles(scanId: number): void {
  expected.delete(scanId);
}

export function tileSource(scanId: number): TileSource {
  return {
    root: (signal) => {
      const early = expected.get(scanId);
      expected.delete(scanId);
      return early ? early.catch(() => fetchRoot(scanId, signal)) : fetchRoot(scanId, signal);
    },
    records: async (ranges, signal) =>
      (await fetchRecords(recordFiles.points(scanId), ranges, signal)).bytes.buffer,
  };
}

async function fetchRoot(scanId: number, signal: AbortSignal): Promise<TileRoot> {
  const response = await send("GET", `/scans/${scanId}/root.bin?points=${ROOT_POINTS}`, {
    headers: { Accept: "application/octet-stream" },
    signal,
  });
  const records = Number(response.headers.get("Records-Per-Tile"));
  return { records, bytes: (await bytesOf(response)).buffer };
}
