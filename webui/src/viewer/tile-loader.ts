// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Streams tiles: the first records of every tile in one request, then of each what the view is worth, the most
 * useful first. What is no longer wanted is not fetched to its end, and goes when its room is needed.
 */
import { isAbort, NetworkError } from "../api/client";
import { MOST_RANGES, type RecordRange } from "../api/records";
import { ROOT_POINTS, type TileSource } from "../api/tiles";
import type { TileManifest } from "../api/types";
import type { TilePlan } from "./lod";
import { WORDS_PER_RECORD } from "./records";

/** Browsers open six connections to a host; one is the event stream, one is left for answers. */
export const PARALLEL_REQUESTS = 4;
const ROOT_LEAST = 64; // Records of each tile that stay, whatever the budget.
const BATCH = 65_536; // Records in one request, about.
export const OFFLINE_MS = 4000; // After a lost network, before it is tried again.

/** What is filled: the tiles of a scan, of which any number of first records can be held. */
export interface TileStore {
  loadedOf: (tile: number) => number;
  /** Records of a tile arrived; they continue what is there. */
  append: (tile: number, from: number, records: Uint32Array) => void;
  trim: (tile: number, records: number) => void;
  /** What the present view is worth, with no more than `budget` records in all. */
  plan: (budget: number, root: number) => TilePlan;
}

export interface StreamEvents {
  /** The first records of every tile are there. */
  onRoot: () => void;
  /** Something came or went. */
  onChange: () => void;
  /** It is given up; `update` would try again. */
  onFailed: (error: unknown) => void;
}

interface Part {
  readonly tile: number;
  readonly from: number; // Record inside the tile.
  readonly to: number; // Exclusive.
}

interface Request {
  readonly parts: Part[];
  readonly abort: AbortController;
}

/** How many records of every tile stay when there is room for no more than `budget` in all. */
export function rootRecords(manifest: TileManifest, budget: number): number {
  if (manifest.count <= Math.min(ROOT_POINTS, budget)) return Infinity;
  const points = Math.min(ROOT_POINTS, budget / 2);
  return Math.max(ROOT_LEAST, Math.floor(points / Math.max(1, manifest.tiles.length)));
}

