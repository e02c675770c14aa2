// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Answers on their way to the server. What is done is shown at once and counts as kept when it is on disk; it leaves
 * storage when the server has acknowledged it, so that closing the tab, a lost network or a restarted server lose
 * nothing. Entries go out one at a time in the order made, from one tab at a time; sending one twice is harmless,
 * because the server knows client ids.
 */
import type { Redone, Undone } from "../api/types";
import type { OutboxStore } from "./outbox-db";
import type { GivenAnswer, Operation, Stored } from "./outbox-entries";
import type { Tabs } from "./outbox-tabs";

/** What came of an operation that is more than "stored". */
export type Result = { undone: Undone } | { redone: Redone } | null;

export type Outcome =
  | { kind: "sent"; result?: Result }
  | { kind: "retry"; offline: boolean } // Worth another try later.
  | { kind: "signed-out" } // Wait for a new session.
  | { kind: "refused"; message: string }; // Will never be accepted.

export type SendState = "saved" | "saving" | "offline" | "busy" | "signed-out";

export interface OutboxStatus {
  state: SendState;
  waiting: number; // Not acknowledged by the server.
  keeping: number; // Of them, those not on disk yet.
  unkept: number; // Of them, those that the browser would not store: only this page has them.
}

export interface OutboxEvents {
  changed: (status: OutboxStatus) => void;
  /** @param mine whether this page made it. */
  sent: (operation: Operation, result: Result, mine: boolean) => void;
  refused: (operation: Operation, message: string, mine: boolean) => void;
  /** Something could not be stored. */
  trouble: () => void;
  /** Another tab of the same person did something. */
  added: (operation: Operation) => void;
}

export interface Clock {
  random: () => number;
  wait: (ms: number) => { done: Promise<void>; wake: () => void };
}

