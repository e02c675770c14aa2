// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What a job has printed and the losses it has told, read on whenever there may be more. */
import { isAbort, isPassing, messageOf } from "../api/client";
import type { Losses } from "./api";
import { models } from "./api";

const MOST_LINES = 2000;
const EVERY_MS = 700;

export class JobOutput {
  lines = $state.raw<readonly string[]>([]);
  losses = $state.raw<Losses | null>(null);
  failure = $state<string | null>(null);
  read = $state(false); // The first answer is there.
  private next: number | null = null;
  private wanted = false;
  private busy = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly gone = new AbortController();

  /** @param withLog the reader may see the log. */
  constructor(
    private readonly jobId: number,
    private readonly withLog: boolean,
  ) {}

  dispose(): void {
    clearTimeout(this.timer);
    this.gone.abort();
  }

  /** There may be more. Asked often, it reads now and then; the last time asked is always followed by a reading. */
  want(): void {
    this.wanted = true;
    if (!this.busy && this.timer === undefined) void this.readAll();
  }

  private async readAll(): Promise<void> {
    this.busy = true;
    this.wanted = false;
    try {
      if (this.withLog) await this.readLog();
      this.losses = await models.losses(this.jobId, this.gone.signal);
      this.failure = null;
    } catch (error) {
      if (isAbort(error)) return;
      // What is there stays; with the connection comes the next change, and with it the rest.
      if (!isPassing(error)) this.failure = messageOf(error);
    } finally {
      this.busy = false;
      this.read = true;
    }
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.wanted) void this.readAll();
    }, EVERY_MS);
  }

  private async readLog(): Promise<void> {
    for (;;) {
      const part = await models.log(this.jobId, this.next, this.gone.signal);
      const more = part.next !== this.next && part.text !== "";
      this.next = part.next;
      if (!more) return;
      const added = part.text.split("\n");
      if (added.at(-1) === "") added.pop();
      this.lines = [...this.lines, ...added].slice(-MOST_LINES);
    }
  }
}
