// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * One open label page: which query is shown, what was answered, what the view shows. The viewer and the buttons read
 * it; keys, clicks and the server change it.
 */
import { isAbort, messageOf, projects, scans } from "../api/client";
import { ProjectEvents } from "../api/events";
import type {
  Answer,
  Job,
  LabelClass,
  NewAnswer,
  Project,
  Query,
  Reply,
  Scan,
  Triple,
} from "../api/types";
import { t } from "../i18n";
import { classKeys, keyOf } from "../keymap";
import { Stopwatch } from "../util/stopwatch";
import { uuid } from "../util/uuid";
import type { ColorMode } from "../viewer/point-layer";
import { answers as answerOutbox } from "./answers.svelte";
import { QueryLease } from "./lease";
import {
  type Labels,
  newInstance,
  nextOpen,
  progressOf,
  provisional,
  withAnswer,
  withoutAnswer,
  withPending,
} from "./queue";
import { automaticMode } from "./shown-mode";
import { toasts } from "./toasts.svelte";

const REFRESH_DELAY_MS = 400;

export interface PickedPoint {
  pointIndex: number; // Row of the imported scan.
  position: Triple; // Local frame.
}

/** What of the viewer the session moves. */
export interface CameraMan {
  showQuery: (query: Query) => void;
}

export class LabelSession {
  scan = $state.raw<Scan>() as Scan; // Set by the constructor.
  project = $state.raw<Project>() as Project;
  labels = $state.raw<Labels>({ queries: [], answers: [] });
  current = $state(-1);
  picked = $state.raw<PickedPoint | null>(null);
  instance = $state<number | null>(null);
  chosenMode = $state<ColorMode | null>(null); // Null until somebody chooses.
  delivered = $state(0); // Answers and undos that the server has acknowledged since the page is open.
  peeking = $state(false);
  job = $state.raw<Job | null>(null); // Training or prediction under way.
  preparation = $state.raw<Job | null>(null); // The newest that makes features and superpoints of this scan.

  selection = $state.raw<Job | null>(null); // The choice of points of this scan that is under way.

  readonly progress = $derived(progressOf(this.labels.queries));
  readonly query = $derived<Query | null>(this.labels.queries[this.current] ?? null);
  readonly keys = $derived(classKeys(this.project.classes));
  readonly freeAnswers = $derived(this.labels.answers.filter((a) => a.query_id === null));
  /** Every query has a reply. */
  readonly done = $derived(this.progress.total > 0 && this.progress.open === 0);
  readonly mode = $derived<ColorMode>(
    this.chosenMode ?? automaticMode(this.scan, this.labels.answers),
  );
  readonly shownMode = $derived<ColorMode>(this.peeking ? "rgb" : this.mode);

  private readonly stopwatch = new Stopwatch();
  private readonly events: ProjectEvents;
  private readonly stopListening: () => void;
  private readonly lease: QueryLease;
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;

