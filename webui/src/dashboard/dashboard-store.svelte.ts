// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The numbers of one project, read again when something in it has changed. */
import { messageOf } from "../api/client";
import {
  type Activity,
  activityPath,
  type ClassBalance,
  type Coverage,
  type Curve,
  type Range,
  type ScanStates,
  sources,
  type Versions,
} from "./api";
import { Refresher } from "./refresher";

const DELAY_MS = 700;
const WAITING_MS = 2000; // While the server works figures out.
const EVERY_MS = 5 * 60_000; // Hours go by without an event.
export const SCANS_PER_PAGE = 20;

export class DashboardStore {
  scans = $state.raw<ScanStates | null>(null);
  activity = $state.raw<Activity | null>(null);
  classes = $state.raw<ClassBalance | null>(null);
  coverage = $state.raw<Coverage | null>(null);
  versions = $state.raw<Versions | null>(null);
  curve = $state.raw<Curve | null>(null);
  failure = $state<string | null>(null);
  range = $state<Range>(7);
  page = $state(0); // Of the scans with answers.
  scanId = $state<number | null>(null); // Whose curve is shown; null: the first that has one.

  private readonly sources = sources();
  private readonly refresher = new Refresher(() => this.read(), DELAY_MS);
  private readonly ticking: ReturnType<typeof setInterval>;
  private everything = true;
  private disposed = false;

  constructor(private readonly projectId: number) {
    this.soon(0);
    this.ticking = setInterval(() => {
      if (!document.hidden) this.soon();
    }, EVERY_MS);
  }

  dispose(): void {
    this.disposed = true;
    clearInterval(this.ticking);
    this.refresher.dispose();
  }

  /** Something may have changed. */
  soon(delayMs?: number): void {
    this.everything = true;
    this.refresher.soon(delayMs);
  }

  choose(range: Range): void {
    this.range = range;
    this.soon(0);
  }

  turn(page: number): void {
    this.page = page;
    this.refresher.soon(0);
  }

  show(scanId: number): void {
    this.scanId = scanId;
    this.refresher.soon(0);
  }

  private async read(): Promise<void> {
    const everything = this.everything;
    this.everything = false;
    const tasks = [this.readFigures()];
    if (everything) tasks.push(...this.readCounts());
    const results = await Promise.allSettled(tasks);
    if (this.disposed) return;
    const failed = results.find((result) => result.status === "rejected");
    this.failure = failed ? messageOf(failed.reason) : null;
    const unfinished = (this.coverage?.waiting ?? 0) > 0 || this.curve?.current === false;
    if (unfinished && !failed && !document.hidden) this.refresher.soon(WAITING_MS);
  }

  private path(name: string): string {
    return `/projects/${this.projectId}/dashboard/${name}`;
  }

  private readCounts(): Promise<void>[] {
    const { sources } = this;
    return [
      sources.scans.read(this.path("scans")).then((value) => void (this.scans = value)),
      sources.activity
        .read(this.path(activityPath(this.range)))
        .then((value) => void (this.activity = value)),
      sources.versions.read(this.path("versions")).then((value) => void (this.versions = value)),
    ];
  }

  /** What the server works out little by little: one after the other, since it does one thing at a time. */
  private async readFigures(): Promise<void> {
    const { sources } = this;
    const offset = this.page * SCANS_PER_PAGE;
    const coverage = await sources.coverage.read(
      this.path(`coverage?offset=${offset}&limit=${SCANS_PER_PAGE}`),
    );
    this.coverage = coverage;
    if (coverage.items.length === 0 && this.page > 0) this.turn(0); // Its scans were deleted.
    this.classes = await sources.classes.read(this.path("classes"));
    const shown = this.scanId ?? curveShownFirst(coverage);
    this.curve = shown === null ? null : await sources.curve.read(`/scans/${shown}/learning-curve`);
  }
}

/** The scan of which most is known. */
function curveShownFirst(coverage: Coverage): number | null {
  if (coverage.best) return coverage.best.scan_id;
  return (
    coverage.items.reduce<Coverage["items"][number] | null>(
      (most, item) => (most && most.answers >= item.answers ? most : item),
      null,
    )?.scan_id ?? null
  );
}
