// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Going through answers one by one. Which answers, and in which order, is settled when the walk begins: one that no
 * longer meets the filter because it was just reviewed stays in its place, and can be gone back to.
 */
import { ApiError, isAbort, isPassing, messageOf } from "../api/client";
import { type NewReview, type ReviewDetail, reviews } from "../api/reviews";
import { t } from "../i18n";
import { Stopwatch } from "../util/stopwatch";
import { uuid } from "../util/uuid";
import { toasts } from "./toasts.svelte";

type Given = Omit<NewReview, "client_id" | "seconds">;

export class ReviewWalk {
  ids = $state.raw<readonly number[]>([]);
  total = $state(0); // That meet the filter; more than `ids` where they are very many.
  at = $state(-1);
  detail = $state.raw<ReviewDetail | null>(null);
  failure = $state<string | null>(null);
  busy = $state(false); // A verdict is on its way.
  ended = $state(false); // Past the last one.
  given = $state(0); // Verdicts since the walk began.

  readonly answerId = $derived(this.ids[this.at] ?? null);

  private readonly ahead = new Map<number, Promise<ReviewDetail>>();
  private readonly stopwatch = new Stopwatch();
  private readonly request = new AbortController();
  /** What was sent last and not answered: done again, it is the same request. */
  private unanswered: { what: string; clientId: string } | null = null;

  constructor(
    readonly projectId: number,
    private readonly onMove: (answerId: number) => void,
  ) {}

  /** Begin with one answer, or with the first. */
  async start(query: string, answerId: number | null): Promise<void> {
    try {
      const found = await reviews.walk(this.projectId, query, this.request.signal);
      const known = answerId === null || found.answer_ids.includes(answerId);
      this.ids = known ? found.answer_ids : [answerId, ...found.answer_ids];
      this.total = Math.max(found.total, this.ids.length);
      if (this.ids.length === 0) this.ended = true;
      else this.go(answerId === null ? 0 : this.ids.indexOf(answerId));
    } catch (error) {
      if (!isAbort(error)) this.failure = messageOf(error);
    }
  }

  dispose(): void {
    this.request.abort();
  }

  go(at: number): void {
    const id = this.ids[at];
    if (id === undefined) return;
    this.ended = false;
    this.at = at;
    this.failure = null;
    this.onMove(id);
    void this.show(id);
  }

  next(): void {
    if (this.at + 1 < this.ids.length) this.go(this.at + 1);
    else this.ended = true;
  }

  previous(): void {
    if (this.ended && this.at >= 0) this.go(this.at);
    else if (this.at > 0) this.go(this.at - 1);
  }

  /** Give a verdict on the answer shown, and go on. */
  async give(verdict: Given): Promise<void> {
    const { detail } = this;
    if (!detail || this.busy || this.ended) return;
    this.busy = true;
    const id = detail.answer.id;
    try {
      const now = await this.once(JSON.stringify([id, verdict]), (clientId) =>
        reviews.give(id, { ...verdict, client_id: clientId, seconds: this.stopwatch.seconds }),
      );
      this.ahead.delete(id);
      this.given++;
      if (this.answerId === id) {
        this.detail = now;
        this.next();
      }
    } catch (error) {
      toasts.error(messageOf(error));
      // Its author was faster: show what is there now.
      if (error instanceof ApiError && error.code === "answer_replaced") this.reload();
    } finally {
      this.busy = false;
    }
  }

  /** Take back one's newest verdict, and show its answer. */
  async undo(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const { answers, answer_id: id } = await this.once("undo", (clientId) =>
        reviews.undo(this.projectId, clientId),
      );
      this.ahead.clear();
      if (id === null) toasts.info(t("review.nothingToUndo"));
      else {
        toasts.info(t("review.undone", { answers }));
        let at = this.ids.indexOf(id);
        if (at < 0) {
          this.ids = [id, ...this.ids];
          at = 0;
        }
        this.go(at);
      }
    } catch (error) {
      toasts.error(messageOf(error));
    } finally {
      this.busy = false;
    }
  }

  /** Send something with the id of the last request where that was the same and nobody knows what became of it. */
  private async once<T>(what: string, send: (clientId: string) => Promise<T>): Promise<T> {
    const clientId = this.unanswered?.what === what ? this.unanswered.clientId : uuid();
    try {
      const answer = await send(clientId);
      this.unanswered = null;
      return answer;
    } catch (error) {
      this.unanswered = isPassing(error) ? { what, clientId } : null;
      throw error;
    }
  }

  /** Something changed on the server: read the answer shown again. */
  reload(): void {
    this.ahead.clear();
    if (this.answerId !== null) void this.show(this.answerId, false);
  }

  private async show(id: number, fresh = true): Promise<void> {
    try {
      const detail = await this.load(id);
      if (this.answerId !== id) return;
      this.detail = detail;
      if (fresh) this.stopwatch.restart(!document.hidden);
      const next = this.ids[this.at + 1];
      // The next one is there when it is wanted; if that fails it is asked for again then.
      if (next !== undefined) this.load(next).catch(() => this.ahead.delete(next));
    } catch (error) {
      this.ahead.delete(id);
      if (!isAbort(error) && this.answerId === id) {
        this.detail = null;
        this.failure = messageOf(error);
      }
    }
  }

  private load(id: number): Promise<ReviewDetail> {
    const known = this.ahead.get(id) ?? reviews.get(id, this.request.signal);
    this.ahead.set(id, known);
    if (this.ahead.size > 50) {
      const [oldest] = this.ahead.keys();
      if (oldest !== undefined && oldest !== id) this.ahead.delete(oldest);
    }
    return known;
  }
}
