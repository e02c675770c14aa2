// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Two versions against each other, kept current by events. */
import { isAbort, messageOf, projects } from "../api/client";
import { ProjectEvents } from "../api/events";
import type { Checkpoint, Project } from "../api/types";
import { Soon } from "../util/soon";
import { isActive } from "../words";
import { type Cell, type ComparedScan, type Comparison, models } from "./api";

const PAGE = 50;
const AGAIN_EVERY_MS = 2000;
const AGAIN_SOON_MS = 400;

export class ComparisonStore {
  project = $state.raw<Project>() as Project; // Set by the constructor.
  checkpoints = $state.raw<Checkpoint[]>([]); // Newest first.
  result = $state.raw<Comparison | null>(null);
  /** Scans as far as they were read, the most flipped first. */
  scans = $state.raw<readonly ComparedScan[]>([]);
  cell = $state.raw<Cell | null>(null);
  refusal = $state<string | null>(null);

  readonly first: Checkpoint | null = $derived(this.find(0));
  readonly second: Checkpoint | null = $derived(this.find(1));

  private readonly events: ProjectEvents;
  private request = new AbortController();
  private disposed = false;
  private predicted = false; // Since it was compared last.
  private readonly again = new Soon(() => void this.reload(), AGAIN_EVERY_MS, AGAIN_SOON_MS);

  private constructor(
    project: Project,
    checkpoints: Checkpoint[],
    readonly pair: readonly [number, number],
  ) {
    this.project = project;
    this.checkpoints = checkpoints;
    this.events = new ProjectEvents(project.id, {
      project: () => this.again.ask(),
      job: (job) => {
        if (job.kind !== "predict" || isActive(job)) return;
        this.predicted = true;
        this.again.ask();
      },
      reopened: () => {
        this.predicted = true; // Perhaps.
        this.again.ask();
      },
    });
  }

  /**
   * Rejects where the project cannot be shown. `result` comes later, or `refusal`, which says what is wrong with the
   * pair.
   */
  static async open(projectId: number, pair: readonly [number, number]): Promise<ComparisonStore> {
    const [project, checkpoints] = await Promise.all([
      projects.get(projectId),
      projects.checkpoints(projectId),
    ]);
    const store = new ComparisonStore(project, checkpoints, pair);
    void store.compare();
    return store;
  }

  dispose(): void {
    this.disposed = true;
    this.again.dispose();
    this.request.abort();
    this.events.dispose();
  }

  /** Names may be the same; numbers never are. */
  nameOf(side: 0 | 1): string {
    const name = this.find(side)?.name;
    return name === undefined ? String(this.pair[side]) : `${this.pair[side]} · ${name}`;
  }

  choose(cell: Cell | null): void {
    this.cell = cell;
    void this.compare();
  }

  /** Read the next page of scans. */
  async more(): Promise<void> {
    const { signal } = this.request;
    try {
      const { id } = this.project;
      const next = await models.compare(id, this.pair, this.cell, this.scans.length, PAGE, signal);
      const known = new Set(this.scans.map((scan) => scan.scan_id));
      this.scans = [...this.scans, ...next.scans.items.filter((s) => !known.has(s.scan_id))];
      this.result = next;
    } catch (error) {
      if (!isAbort(error)) this.refusal = messageOf(error);
    }
  }

  private find(side: 0 | 1): Checkpoint | null {
    return this.checkpoints.find((c) => c.id === this.pair[side]) ?? null;
  }

  /** Compare anew, and go on until all scans are counted. */
  private async compare(): Promise<void> {
    this.request.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    let before = -1;
    try {
      for (;;) {
        const read = await models.compare(this.project.id, this.pair, this.cell, 0, PAGE, signal);
        this.result = read;
        this.scans = read.scans.items;
        this.refusal = null;
        // Where no more scans were counted than before, the rest cannot be: they are being deleted.
        if (read.compared >= read.common || read.compared <= before) return;
        before = read.compared;
      }
    } catch (error) {
      if (isAbort(error)) return;
      this.result = null;
      this.scans = [];
      this.refusal = messageOf(error);
    }
  }

  /** What a comparison follows from, besides the predictions. Every answer of somebody is news of the project. */
  private basis(): string {
    const sides = [this.first, this.second].map((side) => [side?.id, side?.predicted_scans]);
    return JSON.stringify([this.project.classes, sides]);
  }

  private async reload(): Promise<void> {
    const before = this.basis();
    try {
      const { id } = this.project;
      [this.project, this.checkpoints] = await Promise.all([
        projects.get(id),
        projects.checkpoints(id),
      ]);
    } catch (error) {
      if (!this.disposed) this.refusal = messageOf(error);
      return;
    }
    if (this.disposed) return;
    const same = this.basis() === before && !this.predicted;
    if (same && this.refusal === null) return;
    this.predicted = false;
    await this.compare();
  }
}
