// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Answers that an earlier version of the app left in localStorage move to the database once. */
import { type Operation, operation } from "./outbox-entries";
import type { OutboxStore } from "./outbox-db";

/** What of `Storage` is used, so that a test can bring its own. */
export type KeyValue = Pick<Storage, "length" | "key" | "getItem" | "removeItem">;

export async function moveOldEntries(
  from: KeyValue,
  userId: number,
  to: OutboxStore,
): Promise<void> {
  const prefix = `fewpoints:outbox:${userId}:`;
  const names: string[] = [];
  for (let i = 0; i < from.length; i++) {
    const name = from.key(i);
    if (name?.startsWith(prefix)) names.push(name);
  }
  for (const name of names.sort()) {
    let value: Operation;
    try {
      value = operation(JSON.parse(from.getItem(name) ?? ""));
    } catch (error) {
      console.error("An unreadable unsent answer was left where it is", name, error);
      continue;
    }
    // It may have reached the server in an earlier life of the page.
    await to.add(value, "earlier", true);
    from.removeItem(name);
  }
}
