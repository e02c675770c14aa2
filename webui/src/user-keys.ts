// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The keys that somebody gave to actions in this browser, over those that the app comes with. */
import { createSubscriber } from "svelte/reactivity";
import { readStored, writeStored } from "./util/stored";
import { list, record, text, type Verifier } from "./util/verify";

export type UserKeys = Readonly<Record<string, readonly string[]>>;

const STORED = "fewpoints:keys";
const MOST_KEYS = 4; // Of one action.

const texts = list(text);

/** By action; what is none is dropped. */
export const userKeys: Verifier<UserKeys> = (value, at = "keys") =>
  Object.fromEntries(
    Object.entries(record(value, at)).map(([action, keys]) => [
      action,
      texts(keys, `${at}.${action}`).slice(0, MOST_KEYS),
    ]),
  );

let present: UserKeys = read();
const listeners = new Set<() => void>();
/** Whoever shows a key is drawn again when keys change. */
const subscribe = createSubscriber((update) => {
  listeners.add(update);
  return () => listeners.delete(update);
});

function read(): UserKeys {
  return typeof localStorage === "undefined" ? {} : (readStored(STORED, userKeys) ?? {});
}

export function currentUserKeys(): UserKeys {
  subscribe();
  return present;
}

export function setUserKeys(keys: UserKeys): void {
  present = keys;
  writeStored(STORED, keys);
  for (const update of listeners) update();
}

if (typeof window !== "undefined")
  // Another tab changed them.
  window.addEventListener("storage", (event) => {
    if (event.key !== STORED) return;
    present = read();
    for (const update of listeners) update();
  });