export class TileStream {
  private readonly stop = new AbortController();
  private readonly requests = new Set<Request>();
  private root: number; // Records of each tile that stay.
  private plan: TilePlan | null = null; // None before the root is there.
  private failed = false;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly manifest: TileManifest,
    private readonly source: TileSource,
    private readonly store: TileStore,
    private budget: number,
    private readonly events: StreamEvents,
  ) {
    this.root = rootRecords(manifest, budget);
  }

  dispose(): void {
    this.stop.abort();
    clearTimeout(this.retry);
    for (const request of this.requests) request.abort.abort();
    this.requests.clear();
  }

  /** Something that the view wants is still missing and expected. */
  get waiting(): boolean {
    if (this.failed || this.stop.signal.aborted) return false;
    return !this.plan || this.requests.size > 0 || this.next() >= 0;
  }

  /** Records that the view wants in all, and how many of them are there. */
  get progress(): { loaded: number; wanted: number } {
    const wanted = this.plan?.wanted ?? this.manifest.tiles.map(() => this.root);
    let loaded = 0;
    let all = 0;
    wanted.forEach((n, i) => {
      loaded += Math.min(n, this.store.loadedOf(i));
      all += Math.min(n, this.manifest.tiles[i]?.count ?? 0);
    });
    return { loaded, wanted: all };
  }

  setBudget(records: number): void {
    this.budget = records;
    this.root = Math.min(this.root, rootRecords(this.manifest, records));
    this.update();
  }

  /** Fetch the root, then what the view wants. Rejects when the root cannot be had. */
  async start(): Promise<void> {
    const { signal } = this.stop;
    const { records, bytes } = await fetchPatiently((s) => this.source.root(s), signal);
    signal.throwIfAborted();
    const words = recordsOf(bytes);
    let at = 0;
    this.manifest.tiles.forEach((tile, i) => {
      const n = Math.min(tile.count, records) * WORDS_PER_RECORD;
      if (n > 0) this.store.append(i, 0, words.subarray(at, at + n));
      at += n;
    });
    this.plan = this.store.plan(this.budget, this.root);
    this.events.onRoot();
    this.update();
    this.events.onChange();
  }

  /** The view, the budget or what is held has changed. */
  update(): void {
    if (!this.plan || this.stop.signal.aborted) return;
    this.failed = false;
    this.plan = this.store.plan(this.budget, this.root);
    const { wanted } = this.plan;
    for (const request of this.requests)
      if (request.parts.every(({ tile, from }) => from >= (wanted[tile] ?? 0))) {
        this.requests.delete(request);
        request.abort.abort();
      }
    this.makeRoom(0);
    while (this.requests.size < PARALLEL_REQUESTS) {
      const request: Request = { parts: [], abort: new AbortController() };
      this.requests.add(request);
      this.collect(request.parts, wanted);
      if (request.parts.length === 0) {
        this.requests.delete(request);
        break;
      }
      void this.fetch(request);
    }
  }

  /** Put together what one request brings, of as many tiles as it takes. */
  private collect(parts: Part[], wanted: readonly number[]): void {
    let records = 0;
    while (records < BATCH && parts.length < MOST_RANGES) {
      const tile = this.next();
      if (tile < 0) return;
      const from = this.store.loadedOf(tile);
      const to = Math.min(wanted[tile] ?? 0, from + BATCH);
      if (!this.makeRoom(to - from)) return;
      parts.push({ tile, from, to });
      records += to - from;
    }
  }

  /** The tile whose missing records are worth most; -1 when nothing is missing. */
  private next(): number {
    const { plan } = this;
    if (!plan) return -1;
    const busy = new Set([...this.requests].flatMap(({ parts }) => parts.map(({ tile }) => tile)));
    let best = -1;
    let most = -1;
    plan.wanted.forEach((wanted, tile) => {
      const loaded = this.store.loadedOf(tile);
      if (loaded >= wanted || busy.has(tile)) return;
      const worth = (plan.worth[tile] ?? 0) / Math.max(1, loaded);
      if (worth <= most) return;
      best = tile;
      most = worth;
    });
    return best;
  }

  /** Let what is not wanted go, the least useful first, until `records` more fit the budget. */
  private makeRoom(records: number): boolean {
    const { plan } = this;
    if (!plan) return false;
    let over = records - this.budget;
    for (let i = 0; i < this.manifest.tiles.length; i++) over += this.store.loadedOf(i);
    for (const { parts } of this.requests) for (const { from, to } of parts) over += to - from;
    if (over <= 0) return true;
    const surplus = plan.wanted
      .map((wanted, tile) => ({ tile, wanted, worth: plan.worth[tile] ?? 0 }))
      .filter(({ tile, wanted }) => this.store.loadedOf(tile) > wanted)
      .sort((a, b) => a.worth - b.worth);
    for (const { tile, wanted } of surplus) {
      over -= this.store.loadedOf(tile) - wanted;
      this.store.trim(tile, wanted);
      if (over <= 0) break;
    }
    return over <= 0;
  }

  private async fetch(request: Request): Promise<void> {
    const ranges = request.parts.map(({ tile, from, to }): RecordRange => {
      const base = this.manifest.tiles[tile]?.base ?? 0;
      return { from: base + from, to: base + to };
    });
    try {
      const bytes = await fetchPatiently(
        (signal) => this.source.records(ranges, signal),
        request.abort.signal,
      );
      if (!this.requests.delete(request)) return; // Not wanted any more.
      const words = recordsOf(bytes);
      let at = 0;
      for (const { tile, from, to } of request.parts) {
        const end = at + (to - from) * WORDS_PER_RECORD;
        // Some of it may not be wanted any more, and then what it continues may be gone.
        const wanted = from < (this.plan?.wanted[tile] ?? 0) && from === this.store.loadedOf(tile);
        if (wanted) this.store.append(tile, from, words.subarray(at, end));
        at = end;
      }
      this.update();
    } catch (error) {
      if (!this.requests.delete(request) || isAbort(error)) return;
      if (error instanceof NetworkError) {
        // What is there can be worked on; the rest comes once the server can be reached again.
        clearTimeout(this.retry);
        this.retry = setTimeout(() => this.update(), OFFLINE_MS);
      } else {
        this.failed = true;
        this.events.onFailed(error);
      }
    } finally {
      if (!this.stop.signal.aborted) this.events.onChange();
    }
  }
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
