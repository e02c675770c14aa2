// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Everything the project page shows, kept current by events. */
import { messageOf, projects } from "../api/client";
import { ProjectEvents } from "../api/events";
import type { Checkpoint, ExportFile, Job, Project, Readiness, Scan } from "../api/types";
import { isActive } from "../words";
import { toasts } from "./toasts.svelte";
import { uploadsOf } from "./open-uploads";
import type { Uploads } from "./uploads.svelte";

const READINESS_DELAY_MS = 300;

export class ProjectStore {
  project = $state.raw<Project>() as Project; // Set by the constructor.
  scans = $state.raw<Scan[]>([]);
  jobs = $state.raw<Job[]>([]); // Newest first.
  checkpoints = $state.raw<Checkpoint[]>([]);
  exports = $state.raw<ExportFile[]>([]);
  readiness = $state.raw<Readiness | null>(null);
  readonly uploads: Uploads;

  readonly training = $derived(
    this.jobs.find((job) => job.kind === "finetune" && isActive(job)) ?? null,
  );

  private readonly events: ProjectEvents;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;

  private constructor(project: Project) {
    this.project = project;
    this.uploads = uploadsOf(project.id);
    this.uploads.onScan = (scan) => this.putScan(scan);
    this.events = new ProjectEvents(project.id, {
      project: (changed) => this.onProject(changed),
      scan: (changed) => {
        if (changed.project_id === this.project.id) this.putScan(changed);
        this.readinessSoon();
      },
      job: (changed) => this.onJob(changed),
      reopened: () => void this.reload(),
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
    clearTimeout(this.timer);
    this.events.dispose();
    this.uploads.onScan = () => undefined; // They go on.
  }

  /** The work under way on one scan. */
  jobOf(scanId: number): Job | null {
    return this.jobs.find((job) => job.scan_id === scanId && isActive(job)) ?? null;
  }

  putScan(scan: Scan): void {
    const known = this.scans.some((s) => s.id === scan.id);
    this.scans = known
      ? this.scans.map((s) => (s.id === scan.id ? scan : s))
      : [...this.scans, scan];
  }

  dropScan(id: number): void {
    this.scans = this.scans.filter((s) => s.id !== id);
  }

  putJob(job: Job): void {
    const known = this.jobs.some((j) => j.id === job.id);
    this.jobs = known ? this.jobs.map((j) => (j.id === job.id ? job : j)) : [job, ...this.jobs];
  }

  async reload(): Promise<void> {
    try {
      this.project = await projects.get(this.project.id);
      await this.readAll();
    } catch (error) {
      if (!this.disposed) toasts.error(messageOf(error));
    }
  }

  private async readAll(): Promise<void> {
    const id = this.project.id;
    const [scans, jobs, checkpoints, exports, readiness] = await Promise.all([
      projects.scans(id),
      projects.jobs(id),
      projects.checkpoints(id),
      projects.exports(id),
      projects.readiness(id),
    ]);
    this.scans = scans;
    this.jobs = jobs.sort((a, b) => b.id - a.id);
    this.checkpoints = checkpoints.sort((a, b) => b.id - a.id);
    this.exports = exports.sort((a, b) => b.id - a.id);
    this.readiness = readiness;
  }

  private onProject(changed: Project): void {
    if (changed.id !== this.project.id) return;
    const shown = this.project.shown_checkpoint_id;
    this.project = changed;
    // A deleted scan sends no event of its own.
    if (changed.counts.scans !== this.scans.length) void this.reload();
    else if (changed.shown_checkpoint_id !== shown) this.readCheckpoints();
    this.readinessSoon();
  }

  /** They change with trainings and predictions, and are renamed and deleted by others. */
  readCheckpoints(): void {
    void this.read(projects.checkpoints(this.project.id), (all) => {
      this.checkpoints = all.sort((a, b) => b.id - a.id);
    });
  }

  private onJob(changed: Job): void {
    const before = this.jobs.find((j) => j.id === changed.id);
    if (changed.project_id !== this.project.id) return;
    this.putJob(changed);
    if (isActive(changed) || (before && !isActive(before))) return;
    if (changed.kind === "finetune" || changed.kind === "predict") this.readCheckpoints();
    if (changed.kind === "export")
      void this.read(projects.exports(this.project.id), (all) => {
        this.exports = all.sort((a, b) => b.id - a.id);
      });
    this.readinessSoon();
  }

  private readinessSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      void this.read(projects.readiness(this.project.id), (readiness) => {
        this.readiness = readiness;
      });
    }, READINESS_DELAY_MS);
  }

  private async read<T>(load: Promise<T>, put: (value: T) => void): Promise<void> {
    try {
      const value = await load;
      if (!this.disposed) put(value);
    } catch (error) {
      if (!this.disposed) toasts.error(messageOf(error));
    }
  }
}
