// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which scans of a list are selected: some, by id, or all that meet its filter, but for some. */
import type { BulkRequest } from "../api/types";
import { requestFilter, type ScanFilter } from "./scan-query";

export class ScanSelection {
  all = $state(false);
  private ids = $state.raw<ReadonlySet<number>>(new Set()); // With `all`: those that are not.

  has(id: number): boolean {
    return this.ids.has(id) !== this.all;
  }

  /** How many of `total` scans are selected. */
  count(total: number): number {
    return this.all ? Math.max(0, total - this.ids.size) : this.ids.size;
  }

  set(ids: Iterable<number>, selected: boolean): void {
    const next = new Set(this.ids);
    for (const id of ids)
      if (selected === this.all) next.delete(id);
      else next.add(id);
    this.ids = next;
  }

  toggle(id: number): void {
    this.set([id], !this.has(id));
  }

  selectAll(): void {
    this.all = true;
    this.ids = new Set();
  }

  clear(): void {
    this.all = false;
    this.ids = new Set();
  }

  /** Which scans a request is about. */
  request(filter: ScanFilter): Pick<BulkRequest, "ids" | "filter" | "without"> {
    if (!this.all) return { ids: [...this.ids] };
    return { filter: requestFilter(filter), without: [...this.ids] };
  }

  /** What is selected now, to come back to. */
  snapshot(): ReadonlySet<number> {
    return this.ids;
  }

  restore(ids: ReadonlySet<number>): void {
    this.ids = ids;
  }
}
