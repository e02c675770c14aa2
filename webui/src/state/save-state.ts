// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the page says of answers on their way: never more than is true if the tab closed this very moment. */
import type { OutboxStatus, SendState } from "./outbox";

export type SaveState = SendState | "keeping" | "unkept";

export interface Saving {
  state: SaveState;
  /** How many answers the state is about: those that only this page has, or else those that are on disk and wait. */
  count: number;
}

export function savingOf(status: OutboxStatus): Saving {
  if (status.unkept > 0) return { state: "unkept", count: status.unkept };
  const passing = status.state === "saved" || status.state === "saving";
  return {
    state: passing && status.keeping > 0 ? "keeping" : status.state,
    count: status.waiting - status.keeping,
  };
}
