// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The outbox of whoever is signed in, as the page sees it. */
import { ApiError, isPassing, messageOf, NetworkError, scans } from "../api/client";
import type { NewAnswer, Undone, User } from "../api/types";
import { t } from "../i18n";
import { InvalidData } from "../util/verify";
import { type Operation, Outbox, type OutboxState, type Outcome } from "./outbox";
import { LocalOutboxStorage } from "./outbox-storage";
import { toasts } from "./toasts.svelte";

export interface AnswersListener {
  sent: (operation: Operation, undone: Undone | null) => void;
  refused: (operation: Operation, message: string) => void;
}

export async function transmit(operation: Operation): Promise<Outcome> {
  try {
    if (operation.kind === "answer") {
      await scans.answer(operation.scanId, operation.body);
      return { kind: "sent" };
    }
    return { kind: "sent", undone: await scans.undo(operation.scanId, operation.clientId) };
  } catch (error) {
    return outcomeOf(error);
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

class Answers {
  state = $state<OutboxState>("saved");
  waiting = $state(0);
  private outbox: Outbox | null = null;
  private userId: number | null = null;
  private readonly listeners = new Set<AnswersListener>();

  constructor() {
    window.addEventListener("online", () => this.outbox?.retryNow());
  }

  open(user: User): void {
    if (this.userId === user.id && this.outbox) {
      this.outbox.retryNow();
      return;
    }
    this.userId = user.id;
    this.outbox = new Outbox(
      new LocalOutboxStorage(localStorage, user.id, () => toasts.error(t("say.notKept"))),
      transmit,
      {
        changed: (state, waiting) => {
          this.state = state;
          this.waiting = waiting;
        },
        sent: (operation, undone) => {
          for (const listener of this.listeners) listener.sent(operation, undone);
        },
        refused: (operation, message) => {
          toasts.error(message);
          for (const listener of this.listeners) listener.refused(operation, message);
        },
      },
    );
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

  takeBack(scanId: number): NewAnswer | null {
    return this.outbox?.takeBack(scanId) ?? null;
  }

  retryNow(): void {
    this.outbox?.retryNow();
  }
}

export const answers = new Answers();
