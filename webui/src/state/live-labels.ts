// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Keeps the labels that follow from the answers current. One request at a time: whatever happens meanwhile, an answer,
 * an undo, somebody else's answer, makes for one more request after it, so the last one shown is always the newest.
 */
import { ApiError, isAbort, isPassing, messageOf } from "../api/client";
import type { NewestRecords } from "../api/records";

export const RETRY_MS = 3000;

export interface LiveLabelsSource {
  /** Null where the labels are still those of the version `known`. */
  fetch: (known: string | null, signal: AbortSignal) => Promise<NewestRecords | null>;
  /** Have made what labels are made from. */
  prepare: () => Promise<unknown>;
}

export interface LiveLabelsView {
  /** Null: there are none, as no point has a class. */
  show: (newest: NewestRecords | null) => void;
  /** The scan is not prepared yet, or is again. */
  preparing: (on: boolean) => void;
  failed: (message: string) => void;
}

export class LiveLabels {
  private readonly abort = new AbortController();
  private running = false;
  private wanted = false;
  private version: string | null = null;
  private asked = false; // Preparing a scan again and again would help nobody.
  private told: string | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly source: LiveLabelsSource,
    private readonly view: LiveLabelsView,
  ) {}

  dispose(): void {
    this.abort.abort();
    clearTimeout(this.retry);
  }

  /** Something happened after which the labels may be others. */
  want(): void {
    this.wanted = true;
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    clearTimeout(this.retry);
    while (this.wanted && !this.abort.signal.aborted) {
      this.wanted = false;
      try {
        const labels = await this.source.fetch(this.version, this.abort.signal);
        if (this.abort.signal.aborted) break;
        this.told = null;
        this.view.preparing(false);
        if (labels) this.put(labels);
      } catch (error) {
        if (this.abort.signal.aborted || isAbort(error)) break;
        this.onError(error);
      }
    }
    this.running = false;
  }

  private put(newest: NewestRecords | null): void {
    const version = newest?.version ?? null;
    if (version === this.version) return;
    this.version = version;
    this.view.show(newest);
  }

  private onError(error: unknown): void {
    if (isPassing(error)) {
      // The save indicator tells of a lost server; the labels so far stay.
      this.retry = setTimeout(() => this.want(), RETRY_MS);
      return;
    }
    const code = error instanceof ApiError ? error.code : "";
    if (code === "no_answers") {
      this.view.preparing(false);
      this.put(null);
    } else if (code === "superpoints_missing") {
      this.view.preparing(true);
      this.put(null);
      if (!this.asked) {
        this.asked = true;
        this.source.prepare().catch((reason: unknown) => this.tell(messageOf(reason)));
      }
    } else this.tell(messageOf(error));
  }

  /** The same trouble after every answer is told once. */
  private tell(message: string): void {
    if (message === this.told) return;
    this.told = message;
    this.view.failed(message);
  }
}
