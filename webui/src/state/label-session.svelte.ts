// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * One open label page: which query is shown, what is answered, what the view shows. The viewer and the buttons read
 * it; keys, clicks and the server change it.
 */
import { projects, scans } from "../api/client";
import type {
  Answer,
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
import type { Pose } from "../viewer/camera";
import { COLOR_MODES, TRUTH_MODES } from "../viewer/modes";
import { answers as answerOutbox } from "./answers.svelte";
import { LabelModes } from "./label-modes.svelte";
import { QueryLease } from "./lease";
import { NoteDraft, type NotedPoint } from "./note-draft.svelte";
import type { Result } from "./outbox";
import type { GivenAnswer, Operation } from "./outbox-entries";
import { firstQuery, readPlace, samePose, writePlace } from "./place";
import {
  type Labels,
  newInstance,
  nextOpen,
  provisional,
  withAnswer,
  withNote,
  withoutAnswer,
} from "./queue";
import { sameObject } from "./same-object";
import { replyWords, type Said } from "./spoken";
import { toasts } from "./toasts.svelte";
import { Turning } from "./turning";

export interface PickedPoint {
  pointIndex: number; // Row of the imported scan.
  position: Triple; // Local frame.
}

/** What of the viewer the session moves and asks. */
export interface CameraMan {
  showQuery: (query: Query) => void;
  /** Be there at once, as before the page was left. */
  restore: (pose: Pose) => void;
  /** Where the camera is; null without a view. */
  pose: () => Pose | null;
}

export class LabelSession extends LabelModes {
  picked = $state.raw<PickedPoint | null>(null);
  instance = $state<number | null>(null);
  delivered = $state(0); // What the server has acknowledged since the page is open.
  finding = $state(false); // The list of all classes is open for typing.
  spoken = $state(""); // What just happened, for those who do not see it.

  readonly keys = $derived(classKeys(this.project.classes));
  readonly note = new NoteDraft(
    () => this.notedPoint,
    (point, note) => this.keepNote(point, note),
  );

  private readonly stopwatch = new Stopwatch();
  private readonly stopListening: () => void;
  private readonly lease: QueryLease;
  private readonly turning: Turning;

  private constructor(
    scan: Scan,
    project: Project,
    labels: Labels,
    userName: string,
    private readonly camera: CameraMan,
  ) {
    super(scan, project, labels, userName);
    this.lease = new QueryLease({
      scanId: scan.id,
      query: () => this.query,
      leasedBy: (queryId, name) => this.replaceQuery(queryId, { leased_by: name }),
      moveOn: (holder) => this.moveOn(holder),
    });
    this.turning = new Turning({
      takeBack: () => answerOutbox.undo(scan.id),
      tookBack: (answer) => this.tookBack(answer),
      giveAgain: (answer) => this.giveAgain(answer),
      askAgain: () => answerOutbox.add({ kind: "redo", scanId: scan.id, clientId: uuid() }),
    });
    this.stopListening = answerOutbox.listen({
      sent: (operation, result, mine) => {
        if (operation.scanId === scan.id) this.onSent(result, mine);
      },
      refused: (operation) => {
        if (operation.scanId === scan.id) void this.refresh();
      },
      added: (operation) => {
        if (operation.scanId === scan.id) this.onOtherTab(operation);
      },
    });
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  static async open(
    scanLoad: Promise<Scan>,
    userName: string,
    camera: CameraMan,
  ): Promise<LabelSession> {
    const scan = await scanLoad;
    const scanId = scan.id;
    const [project, jobs, queries, answers] = await Promise.all([
      projects.get(scan.project_id),
      projects.jobsAround(scan.project_id, scanId),
      scans.queries(scanId),
      scans.answers(scanId),
      answerOutbox.ready,
    ]);
    const session = new LabelSession(scan, project, { queries, answers }, userName, camera);
    for (const job of jobs.sort((a, b) => a.id - b.id)) session.onJob(job);
    return session;
  }

  override dispose(): void {
    this.keepPlace();
    super.dispose();
    this.lease.dispose();
    this.stopListening();
    document.removeEventListener("visibilitychange", this.onVisibility);
  }

  /** Show what was shown when the page was left, or the first query that is to be answered. */
  begin(): void {
    const left = readPlace(this.scan.id);
    this.show(firstQuery(this.labels.queries, left));
    if (!left || (this.query?.id ?? null) !== left.queryId) return;
    if (left.picked) this.picked = left.picked;
    this.instance = left.instance;
    const mode = COLOR_MODES.find((name) => name === left.mode);
    // The truth is looked at when somebody says so, not whenever the page is opened.
    const offered =
      mode && !TRUTH_MODES.has(mode) && (mode !== "prediction" || this.scan.prediction);
    if (offered) this.chosenMode = mode;
    if (left.pose) this.camera.restore(left.pose);
  }

  /** Keep where somebody is, for the next time. */
  keepPlace(): void {
    this.store(this.camera.pose());
  }

  private store(pose: Pose | null): void {
    const { query, picked, instance } = this;
    if (this.current < 0 && !pose) return; // Nothing was shown yet.
    writePlace(this.scan.id, this.project.id, {
      queryId: query?.id ?? null,
      open: query?.state === "open",
      picked,
      instance,
      mode: this.chosenMode,
      pose: pose && query && !picked && samePose(pose, query.view) ? null : pose,
    });
  }

  show(index: number): void {
    const query = this.labels.queries[index];
    if (!query) return;
    this.current = index;
    this.picked = null;
    this.note.leave();
    // Another query is nearly always another object; a number left over would be wrong unseen.
    this.instance = query.answer?.instance ?? null;
    this.stopwatch.restart(!document.hidden);
    this.camera.showQuery(query);
    void this.lease.take(query, true);
    this.store(null);
    this.spoken = t("spoken.query", {
      number: index + 1,
      total: this.progress.total,
      state: replyWords(query.answer, this.project.classes),
    });
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
    this.note.leave();
    this.stopwatch.restart(!document.hidden);
  }

  backToQuery(): void {
    this.picked = null;
    this.note.leave();
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
      checkpoint_id: this.showsPrediction ? (this.scan.prediction?.checkpoint_id ?? null) : null,
      note: this.note.forAnswer,
    };
    const position = point?.position ?? query?.position;
    if (!position) return;
    this.give({ kind: "answer", scanId: this.scan.id, body, position });
    this.turning.answered();
    this.note.leave();
    const answered = t("spoken.answered", { answer: replyWords(body, this.project.classes) });
    if (point) {
      this.spoken = answered;
      this.stopwatch.restart(!document.hidden);
      return; // Stay: the next click or Escape goes on.
    }
    const next = nextOpen(this.labels.queries, this.current);
    if (next >= 0) this.show(next);
    this.spoken = t("spoken.then", {
      first: answered,
      then: next >= 0 ? this.spoken : t("say.allAnswered"),
    });
  }

  /** The class of the last answer, and the number of its object; it gets one where it has none. */
  answerSameObject(): void {
    const here = this.picked?.pointIndex ?? this.query?.point_index ?? -1;
    const same = sameObject(this.labels.answers, this.project.classes, this.userName, here);
    if (!same) {
      toasts.info(t("say.noLastObject"));
      return;
    }
    const { labelClass, instance, numbered } = same;
    if (numbered) {
      const { query_id, point_index, reply, class_index, checkpoint_id, position } = numbered;
      const body: NewAnswer = {
        client_id: uuid(),
        query_id,
        point_index,
        reply,
        class_index,
        instance,
        seconds: null, // The look that it took was counted with the first one.
        checkpoint_id,
        note: null,
      };
      this.give({ kind: "answer", scanId: this.scan.id, body, position });
    }
    this.instance = instance;
    this.answer("class", labelClass);
  }

  private get notedPoint(): NotedPoint | null {
    const mine = ({ user_name: name }: { user_name: string }): boolean => name === this.userName;
    const { picked, query } = this;
    if (picked) {
      const answer = this.answersHere.find(mine);
      const { pointIndex } = picked;
      return { pointIndex, queryId: null, note: answer?.note ?? "", needsAnswer: !answer };
    }
    if (!query) return null;
    const note = query.notes.find(mine)?.text ?? "";
    return { pointIndex: query.point_index, queryId: query.id, note, needsAnswer: false };
  }

  writeNote(): void {
    if (this.notedPoint) this.note.write();
    else toasts.info(t("say.clickFirst"));
  }

  private keepNote({ pointIndex, queryId }: NotedPoint, note: string): void {
    const body = { client_id: uuid(), query_id: queryId, point_index: pointIndex, note };
    const now = new Date().toISOString();
    this.labels = withNote(this.labels, pointIndex, this.userName, note, now);
    answerOutbox.add({ kind: "note", scanId: this.scan.id, body });
    this.spoken = note === "" ? t("spoken.noteRemoved") : t("spoken.noted", { note });
  }

  undo(): void {
    void this.turning.undo();
  }

  redo(): void {
    void this.turning.redo();
  }

  newInstance(): void {
    this.instance = newInstance(this.labels.answers, this.instance);
  }

  changeInstance(by: 1 | -1): void {
    this.instance = Math.max(1, (this.instance ?? 0) + by);
  }

  /** Everybody's answers to the point that is shown. */
  get answersHere(): Answer[] {
    const here = this.picked?.pointIndex ?? this.query?.point_index;
    return this.labels.answers.filter((a) => a.point_index === here);
  }

  private give(given: GivenAnswer): void {
    const { scanId, body, position } = given;
    if (!position) return;
    const now = new Date().toISOString();
    this.labels = withAnswer(this.labels, provisional(scanId, body, position, this.userName, now));
    answerOutbox.add(given);
  }

  private giveAgain(taken: GivenAnswer): void {
    this.give({ ...taken, body: { ...taken.body, client_id: uuid() } });
    this.showTurned(taken.body, taken.body.query_id, "again");
  }

  private tookBack({ body }: GivenAnswer): void {
    this.labels = withoutAnswer(this.labels, body.client_id);
    this.showTurned(body, body.query_id, "tookBack");
    void this.refresh();
  }

  private showTurned(said: Said, queryId: number | null, what: "again" | "tookBack"): void {
    const index = this.labels.queries.findIndex((q) => q.id === queryId);
    if (index >= 0) this.show(index);
    this.spoken = t(`spoken.${what}`, { answer: replyWords(said, this.project.classes) });
  }

  private onSent(result: Result, mine: boolean): void {
    this.delivered++;
    if (!result) return;
    // What another tab takes back or gives again is not where this one looks.
    if (!mine) void this.refresh();
    else if ("undone" in result) void this.afterUndo(result.undone.undone);
    else void this.afterRedo(result.redone.redone);
  }

  private async afterUndo(undone: Answer | null): Promise<void> {
    if (!undone) {
      toasts.info(t("say.nothingToUndo"));
      return;
    }
    this.labels = withoutAnswer(this.labels, undone.client_id);
    await this.refresh();
    if (undone.query_id === null)
      this.pick({ pointIndex: undone.point_index, position: undone.position });
    this.showTurned(undone, undone.query_id, "tookBack");
  }

  private async afterRedo(redone: Answer | null): Promise<void> {
    if (!redone) {
      toasts.info(t("say.nothingToRedo"));
      return;
    }
    await this.refresh();
    this.showTurned(redone, redone.query_id, "again");
  }

  private onOtherTab(operation: Operation): void {
    if (operation.kind === "answer" || operation.kind === "note")
      this.labels = this.overlay(this.labels);
  }

  protected override refreshed(before: Labels): void {
    const shown = before.queries[this.current];
    const index = this.labels.queries.findIndex((q) => q.id === shown?.id);
    if (index >= 0) this.current = index;
    else if (this.current < 0) this.begin();
    const leased = before.queries.find((q) => q.id === this.query?.id)?.leased_by;
    if (this.query && this.query.leased_by !== leased) void this.lease.take(this.query, false);
  }

  /** Away from a query that somebody else is answering, if another one is free. */
  private moveOn(holder: string): boolean {
    const next = nextOpen(this.labels.queries, this.current);
    if (next < 0) return false;
    toasts.info(t("say.movedOn", { name: holder, number: this.current + 1 }));
    this.show(next);
    return true;
  }

  private readonly onVisibility = (): void => {
    this.stopwatch.setRunning(!document.hidden);
    if (document.hidden) this.keepPlace();
    else if (this.query && !this.picked) void this.lease.take(this.query, false);
  };
}
