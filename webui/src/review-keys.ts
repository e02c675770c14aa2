// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The shortcuts of the review page. Their words are in the catalogues under `review.key.` and their name. */
import { chord, classKeys, shown } from "./keymap";

export const REVIEW_ACTIONS = [
  "approve",
  "sendBack",
  "undo",
  "next",
  "previous",
  "focus",
  "whole",
  "modeRgb",
  "modeLabels",
  "modePrediction",
  "help",
] as const;
export type ReviewAction = (typeof REVIEW_ACTIONS)[number];

export const REVIEW_KEYS: Record<ReviewAction, readonly string[]> = {
  approve: ["A", "Enter"],
  sendBack: ["B"],
  undo: ["Ctrl+Z", "Backspace"],
  next: ["ArrowRight", "ArrowDown"],
  previous: ["ArrowLeft", "ArrowUp"],
  focus: ["F"],
  whole: ["Home"],
  modeRgb: ["Alt+1"],
  modeLabels: ["Alt+2"],
  modePrediction: ["Alt+3"],
  help: ["?", "F1"],
};

const BY_KEY = new Map<string, ReviewAction>(
  REVIEW_ACTIONS.flatMap((action) => REVIEW_KEYS[action].map((key) => [key, action] as const)),
);

/** The key of every class, by place; one that a verdict has is none of a class here. */
export function reviewClassKeys(classes: readonly { key: string | null }[]): (string | null)[] {
  return classKeys(classes).map((key) => (key !== null && BY_KEY.has(key) ? null : key));
}

export const reviewKey = (action: ReviewAction): string => shown(REVIEW_KEYS[action][0] ?? "");

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
  const action = BY_KEY.get(pressed);
  if (action) {
    const moves = action === "next" || action === "previous";
    return event.repeat && !moves ? null : { action };
  }
  const place = keys.indexOf(pressed);
  return place < 0 || event.repeat ? null : { place };
}
