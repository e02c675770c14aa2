// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The numbers of one project, read again when something in it has changed. */
import { messageOf } from "../api/client";
import {
  type Activity,
  activityPath,
  type ClassBalance,
  type Range,
  type ScanStates,
  sources,
} from "./api";
import { Refresher } from "./refresher";

const DELAY_MS = 700;
const EVERY_MS = 5 * 60_000; // Hours go by without an event.

export class DashboardStore {
  scans = $state.raw<ScanStates | null>(null);
  activity = $state.raw<Activity | null>(null);
  classes = $state.raw<ClassBalance | null>(null);
  failure = $state<string | null>(null);
  range = $state<Range>(7);

  private readonly sources = sources();
  private readonly refresher = new Refresher(() => this.read(), DELAY_MS);
  private readonly ticking: ReturnType<typeof setInterval>;

  constructor(private readonly projectId: number) {
    this.refresher.soon(0);
    this.ticking = setInterval(() => {
      if (!document.hidden) this.refresher.soon();
    }, EVERY_MS);
  }

  dispose(): void {
    clearInterval(this.ticking);
    this.refresher.dispose();
  }

  /** Something may have changed. */
  soon(): void {
    this.refresher.soon();
  }

  choose(range: Range): void {
    this.range = range;
    this.refresher.soon(0);
  }

  private async read(): Promise<void> {
    const at = (path: string): string => `/projects/${this.projectId}/dashboard${path}`;
    const { sources } = this;
    const results = await Promise.allSettled([
      sources.scans.read(at("/scans")).then((value) => (this.scans = value)),
      sources.activity.read(at(activityPath(this.range))).then((value) => (this.activity = value)),
      sources.classes.read(at("/classes")).then((value) => (this.classes = value)),
    ]);
    const failed = results.find((result) => result.status === "rejected");
    this.failure = failed ? messageOf(failed.reason) : null;
  }
}
