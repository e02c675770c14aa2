// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the project page shows, kept current by events. Of scans and jobs, of which there may be tens of thousands, it
 * holds those in sight.
 */
import { messageOf, projects } from "../api/client";
import { ProjectEvents } from "../api/events";
import type { Checkpoint, ExportFile, Job, NextScan, Project, Readiness, Scan } from "../api/types";
import { Soon } from "../util/soon";
import { isActive } from "../words";
import { JobBoard } from "./job-board.svelte";
import { ScanList } from "./scan-list.svelte";
import { toasts } from "./toasts.svelte";
import { uploadsOf } from "./open-uploads";
import type { Uploads } from "./uploads.svelte";

const APPLY_MS = 150; // Events come one by one; the page changes once for a crowd of them.
const READINESS_EVERY_MS = 1500;
const READINESS_SOON_MS = 300;
const NEXT_EVERY_MS = 5000;
const RELOAD_EVERY_MS = 2000;

export class ProjectStore {
  project = $state.raw<Project>() as Project; // Set by the constructor.
  checkpoints = $state.raw<Checkpoint[]>([]);
  exports = $state.raw<ExportFile[]>([]);
  readiness = $state.raw<Readiness | null>(null);
  next = $state.raw<NextScan | null>(null); // The scan to go on with.
  readonly scans: ScanList;
  readonly board: JobBoard;
  readonly uploads: Uploads;

  readonly training = $derived.by(() => this.trainings.find(isActive) ?? null);

  private readonly events: ProjectEvents;
  private changedScans = new Map<number, Scan>();
  private changedJobs = new Map<number, Job>();
  private readonly applySoon = new Soon(() => this.apply(), APPLY_MS, APPLY_MS);
  private readonly nextSoon = new Soon(() => this.readNext(), NEXT_EVERY_MS, READINESS_SOON_MS);
  private readonly reloadSoon = new Soon(() => void this.reload(), RELOAD_EVERY_MS, APPLY_MS);
  private readonly readinessSoon = new Soon(
    () => this.readReadiness(),
    READINESS_EVERY_MS,
    READINESS_SOON_MS,
  );
  private readonly asked = new Map<string, Promise<unknown>>();
  private needsReadiness = false;
  private disposed = false;

  private constructor(project: Project) {
    this.project = project;
    this.scans = new ScanList((params, signal) => projects.scans(project.id, params, signal));
    this.board = new JobBoard(project.id);
    this.uploads = uploadsOf(project.id);
    this.uploads.onScan = (scan) => this.putScan(scan);
    this.events = new ProjectEvents(project.id, {
      project: (changed) => this.onProject(changed),
      scan: (changed) => {
        this.changedScans.set(changed.id, changed);
        this.applySoon.ask();
      },
      job: (changed) => {
        this.changedJobs.set(changed.id, changed);
        this.applySoon.ask();
      },
      reopened: () => this.reloadSoon.ask(),
    });
  }

  static async open(id: number): Promise<ProjectStore> {
    const store = new ProjectStore(await projects.get(id));
    try {
      await store.readAll();
    } catch (error) {
      store.dispose();
      throw error;
    }
    return store;
  }

  dispose(): void {
    this.disposed = true;
    for (const soon of [this.applySoon, this.nextSoon, this.reloadSoon, this.readinessSoon])
      soon.dispose();
    this.events.dispose();
    this.scans.dispose();
    this.board.dispose();
    this.uploads.onScan = () => undefined; // They go on.
  }

  /** What runs and what waits, as far as people look at it, then the newest that are over. */
  get jobs(): readonly Job[] {
    return this.board.jobs;
  }

  /** The newest trainings first. */
  get trainings(): readonly Job[] {
    return this.board.trainings;
  }

  /** The work under way on one scan, if it is among those. */
  jobOf(scanId: number): Job | null {
    return this.jobs.find((job) => job.scan_id === scanId && isActive(job)) ?? null;
  }

  putScan(scan: Scan): void {
    this.scans.put(scan);
  }

  putJob(job: Job): void {
    this.board.put([job]);
  }

  /** Whether anybody looks at what could be learned from: for thousands of scans it takes a while to find out. */
  lookAtReadiness(needed: boolean): void {
    if (needed && !this.needsReadiness) this.readReadiness();
    this.needsReadiness = needed;
  }

  async reload(): Promise<void> {
    try {
      this.reloadSoon.did();
      this.project = await projects.get(this.project.id);
      await this.readAll();
      this.scans.refresh();
    } catch (error) {
      if (!this.disposed) toasts.error(messageOf(error));
    }
  }

  private async readAll(): Promise<void> {
    const id = this.project.id;
    const [checkpoints, exports, next] = await Promise.all([
      projects.checkpoints(id),
      projects.exports(id),
      projects.nextScan(id),
      this.board.read(),
    ]);
    this.checkpoints = checkpoints.sort((a, b) => b.id - a.id);
    this.exports = exports.sort((a, b) => b.id - a.id);
    this.next = next;
    if (this.needsReadiness) this.readReadiness();
  }

  private apply(): void {
    const scans = [...this.changedScans.values()];
    const jobs = [...this.changedJobs.values()];
    this.changedScans = new Map();
    this.changedJobs = new Map();
    for (const scan of scans) this.scans.put(scan);
    if (jobs.length > 0) this.onJobs(jobs);
    if (this.needsReadiness) this.readinessSoon.ask();
  }

  private onProject(changed: Project): void {
    if (changed.id !== this.project.id) return;
    const { shown_checkpoint_id: shown, counts } = this.project;
    this.project = changed;
    // A deleted scan sends no event of its own.
    if (changed.counts.scans !== counts.scans) this.scans.refreshSoon();
    if (JSON.stringify(changed.counts) !== JSON.stringify(counts)) this.nextSoon.ask();
    if (changed.shown_checkpoint_id !== shown) this.readCheckpoints();
    if (this.needsReadiness) this.readinessSoon.ask();
  }

  private onJobs(changed: Job[]): void {
    this.board.put(changed);
    // The board may have read that a job is over before the event says so: only the event counts.
    const over = changed.filter((job) => !isActive(job));
    if (over.some((job) => job.kind === "finetune" || job.kind === "predict"))
      this.readCheckpoints();
    if (over.some((job) => job.kind === "export"))
      void this.read("exports", projects.exports(this.project.id), (all) => {
        this.exports = all.sort((a, b) => b.id - a.id);
      });
  }

  /** They change with trainings and predictions, and are renamed and deleted by others. */
  readCheckpoints(): void {
    void this.read("checkpoints", projects.checkpoints(this.project.id), (all) => {
      this.checkpoints = all.sort((a, b) => b.id - a.id);
    });
  }

  private readNext(): void {
    void this.read("next", projects.nextScan(this.project.id), (next) => {
      this.next = next;
    });
  }

  private readReadiness(): void {
    void this.read("readiness", projects.readiness(this.project.id), (readiness) => {
      this.readiness = readiness;
    });
  }

  /** Of two answers under way to the same question, the one that was asked for last counts. */
  private async read<T>(what: string, load: Promise<T>, put: (value: T) => void): Promise<void> {
    this.asked.set(what, load);
    try {
      const value = await load;
      if (!this.disposed && this.asked.get(what) === load) put(value);
    } catch (error) {
      if (!this.disposed) toasts.error(messageOf(error));
    }
  }
}
