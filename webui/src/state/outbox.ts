// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Answers on their way to the server. An entry is in storage before the page shows it as given and leaves storage
 * once the server has acknowledged it, so that closing the tab, a lost network or a restarted server lose nothing.
 * Entries go out one at a time in the order made; sending one twice is harmless, because the server knows client ids.
 */
import type { NewAnswer, Undone } from "../api/types";

export type Operation =
  | { kind: "answer"; scanId: number; body: NewAnswer }
  | { kind: "undo"; scanId: number; clientId: string };

export interface Entry {
  key: string; // Sorts by age.
  operation: Operation;
  attempts: number;
}

export interface OutboxStorage {
  load(): { key: string; operation: Operation }[];
  save(key: string, operation: Operation): void;
  remove(key: string): void;
}

export type Outcome =
  | { kind: "sent"; undone?: Undone }
  | { kind: "retry"; offline: boolean } // Worth another try later.
  | { kind: "signed-out" } // Wait for a new session.
  | { kind: "refused"; message: string }; // Will never be accepted.

export type OutboxState = "saved" | "saving" | "offline" | "busy" | "signed-out";

export interface OutboxEvents {
  changed: (state: OutboxState, waiting: number) => void;
  sent: (operation: Operation, undone: Undone | null) => void;
  refused: (operation: Operation, message: string) => void;
}

export interface Clock {
  now: () => number;
  random: () => number;
  wait: (ms: number) => { done: Promise<void>; wake: () => void };
}

export const realClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  wait: (ms) => {
    let wake: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return { done, wake };
  },
};

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class Outbox {
  private readonly entries: Entry[];
  private running = false;
  private paused = false;
  private state: OutboxState = "saved";
  private wake: (() => void) | null = null;
  private counter = 0;

  constructor(
    private readonly storage: OutboxStorage,
    private readonly transmit: (operation: Operation) => Promise<Outcome>,
    private readonly events: OutboxEvents,
    private readonly clock: Clock = realClock,
  ) {
    this.entries = storage
      .load()
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      // They may have reached the server in an earlier life of the page.
      .map((entry) => ({ ...entry, attempts: 1 }));
    if (this.entries.length > 0) void this.flush();
  }

  /** Entries of one scan that the server has not acknowledged, oldest first. */
  pending(scanId: number): readonly Operation[] {
    return this.entries.filter((e) => e.operation.scanId === scanId).map((e) => e.operation);
  }

  get waiting(): number {
    return this.entries.length;
  }

  add(operation: Operation): void {
    this.counter++;
    const key = `${String(this.clock.now()).padStart(15, "0")}-${String(this.counter).padStart(6, "0")}-${Math.floor(
      this.clock.random() * 0xffffff,
    ).toString(16)}`;
    this.storage.save(key, operation);
    this.entries.push({ key, operation, attempts: 0 });
    if (this.state === "saved") this.state = "saving";
    this.report();
    void this.flush();
  }

  /**
   * Take back the newest entry of a scan if it is an answer that was never tried; the server need not hear of it.
   * Null if the server may know the newest one, so that the undo has to be sent too.
   */
  takeBack(scanId: number): NewAnswer | null {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i];
      if (!entry || entry.operation.scanId !== scanId) continue;
      if (entry.operation.kind !== "answer" || entry.attempts > 0) return null;
      this.entries.splice(i, 1);
      this.storage.remove(entry.key);
      if (this.entries.length === 0) this.state = "saved";
      this.report();
      return entry.operation.body;
    }
    return null;
  }

  /** Try again now: the network is back or someone signed in. */
  retryNow(): void {
    this.paused = false;
    this.wake?.();
    void this.flush();
  }

  private report(): void {
    this.events.changed(this.state, this.entries.length);
  }

  private async flush(): Promise<void> {
    if (this.running || this.paused) return;
    this.running = true;
    let wait = FIRST_WAIT_MS;
    try {
      for (let entry = this.entries[0]; entry; entry = this.entries[0]) {
        if (this.state === "saved") this.state = "saving";
        this.report();
        entry.attempts++;
        const outcome = await this.transmit(entry.operation);
        if (outcome.kind === "retry") {
          this.state = outcome.offline ? "offline" : "busy";
          this.report();
          const pause = this.clock.wait(wait * (0.8 + 0.4 * this.clock.random()));
          this.wake = pause.wake;
          await pause.done;
          this.wake = null;
          wait = Math.min(LONGEST_WAIT_MS, wait * 2);
          continue;
        }
        if (outcome.kind === "signed-out") {
          this.paused = true;
          this.state = "signed-out";
          this.report();
          return;
        }
        wait = FIRST_WAIT_MS;
        this.entries.shift();
        this.storage.remove(entry.key);
        this.state = this.entries.length > 0 ? "saving" : "saved";
        if (outcome.kind === "sent") this.events.sent(entry.operation, outcome.undone ?? null);
        else this.events.refused(entry.operation, outcome.message);
        this.report();
      }
    } finally {
      this.running = false;
    }
  }
}
