// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Bytes that the server has for every record of a scan's tiles: points, labels, predictions, objects, channels. Only
 * ranges of them are ever asked for, several in one request, and parts that are put together are of one version.
 */
import { ApiError, bytesOf, request, send } from "./client";
import type { Channel, RecordCounts, RightAndWrong } from "./types";
import { recordCounts, rightAndWrong } from "./verify";

/** Records `from … to` (exclusive) in tile order. */
export interface RecordRange {
  from: number;
  to: number;
}

// What the server answers at once.
export const MOST_RANGES = 64;
export const MOST_BYTES = 3 << 20;

export interface RecordFile {
  readonly path: string;
  readonly itemBytes: number; // Per record.
}

/** One of which the server also says how many records of the whole scan are what. */
export interface CountedFile extends RecordFile {
  readonly counts: string;
}

export const recordFiles = {
  points: (scanId: number): RecordFile => ({ path: `/scans/${scanId}/records.bin`, itemBytes: 12 }),
  /** Class, 255 for none, and confidence 0–255, from the answers up to now. */
  labels: (scanId: number): CountedFile => ({
    path: `/scans/${scanId}/dense.bin`,
    counts: `/scans/${scanId}/dense/counts`,
    itemBytes: 2,
  }),
  /** As labels, by one checkpoint. */
  prediction: (scanId: number, checkpointId: number): CountedFile => ({
    path: `/scans/${scanId}/prediction.bin?checkpoint=${checkpointId}`,
    counts: `/scans/${scanId}/prediction/counts?checkpoint=${checkpointId}`,
    itemBytes: 2,
  }),
  /** Instance in two bytes, 0 for none, class and confidence, from the answers up to now. */
  objects: (scanId: number): CountedFile => ({
    path: `/scans/${scanId}/objects.bin`,
    counts: `/scans/${scanId}/objects/counts`,
    itemBytes: 4,
  }),
  /** True class, 255 for none, and 255. For leads only, as the next one. */
  truth: (scanId: number): CountedFile => ({
    path: `/scans/${scanId}/truth.bin`,
    counts: `/scans/${scanId}/truth/counts`,
    itemBytes: 2,
  }),
  /** True class and labelled class, 255 for none each, from the answers up to now. */
  agreement: (scanId: number): CountedFile => ({
    path: `/scans/${scanId}/agreement.bin`,
    counts: `/scans/${scanId}/agreement/counts`,
    itemBytes: 2,
  }),
  channel: (scanId: number, { name, version }: Pick<Channel, "name" | "version">): RecordFile => ({
    path: `/scans/${scanId}/channels/${name}?v=${version ?? ""}`,
    itemBytes: 4,
  }),
};

export function countRecords(file: CountedFile, signal: AbortSignal): Promise<RecordCounts> {
  return request("GET", file.counts, recordCounts, { signal });
}

/** Of the file `agreement`. */
export function countRight(file: CountedFile, signal: AbortSignal): Promise<RightAndWrong> {
  return request("GET", file.counts, rightAndWrong, { signal });
}

/** One version of some bytes per record. */
export interface RecordSource {
  /** The bytes of the ranges, one range after the other; no more than the server answers at once. */
  fetch: (ranges: readonly RecordRange[], signal: AbortSignal) => Promise<Uint8Array>;
  /** What came together with the news of this version. It is handed out once and then forgotten. */
  takeFirst?: () => RecordPart | null;
}

export interface RecordPart {
  readonly ranges: readonly RecordRange[];
  readonly bytes: Uint8Array;
}

/** Whether there is a newer version than the one that was asked for. */
export function isOutdated(error: unknown): boolean {
  return error instanceof ApiError && error.code === "other_version";
}

interface Answer {
  version: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The bytes of the ranges. @param match refused with `isOutdated` unless they are of this version. */
export async function fetchRecords(
  file: RecordFile,
  ranges: readonly RecordRange[],
  signal: AbortSignal,
  match: string | null = null,
): Promise<Answer> {
  const headers: Record<string, string> = match === null ? {} : { "If-Match": match };
  return read(file, ranges, await ask(file, ranges, { headers, signal }));
}

function ask(
  file: RecordFile,
  ranges: readonly RecordRange[],
  options: { headers?: Record<string, string>; known?: string; signal: AbortSignal },
): Promise<Response> {
  const asked = ranges.map(({ from, to }) => `${from}-${to}`).join();
  const join = file.path.includes("?") ? "&" : "?";
  return send("GET", `${file.path}${join}ranges=${asked}`, {
    ...options,
    headers: { Accept: "application/octet-stream", ...options.headers },
    cache: "no-store",
  });
}

async function read(
  file: RecordFile,
  ranges: readonly RecordRange[],
  response: Response,
): Promise<Answer> {
  const bytes = await bytesOf(response);
  const wanted = ranges.reduce((sum, { from, to }) => sum + to - from, 0) * file.itemBytes;
  if (bytes.length !== wanted)
    throw new ApiError(
      response.status,
      "short_file",
      `The server sent ${bytes.length} bytes of the scan instead of ${wanted}. Reload the page; if it stays, import the scan again.`,
    );
  return { version: response.headers.get("ETag") ?? "", bytes };
}

interface SourceOptions {
  version?: string; // That of the first answer where nothing is said.
  first?: RecordPart;
  /** There is a newer version; of this one no more can be had. */
  onOutdated?: () => void;
}

export function sourceOf(file: RecordFile, options: SourceOptions = {}): RecordSource {
  let version = options.version ?? null;
  let first = options.first ?? null;
  return {
    takeFirst: () => {
      const part = first;
      first = null;
      return part;
    },
    fetch: async (ranges, signal) => {
      try {
        const answer = await fetchRecords(file, ranges, signal, version);
        // Requests that were under way together before any version was known.
        if (answer.version !== (version ??= answer.version))
          throw new ApiError(412, "other_version", "The scan's labels have changed.");
        return answer.bytes;
      } catch (error) {
        if (isOutdated(error)) options.onOutdated?.();
        throw error;
      }
    },
  };
}

export interface NewestRecords {
  version: string;
  source: RecordSource;
}

/**
 * The newest version, together with its bytes for the ranges that matter most now; null if it is still the `known` one.
 */
export async function newestRecords(
  file: RecordFile,
  known: string | null,
  ranges: readonly RecordRange[],
  signal: AbortSignal,
  onOutdated: () => void,
): Promise<NewestRecords | null> {
  // Where none matter, as after a lost graphics card, the version alone is worth asking for.
  const asked = ranges.length > 0 ? ranges : [{ from: 0, to: 1 }];
  const response = await ask(file, asked, { signal, ...(known === null ? {} : { known }) });
  if (response.status === 304) return null;
  const { version, bytes } = await read(file, asked, response);
  const first = { ranges: asked, bytes };
  return { version, source: sourceOf(file, { version, first, onOutdated }) };
}
