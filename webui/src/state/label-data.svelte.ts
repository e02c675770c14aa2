// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What is known of a scan while its label page is open: its queries, its answers and the work under way on it. The
 * server's events keep it current; what the server does not have yet lies over it.
 */
import { isAbort, messageOf, projects, scans } from "../api/client";
import { ProjectEvents } from "../api/events";
import type { Job, Project, Query, Scan } from "../api/types";
import { answers as answerOutbox } from "./answers.svelte";
import { type Labels, progressOf, withPending } from "./queue";
import { toasts } from "./toasts.svelte";

const REFRESH_DELAY_MS = 400;

export class LabelData {
  scan = $state.raw<Scan>() as Scan; // Set by the constructor.
  project = $state.raw<Project>() as Project;
  labels = $state.raw<Labels>({ queries: [], answers: [] });
  job = $state.raw<Job | null>(null); // Training or prediction under way.
  preparation = $state.raw<Job | null>(null); // The newest that makes features and superpoints of this scan.
  normals = $state.raw<Job | null>(null); // The newest that estimates normals of this scan.
  labelling = $state.raw<Job | null>(null); // The newest that takes labels of files of the project.
  selection = $state.raw<Job | null>(null); // The choice of points of this scan that is under way.

  readonly progress = $derived(progressOf(this.labels.queries));
  readonly freeAnswers = $derived(this.labels.answers.filter((a) => a.query_id === null));
  /** Every query has a reply. */
  readonly done = $derived(this.progress.total > 0 && this.progress.open === 0);

  protected disposed = false;
  private readonly events: ProjectEvents;
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;

  protected constructor(
    scan: Scan,
    project: Project,
    labels: Labels,
    protected readonly userName: string,
  ) {
    this.scan = scan;
    this.project = project;
    this.labels = this.overlay(labels);
    this.events = new ProjectEvents(project.id, {
      scan: (changed) => this.onScan(changed),
      project: (changed) => {
        if (changed.id === this.project.id) this.project = changed;
      },
      job: (changed) => this.onJob(changed),
      reopened: () => void this.reload(),
    });
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.refreshTimer);
    this.events.dispose();
  }

  /** Read queries and answers again; what is not sent yet stays on top. */
  async refresh(): Promise<void> {
    try {
      const [queries, answers] = await Promise.all([
        scans.queries(this.scan.id),
        scans.answers(this.scan.id),
      ]);
      if (this.disposed) return;
      const before = this.labels;
      this.labels = this.overlay({ queries, answers });
      this.refreshed(before);
    } catch (error) {
      if (!isAbort(error)) toasts.error(messageOf(error));
    }
  }

  /** Called after `labels` were read again. */
  protected refreshed(_before: Labels): void {
    // Nothing here depends on them.
  }

  /** Called when the scan changed. */
  protected scanChanged(): void {
    // Nothing here depends on it.
  }

  protected overlay(labels: Labels): Labels {
    return withPending(labels, answerOutbox.pending(this.scan.id), this.userName);
  }

  protected replaceQuery(id: number, change: Partial<Query>): void {
    this.labels = {
      ...this.labels,
      queries: this.labels.queries.map((q) => (q.id === id ? { ...q, ...change } : q)),
    };
  }

  /** A job came up or changed: the server told, or this page started it. */
  onJob(changed: Job): void {
    if (changed.kind === "labels") this.labelling = changed;
    const running = changed.state === "queued" || changed.state === "running";
    if (changed.scan_id === this.scan.id) {
      if (changed.kind === "features") this.preparation = changed;
      if (changed.kind === "normals") this.normals = changed;
      if (changed.kind === "select" && running) this.selection = changed;
      else if (this.selection?.id === changed.id) this.selection = null;
    }
    if (changed.kind !== "finetune" && changed.kind !== "predict") return;
    if (running) this.job = changed;
    else if (this.job?.id === changed.id) this.job = null;
  }

  private async reload(): Promise<void> {
    try {
      const [scan, project] = await Promise.all([
        scans.get(this.scan.id),
        projects.get(this.project.id),
      ]);
      if (this.disposed) return;
      this.scan = scan;
      this.project = project;
    } catch (error) {
      toasts.error(messageOf(error));
      return;
    }
    await this.refresh();
  }

  private onScan(changed: Scan): void {
    if (changed.id !== this.scan.id) return;
    this.scan = changed;
    this.scanChanged();
    // Someone else answered, or a round was added.
    const here = this.progress;
    const there = changed.queries;
    const differs =
      there.total !== here.total ||
      there.open !== here.open ||
      there.answered !== here.answered ||
      changed.answers !== this.labels.answers.length;
    if (!differs) return;
    clearTimeout(this.refreshTimer);
    this.refreshTimer = setTimeout(() => {
      if (answerOutbox.waiting === 0) void this.refresh();
    }, REFRESH_DELAY_MS);
  }
}