export const realClock: Clock = {
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

interface Entry {
  operation: Operation;
  tab: string;
  tried: boolean;
  seq: number | null; // Null: not stored.
  unkept: boolean; // Storing it failed.
}

/** What tabs tell each other. Only pages of this app, of this origin, speak on the channel. */
type Message =
  | { kind: "added"; entry: Stored }
  | { kind: "gone"; seq: number }
  | { kind: "sent"; entry: Stored; result: Result }
  | { kind: "refused"; entry: Stored; message: string }
  | { kind: "state"; state: SendState }
  | { kind: "wake" };

export class Outbox {
  private entries: Entry[] = [];
  private storing: Promise<void>; // Everything asked of storage so far.
  private sending = false;
  private paused = false;
  private closed = false;
  private state: SendState = "saved";
  private wake: (() => void) | null = null;
  /** What an earlier page left is known. */
  readonly ready: Promise<void>;

  /** @param tab a name for this page that no other has. */
  constructor(
    private readonly store: OutboxStore,
    private readonly tabs: Tabs,
    private readonly tab: string,
    private readonly transmit: (operation: Operation) => Promise<Outcome>,
    private readonly events: OutboxEvents,
    private readonly clock: Clock = realClock,
    before: (store: OutboxStore) => Promise<void> = () => Promise.resolve(),
  ) {
    this.tabs.listen((message) => this.hear(message as Message));
    this.storing = before(store)
      .then(() => this.adopt())
      .catch((error: unknown) => this.trouble(error));
    this.ready = this.storing;
    void this.ready.then(() => this.flush());
  }

  /** What of one scan the server has not acknowledged, oldest first. */
  pending(scanId: number): readonly Operation[] {
    return this.entries.filter((e) => e.operation.scanId === scanId).map((e) => e.operation);
  }

  add(operation: Operation): void {
    const entry = this.newEntry(operation);
    this.entries.push(entry);
    this.report();
    this.then(() => this.keep(entry));
  }

  /**
   * Take back the newest answer of a scan. One that was never tried goes out of here and is returned, as the server
   * need not hear of it; else the undo is sent like everything, and null returned.
   */
  undo(scanId: number, clientId: string): Promise<GivenAnswer | null> {
    // Its place is fixed now: what is done while storage is asked comes after it.
    const entry = this.newEntry({ kind: "undo", scanId, clientId });
    this.entries.push(entry);
    this.report();
    return new Promise((resolve) => {
      this.then(async () => {
        const taken = await this.takeBack(scanId, entry);
        if (taken) this.drop(entry);
        else await this.keep(entry);
        this.report();
        resolve(taken);
      });
    });
  }

  /** Try again now: the network is back or someone signed in. */
  retryNow(): void {
    this.paused = false;
    this.wake?.();
    this.tabs.tell({ kind: "wake" } satisfies Message);
    void this.flush();
  }

  /** Leave everything to others: somebody else signed in on this page. */
  close(): void {
    this.closed = true;
    this.wake?.();
    this.tabs.close();
  }

  private newEntry(operation: Operation): Entry {
    return { operation, tab: this.tab, tried: false, seq: null, unkept: false };
  }

  /** Ask storage for something after everything asked before, then send. */
  private then(work: () => Promise<void>): void {
    this.storing = this.storing.then(work);
    void this.storing.then(() => this.flush());
  }

  private async keep(entry: Entry): Promise<void> {
    try {
      entry.seq = await this.store.add(entry.operation, this.tab);
      this.tabs.tell({ kind: "added", entry: storedOf(entry) } satisfies Message);
    } catch (error) {
      entry.unkept = true;
      this.trouble(error);
    }
    this.report();
  }

  private async takeBack(scanId: number, undo: Entry): Promise<GivenAnswer | null> {
    const before = this.entries
      .slice(0, this.entries.indexOf(undo))
      .filter((e) => e.operation.scanId === scanId && e.operation.kind !== "note");
    const last = before.at(-1);
    if (!last || last.operation.kind !== "answer" || last.tried) return null;
    if (last.seq !== null && !(await this.store.takeBack(last.seq).catch(() => false))) return null;
    this.drop(last);
    if (last.seq !== null) this.tabs.tell({ kind: "gone", seq: last.seq } satisfies Message);
    return last.operation;
  }

  private drop(entry: Entry): void {
    this.entries = this.entries.filter((e) => e !== entry);
    if (this.entries.length === 0 && this.state !== "signed-out") this.state = "saved";
  }

  /** Take over what is stored and not known here. */
  private async adopt(): Promise<void> {
    for (const entry of await this.store.load()) this.insert(entry);
    this.report();
  }

  private insert(stored: Stored): void {
    if (this.entries.some((e) => e.seq === stored.seq)) return;
    const later = this.entries.findIndex((e) => e.seq !== null && e.seq > stored.seq);
    // What is not stored yet will get a later number.
    const place = later >= 0 ? later : this.entries.findLastIndex((e) => e.seq !== null) + 1;
    this.entries.splice(place, 0, { ...stored, unkept: false });
  }

  private trouble(error: unknown): void {
    console.error("The browser keeps no answers", error);
    this.events.trouble();
  }

  private report(): void {
    if (this.state === "saved" && this.entries.length > 0) this.state = "saving";
    this.events.changed({
      state: this.state,
      waiting: this.entries.length,
      keeping: this.entries.filter((e) => e.seq === null && !e.unkept).length,
      unkept: this.entries.filter((e) => e.unkept).length,
    });
  }

  private setState(state: SendState): void {
    this.state = state;
    this.tabs.tell({ kind: "state", state } satisfies Message);
    this.report();
  }

  private async flush(): Promise<void> {
    if (this.sending || this.paused || this.closed || this.entries.length === 0) return;
    this.sending = true;
    try {
      await this.tabs.alone(() => this.send());
    } finally {
      this.sending = false;
    }
    // Something may have been added after the last look.
    if (this.entries.length > 0) void this.flush();
  }

  private async send(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    for (let entry = await this.first(); entry; entry = await this.first()) {
      if (this.state === "saved") this.setState("saving");
      const outcome = await this.transmit(entry.operation);
      if (outcome.kind === "retry") {
        this.setState(outcome.offline ? "offline" : "busy");
        const pause = this.clock.wait(wait * (0.8 + 0.4 * this.clock.random()));
        this.wake = pause.wake;
        await pause.done;
        this.wake = null;
        wait = Math.min(LONGEST_WAIT_MS, wait * 2);
        continue;
      }
      if (outcome.kind === "signed-out") {
        this.paused = true;
        this.setState("signed-out");
        return;
      }
      wait = FIRST_WAIT_MS;
      await this.finish(entry, outcome);
    }
  }

  /** The next one to send, marked as tried. Null when nothing is left in any tab. */
  private async first(): Promise<Entry | null> {
    for (;;) {
      await this.storing;
      if (this.closed) return null;
      const entry = this.entries[0];
      if (!entry) {
        // Another tab's word may be on its way still.
        await this.adopt().catch(() => undefined);
        if (this.entries.length === 0) return null;
        continue;
      }
      if (entry.seq === null) {
        if (!entry.unkept) continue; // Stored since; look again.
        entry.tried = true;
        return entry;
      }
      const there = await this.store.claim(entry.seq).catch(() => true);
      if (this.entries[0] !== entry) continue;
      if (!there) {
        this.drop(entry);
        this.report();
        continue;
      }
      entry.tried = true;
      return entry;
    }
  }

  private async finish(
    entry: Entry,
    outcome: Extract<Outcome, { kind: "sent" | "refused" }>,
  ): Promise<void> {
    if (entry.seq !== null) await this.store.remove(entry.seq).catch(() => undefined);
    this.drop(entry);
    this.setState(this.entries.length > 0 ? "saving" : "saved");
    const mine = entry.tab === this.tab;
    if (outcome.kind === "sent") {
      const result = outcome.result ?? null;
      this.events.sent(entry.operation, result, mine);
      if (entry.seq !== null)
        this.tabs.tell({ kind: "sent", entry: storedOf(entry), result } satisfies Message);
    } else {
      const { message } = outcome;
      this.events.refused(entry.operation, message, mine);
      if (entry.seq !== null)
        this.tabs.tell({ kind: "refused", entry: storedOf(entry), message } satisfies Message);
    }
  }

  private hear(message: Message): void {
    switch (message.kind) {
      case "added":
        this.insert(message.entry);
        this.events.added(message.entry.operation);
        void this.flush();
        break;
      case "gone":
        this.forget(message.seq);
        break;
      case "sent":
        this.forget(message.entry.seq);
        this.events.sent(message.entry.operation, message.result, message.entry.tab === this.tab);
        break;
      case "refused":
        this.forget(message.entry.seq);
        this.events.refused(
          message.entry.operation,
          message.message,
          message.entry.tab === this.tab,
        );
        break;
      case "state":
        this.state = message.state;
        break;
      case "wake":
        this.paused = false;
        this.wake?.();
        break;
    }
    this.report();
  }

  private forget(seq: number): void {
    const entry = this.entries.find((e) => e.seq === seq);
    if (entry) this.drop(entry);
  }
}

function storedOf(entry: Entry): Stored {
  const { operation, tab, tried, seq } = entry;
  if (seq === null) throw new Error("an entry that is not stored has no number");
  return { operation, tab, tried, seq };
}
