// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What a key asks for on the review page. Which keys they are stands in `keymap.ts`. */
import { actionOf, chord, classKeys, repeats, type ReviewAction } from "./keymap";

/** The key of every class, by place: that of the label page, unless it means something else here. */
export function reviewClassKeys(classes: readonly { key: string | null }[]): (string | null)[] {
  return classKeys(classes).map((key) =>
    key !== null && actionOf(key, "review") !== null ? null : key,
  );
}

export type ReviewPress = { action: ReviewAction } | { place: number };

/** What a key that was pressed asks for; null if it belongs to what has the focus, or to nothing. */
export function reviewPress(
  event: KeyboardEvent,
  keys: readonly (string | null)[],
): ReviewPress | null {
  if (event.defaultPrevented || event.isComposing) return null;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, select, textarea")) return null;
  const pressed = chord(event);
  // Someone moving by Tab expects these two to press what has the focus.
  if ((pressed === "Enter" || pressed === "Space") && target?.closest("button, a, summary"))
    return null;
  const action = actionOf(pressed, "review");
  if (action) return event.repeat && !repeats(action) ? null : { action };
  const place = keys.indexOf(pressed);
  return place < 0 || event.repeat ? null : { place };
}