  private constructor(
    scan: Scan,
    project: Project,
    labels: Labels,
    private readonly userName: string,
    private readonly camera: CameraMan,
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
    this.lease = new QueryLease({
      scanId: scan.id,
      query: () => this.query,
      leasedBy: (queryId, name) => this.replaceQuery(queryId, { leased_by: name }),
      moveOn: (holder) => this.moveOn(holder),
    });
    this.stopListening = answerOutbox.listen({
      sent: (operation, undone) => {
        if (operation.scanId !== this.scan.id) return;
        this.delivered++;
        if (operation.kind !== "undo") return;
        void this.afterUndo(undone?.undone ?? null, undone?.query_id ?? null);
      },
      refused: (operation) => {
        if (operation.scanId === this.scan.id) void this.refresh();
      },
    });
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  static async open(scanId: number, userName: string, camera: CameraMan): Promise<LabelSession> {
    const scan = await scans.get(scanId);
    const [project, jobs, queries, answers] = await Promise.all([
      projects.get(scan.project_id),
      projects.jobs(scan.project_id),
      scans.queries(scanId),
      scans.answers(scanId),
    ]);
    const session = new LabelSession(scan, project, { queries, answers }, userName, camera);
    for (const job of jobs.sort((a, b) => a.id - b.id)) session.onJob(job);
    return session;
  }

  dispose(): void {
    this.disposed = true;
    this.lease.dispose();
    clearTimeout(this.refreshTimer);
    this.events.dispose();
    this.stopListening();
    document.removeEventListener("visibilitychange", this.onVisibility);
  }

  /** Show the first query that is to be answered. */
  begin(): void {
    const first = nextOpen(this.labels.queries, -1);
    if (first >= 0) this.show(first);
    else if (this.labels.queries.length > 0) this.show(0);
  }

  show(index: number): void {
    const query = this.labels.queries[index];
    if (!query) return;
    this.current = index;
    this.picked = null;
    // Another query is nearly always another object; a number left over would be wrong unseen.
    this.instance = query.answer?.instance ?? null;
    this.stopwatch.restart(!document.hidden);
    this.camera.showQuery(query);
    void this.lease.take(query, true);
  }

  step(by: 1 | -1): void {
    const n = this.labels.queries.length;
    if (n > 0) this.show((this.current + by + n) % n);
  }

  goToNextOpen(): void {
    const next = nextOpen(this.labels.queries, this.current);
    if (next >= 0) this.show(next);
    else if (this.progress.leased > 0) toasts.info(t("say.othersAtIt"));
    else if (this.done) toasts.info(t("say.allAnswered"));
  }

  /** Choose a free point; one that is a query is shown as that query. */
  pick(point: PickedPoint): void {
    const index = this.labels.queries.findIndex((q) => q.point_index === point.pointIndex);
    if (index >= 0) {
      this.show(index);
      return;
    }
    this.picked = point;
    this.stopwatch.restart(!document.hidden);
  }

  backToQuery(): void {
    this.picked = null;
    if (this.query) {
      this.stopwatch.restart(!document.hidden);
      this.camera.showQuery(this.query);
    }
  }

  answerClass(place: number): void {
    const labelClass = this.project.classes[place];
    if (labelClass) this.answer("class", labelClass);
  }

  answer(reply: Reply, labelClass: LabelClass | null = null): void {
    const point = this.picked;
    const query = point ? null : this.query;
    if (!point && !query) {
      toasts.info(t("say.clickFirst"));
      return;
    }
    if (point && reply === "skip") {
      this.backToQuery();
      return;
    }
    if (query && query.state === "open" && query.leased_by !== null) {
      toasts.info(t("say.leased", { name: query.leased_by, key: keyOf("nextOpen") }));
      return;
    }
    const body: NewAnswer = {
      client_id: uuid(),
      query_id: query?.id ?? null,
      point_index: point?.pointIndex ?? query?.point_index ?? 0,
      reply,
      class_index: labelClass?.index ?? null,
      instance: labelClass?.instanceable ? this.instance : null,
      seconds: this.stopwatch.seconds,
      checkpoint_id:
        this.mode === "prediction" ? (this.scan.prediction?.checkpoint_id ?? null) : null,
      note: null,
    };
    const position = point?.position ?? query?.position;
    if (!position) return;
    this.labels = withAnswer(
      this.labels,
      provisional(this.scan.id, body, position, this.userName, new Date().toISOString()),
    );
    answerOutbox.add({ kind: "answer", scanId: this.scan.id, body });
    if (point) {
      this.stopwatch.restart(!document.hidden);
      return; // Stay: the next click or Escape goes on.
    }
    const next = nextOpen(this.labels.queries, this.current);
    if (next >= 0) this.show(next);
  }

  undo(): void {
    const taken = answerOutbox.takeBack(this.scan.id);
    if (taken) {
      this.labels = withoutAnswer(this.labels, taken.client_id);
      if (taken.query_id !== null) this.showById(taken.query_id);
      void this.refresh();
      return;
    }
    answerOutbox.add({ kind: "undo", scanId: this.scan.id, clientId: uuid() });
  }

  newInstance(): void {
    this.instance = newInstance(this.labels.answers, this.instance);
  }

  changeInstance(by: 1 | -1): void {
    this.instance = Math.max(1, (this.instance ?? 0) + by);
  }

  setMode(mode: ColorMode): boolean {
    if (mode === "prediction" && !this.scan.prediction) {
      toasts.info(this.noPredictionReason);
      return false;
    }
    this.chosenMode = mode;
    return true;
  }

  cycleMode(): void {
    const modes: ColorMode[] = this.scan.prediction
      ? ["rgb", "labels", "prediction"]
      : ["rgb", "labels"];
    this.chosenMode = modes[(modes.indexOf(this.mode) + 1) % modes.length] ?? "rgb";
  }

  get noPredictionReason(): string {
    return this.job ? t("say.trainingNow") : t("say.noPrediction");
  }

  private showById(queryId: number): void {
    const index = this.labels.queries.findIndex((q) => q.id === queryId);
    if (index >= 0) this.show(index);
  }

  private async afterUndo(undone: Answer | null, queryId: number | null): Promise<void> {
    if (!undone) {
      toasts.info(t("say.nothingToUndo"));
      return;
    }
    this.labels = withoutAnswer(this.labels, undone.client_id);
    await this.refresh();
    if (queryId !== null) this.showById(queryId);
    else this.pick({ pointIndex: undone.point_index, position: undone.position });
  }

  /** Read queries and answers again; what is not sent yet stays on top. */
  async refresh(): Promise<void> {
    try {
      const [queries, answers] = await Promise.all([
        scans.queries(this.scan.id),
        scans.answers(this.scan.id),
      ]);
      if (this.disposed) return;
      const shown = this.query?.id;
      const leased = new Map(this.labels.queries.map((q) => [q.id, q.leased_by]));
      this.labels = this.overlay({ queries, answers });
      const index = this.labels.queries.findIndex((q) => q.id === shown);
      if (index >= 0) this.current = index;
      else if (this.current < 0) this.begin();
      const now = this.query;
      if (now && leased.get(now.id) !== now.leased_by) void this.lease.take(now, false);
    } catch (error) {
      if (!isAbort(error)) toasts.error(messageOf(error));
    }
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

  private overlay(labels: Labels): Labels {
    const known = new Map(this.labels.answers.map((a) => [a.point_index, a.position]));
    return withPending(
      labels,
      answerOutbox.pending(this.scan.id),
      (pointIndex) => known.get(pointIndex) ?? null,
      this.userName,
    );
  }

  /** Away from a query that somebody else is answering, if another one is free. */
  private moveOn(holder: string): boolean {
    const next = nextOpen(this.labels.queries, this.current);
    if (next < 0) return false;
    toasts.info(t("say.movedOn", { name: holder, number: this.current + 1 }));
    this.show(next);
    return true;
  }

  private replaceQuery(id: number, change: Partial<Query>): void {
    this.labels = {
      ...this.labels,
      queries: this.labels.queries.map((q) => (q.id === id ? { ...q, ...change } : q)),
    };
  }

  private onScan(changed: Scan): void {
    if (changed.id !== this.scan.id) return;
    this.scan = changed;
    if (!changed.prediction && this.chosenMode === "prediction") this.chosenMode = null;
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

  private onJob(changed: Job): void {
    const running = changed.state === "queued" || changed.state === "running";
    if (changed.scan_id === this.scan.id) {
      if (changed.kind === "features") this.preparation = changed;
      if (changed.kind === "select" && running) this.selection = changed;
      else if (this.selection?.id === changed.id) this.selection = null;
    }
    if (changed.kind !== "finetune" && changed.kind !== "predict") return;
    if (running) this.job = changed;
    else if (this.job?.id === changed.id) this.job = null;
  }

  private readonly onVisibility = (): void => {
    this.stopwatch.setRunning(!document.hidden);
    if (!document.hidden && this.query && !this.picked) void this.lease.take(this.query, false);
  };
}
