// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The outbox in localStorage: written synchronously, one item per entry, so two tabs never overwrite each other. */
import {
  count,
  integer,
  nullable,
  number,
  object,
  oneOf,
  text,
  type Verifier,
} from "../util/verify";
import type { Operation, OutboxStorage } from "./outbox";

const kind = object({ kind: oneOf("answer", "undo") });

const answer = object({
  kind: oneOf("answer"),
  scanId: integer,
  body: object({
    client_id: text,
    query_id: nullable(integer),
    point_index: count,
    reply: oneOf("class", "unsure", "skip", "unlisted"),
    class_index: nullable(count),
    instance: nullable(integer),
    seconds: nullable(number),
    checkpoint_id: nullable(integer),
    note: nullable(text),
  }),
});

const undo = object({ kind: oneOf("undo"), scanId: integer, clientId: text });

export const operation: Verifier<Operation> = (value, at = "entry") =>
  kind(value, at).kind === "answer" ? answer(value, at) : undo(value, at);

/** What of `Storage` is used, so that a test can bring its own. */
export type KeyValue = Pick<Storage, "length" | "key" | "getItem" | "setItem" | "removeItem">;

export class LocalOutboxStorage implements OutboxStorage {
  private readonly prefix: string;

  /** @param onTrouble told once when the browser refuses to keep anything (full, or private mode). */
  constructor(
    private readonly store: KeyValue,
    userId: number,
    private readonly onTrouble: () => void,
  ) {
    this.prefix = `fewpoints:outbox:${userId}:`;
  }

  load(): { key: string; operation: Operation }[] {
    const found: { key: string; operation: Operation }[] = [];
    for (let i = 0; i < this.store.length; i++) {
      const name = this.store.key(i);
      if (!name?.startsWith(this.prefix)) continue;
      try {
        const value: unknown = JSON.parse(this.store.getItem(name) ?? "");
        found.push({ key: name.slice(this.prefix.length), operation: operation(value) });
      } catch (error) {
        console.error("An unreadable unsent answer was left where it is", name, error);
      }
    }
    return found;
  }

  save(key: string, value: Operation): void {
    try {
      this.store.setItem(this.prefix + key, JSON.stringify(value));
    } catch {
      this.onTrouble();
    }
  }

  remove(key: string): void {
    this.store.removeItem(this.prefix + key);
  }
}
