// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Tells others which query is being answered here, for as long as it is shown. Without a lease an answer still
 * counts; two people may just do the same work.
 */
import { ApiError, queries, scans } from "../api/client";
import type { Query } from "../api/types";
import { t } from "../i18n";

export const RENEWAL_MS = 60_000;
const RETRY_MS = 10_000;

/** What of a label page the lease needs. */
export interface LeasePage {
  readonly scanId: number;
  /** The query that is shown now. */
  query: () => Query | null;
  /** Who answers a query was learnt. */
  leasedBy: (queryId: number, name: string | null) => void;
  /** The query just shown is somebody else's; true when another one is shown instead. */
  moveOn: (holder: string) => boolean;
}

export class QueryLease {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;

  constructor(private readonly page: LeasePage) {}

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
  }

  /** @param moveOn go to another query where this one turns out to be taken; else stay and say who has it. */
  async take(query: Query, moveOn: boolean): Promise<void> {
    clearTimeout(this.timer);
    if (query.state !== "open" || document.hidden) return;
    let wait = RENEWAL_MS;
    try {
      const leased = await queries.lease(query.id);
      this.page.leasedBy(query.id, leased.leased_by);
    } catch (error) {
      if (this.disposed) return;
      wait = RETRY_MS;
      if (error instanceof ApiError && error.code === "leased_elsewhere") {
        const holder = query.leased_by ?? (await this.holderOf(query.id));
        this.page.leasedBy(query.id, holder);
        const isNews = moveOn && this.isShown(query.id) && !query.leased_by;
        if (isNews && this.page.moveOn(holder)) return;
      }
    }
    if (this.disposed || !this.isShown(query.id)) return;
    this.timer = setTimeout(() => {
      const now = this.page.query();
      if (now?.id === query.id) void this.take(now, false);
    }, wait);
  }

  private isShown(queryId: number): boolean {
    return this.page.query()?.id === queryId;
  }

  private async holderOf(queryId: number): Promise<string> {
    try {
      const fresh = (await scans.queries(this.page.scanId)).find((q) => q.id === queryId);
      return fresh?.leased_by ?? t("say.someone");
    } catch {
      return t("say.someone");
    }
  }
}
