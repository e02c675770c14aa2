// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The outbox of whoever is signed in, as the page sees it. */
import { ApiError, isPassing, messageOf, NetworkError, scans } from "../api/client";
import type { User } from "../api/types";
import { t } from "../i18n";
import { uuid } from "../util/uuid";
import { InvalidData } from "../util/verify";
import { Outbox, type OutboxStatus, type Outcome, type Result } from "./outbox";
import { DatabaseStore } from "./outbox-db";
import type { GivenAnswer, Operation } from "./outbox-entries";
import { moveOldEntries } from "./outbox-storage";
import { browserTabs } from "./outbox-tabs";
import { toasts } from "./toasts.svelte";

export interface AnswersListener {
  /** @param mine whether this page made it, rather than another tab. */
  sent: (operation: Operation, result: Result, mine: boolean) => void;
  refused: (operation: Operation) => void;
  /** Another tab did something. */
  added: (operation: Operation) => void;
}

export async function transmit(operation: Operation): Promise<Outcome> {
  try {
    return { kind: "sent", result: await deliver(operation) };
  } catch (error) {
    return outcomeOf(error);
  }
}

async function deliver(operation: Operation): Promise<Result> {
  switch (operation.kind) {
    case "answer":
      await scans.answer(operation.scanId, operation.body);
      return null;
    case "note":
      await scans.note(operation.scanId, operation.body);
      return null;
    case "undo":
      return { undone: await scans.undo(operation.scanId, operation.clientId) };
    case "redo":
      return { redone: await scans.redo(operation.scanId, operation.clientId) };
  }
}

export function outcomeOf(error: unknown): Outcome {
  if (error instanceof NetworkError) return { kind: "retry", offline: true };
  if (error instanceof ApiError) {
    if (error.status === 401) return { kind: "signed-out" };
    if (isPassing(error)) return { kind: "retry", offline: false };
    return { kind: "refused", message: error.message };
  }
  if (error instanceof InvalidData) {
    // The server took it; only its reply was odd.
    console.error(error);
    return { kind: "sent" };
  }
  return { kind: "refused", message: messageOf(error) };
}

const NOTHING: OutboxStatus = { state: "saved", waiting: 0, keeping: 0, unkept: 0 };

class Answers {
  status = $state.raw<OutboxStatus>(NOTHING);
  private outbox: Outbox | null = null;
  private userId: number | null = null;
  private readonly listeners = new Set<AnswersListener>();

  constructor() {
    window.addEventListener("online", () => this.outbox?.retryNow());
    window.addEventListener("beforeunload", (event) => {
      // Only what would be lost: the rest goes out when the app is opened again.
      if (this.status.keeping + this.status.unkept > 0) event.preventDefault();
    });
  }

  open(user: User): void {
    if (this.userId === user.id && this.outbox) {
      this.outbox.retryNow();
      return;
    }
    this.outbox?.close();
    this.userId = user.id;
    this.status = NOTHING;
    this.outbox = new Outbox(
      new DatabaseStore(user.id),
      browserTabs(`fewpoints:outbox:${user.id}`),
      uuid(),
      transmit,
      {
        changed: (status) => (this.status = status),
        sent: (operation, result, mine) => {
          for (const listener of this.listeners) listener.sent(operation, result, mine);
        },
        refused: (operation, message, mine) => {
          if (mine) toasts.error(message);
          for (const listener of this.listeners) listener.refused(operation);
        },
        added: (operation) => {
          for (const listener of this.listeners) listener.added(operation);
        },
        trouble: () => toasts.error(t("say.notKept")),
      },
      undefined,
      async (store) => moveOldEntries(localStorage, user.id, store),
    );
  }

  /** What an earlier page left is known. */
  get ready(): Promise<void> {
    return this.outbox?.ready ?? Promise.resolve();
  }

  get waiting(): number {
    return this.status.waiting;
  }

  listen(listener: AnswersListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  pending(scanId: number): readonly Operation[] {
    return this.outbox?.pending(scanId) ?? [];
  }

  add(operation: Operation): void {
    this.outbox?.add(operation);
  }

  /** The answer that was taken back before the server could know it; null where the server is asked to. */
  undo(scanId: number): Promise<GivenAnswer | null> {
    return this.outbox?.undo(scanId, uuid()) ?? Promise.resolve(null);
  }
}

export const answers = new Answers();
