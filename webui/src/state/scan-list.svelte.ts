// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * A list of scans of which only what is in sight is held. Pages come as one scrolls; a changed scan is put in its
 * place at once, and the pages in sight are read again where the change may have moved rows.
 */
import { isAbort, messageOf } from "../api/client";
import type { Scan, ScanPage } from "../api/types";
import {
  ALL_SCANS,
  isFiltered,
  requestParams,
  sameQuery,
  type ScanFilter,
  type ScanQuery,
} from "./scan-query";
import { Soon } from "../util/soon";
import { pagesOf, type Rows } from "./windowing";

export const PAGE_SIZE = 100;
const MAX_PAGES = 12;
const SCROLL_PAUSE_MS = 60; // While somebody drags the scroll bar nothing is asked for.
const REFRESH_EVERY_MS = 2000;
const REFRESH_SOON_MS = 300;

export type LoadScans = (params: URLSearchParams, signal: AbortSignal) => Promise<ScanPage>;

export class ScanList {
  query = $state.raw<ScanQuery>({ ...ALL_SCANS, sort: "created", descending: false });
  total = $state(0); // Of those that meet the filter.
  states = $state.raw<ScanPage["states"]>({ queued: 0, importing: 0, ready: 0, failed: 0 });
  loaded = $state(false); // What is shown is of `query`.
  failure = $state<string | null>(null);
  private pages = $state.raw<ReadonlyMap<number, readonly Scan[]>>(new Map());

  private wanted: Rows = { first: 0, end: 1 };
  private asked = new Map<number, AbortController>();
  private scrollTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly again = new Soon(() => this.refresh(), REFRESH_EVERY_MS, REFRESH_SOON_MS);

  constructor(private readonly load: LoadScans) {}

  dispose(): void {
    this.again.dispose();
    this.stop();
  }

  /** The scan of a row, if it is here. */
  at(row: number): Scan | undefined {
    return this.pages.get(Math.floor(row / PAGE_SIZE))?.[row % PAGE_SIZE];
  }

  find(id: number): Scan | undefined {
    for (const page of this.pages.values()) {
      const found = page.find((scan) => scan.id === id);
      if (found) return found;
    }
    return undefined;
  }

  /** Show other scans, or the same in another order. */
  show(query: ScanQuery): void {
    if (this.loaded && sameQuery(query, this.query)) return;
    this.query = query;
    this.loaded = false;
    this.wanted = { first: 0, end: 1 };
    this.refresh();
  }

  /** These rows are in sight: have them here soon. */
  look(rows: Rows): void {
    this.wanted = rows;
    if (this.missing().length === 0) return;
    clearTimeout(this.scrollTimer);
    this.scrollTimer = setTimeout(() => {
      for (const page of this.missing()) void this.read(page);
    }, SCROLL_PAUSE_MS);
  }

  /** Read what is in sight again, and forget the rest. */
  refresh(): void {
    this.stop();
    this.again.did();
    const pages = pagesOf(this.wanted, PAGE_SIZE);
    if (pages.length === 0) pages.push(0); // An empty list may not be empty any more.
    let kept: ReadonlyMap<number, readonly Scan[]> | null = new Map();
    for (const page of pages)
      void this.read(page, () => {
        // The old rows stay until the first new ones are there.
        if (kept) this.pages = kept;
        kept = null;
      });
  }

  /** Refresh, but neither at once nor all the time: changes come in crowds. */
  refreshSoon(): void {
    this.again.ask();
  }

  /** A scan is as it is now. */
  put(scan: Scan): void {
    const before = this.find(scan.id);
    if (before) {
      const pages = new Map(this.pages);
      for (const [number, page] of pages)
        if (page.includes(before))
          pages.set(
            number,
            page.map((other) => (other === before ? scan : other)),
          );
      this.pages = pages;
    }
    if (!before || mayMove(before, scan, this.query)) this.refreshSoon();
  }

  private missing(): number[] {
    return pagesOf(this.wanted, PAGE_SIZE).filter(
      (page) => !this.pages.has(page) && !this.asked.has(page),
    );
  }

  private async read(page: number, before?: () => void): Promise<void> {
    const abort = new AbortController();
    this.asked.set(page, abort);
    try {
      const params = requestParams(this.query, page * PAGE_SIZE, PAGE_SIZE);
      const found = await this.load(params, abort.signal);
      if (abort.signal.aborted) return;
      before?.();
      this.keep(page, found.items);
      this.total = found.total;
      this.states = found.states;
      this.loaded = true;
      this.failure = null;
    } catch (error) {
      if (!isAbort(error) && !abort.signal.aborted) this.failure = messageOf(error);
    } finally {
      if (this.asked.get(page) === abort) this.asked.delete(page);
    }
  }

  private keep(number: number, page: readonly Scan[]): void {
    const pages = new Map(this.pages);
    pages.set(number, page);
    const middle = (this.wanted.first + this.wanted.end) / 2 / PAGE_SIZE;
    const far = (other: number): number => Math.abs(other + 0.5 - middle);
    while (pages.size > MAX_PAGES) {
      const farthest = [...pages.keys()].reduce((a, b) => (far(b) > far(a) ? b : a));
      pages.delete(farthest);
    }
    this.pages = pages;
  }

  private stop(): void {
    clearTimeout(this.scrollTimer);
    for (const abort of this.asked.values()) abort.abort();
    this.asked.clear();
  }
}

/** Whether a change of a scan may take it to another row, or out of the list. */
export function mayMove(before: Scan, after: Scan, query: ScanQuery): boolean {
  if (before.state !== after.state) return true; // Counted beside the list in any case.
  const looks: Record<ScanQuery["sort"], unknown[]> = {
    created: [],
    name: [after.name === before.name],
    points: [after.points === before.points],
    state: [],
    answered: [sameNumbers(before, after)],
    unexplained: [after.unexplained === before.unexplained],
    active: [after.answered_at === before.answered_at],
  };
  if (looks[query.sort].includes(false)) return true;
  return isFiltered(query) && changesFor(before, after, query);
}

function changesFor(before: Scan, after: Scan, filter: ScanFilter): boolean {
  return (
    (filter.name !== "" && before.name !== after.name) ||
    (filter.progress !== null && !sameNumbers(before, after)) ||
    (filter.warnings !== null && before.warnings.length > 0 !== after.warnings.length > 0) ||
    (filter.predicted !== null && (before.prediction === null) !== (after.prediction === null)) ||
    (filter.person !== null && before.answered_at !== after.answered_at)
  );
}

function sameNumbers(a: Scan, b: Scan): boolean {
  return (
    a.answers === b.answers &&
    a.queries.total === b.queries.total &&
    a.queries.open === b.queries.open
  );
}
