// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Which modes show what a machine takes points to be, and when they are hidden: where a project says so, nobody sees
 * them while an answer is asked of them. Labels count as well: they follow from answers, but are guesses where nobody
 * looked, and would be copied as readily as a prediction. The ground truth is no guess, but would be copied, too.
 */
import type { Project, Query } from "../api/types";
import type { ColorMode } from "../viewer/modes";

export const GUESS_MODES: ReadonlySet<ColorMode> = new Set<ColorMode>([
  "labels",
  "prediction",
  "uncertainty",
  "instances",
  "truth",
  "agreement",
]);

/** Whether guesses are hidden from a person: a query is on screen that they have not answered yet. */
export function hidesGuesses(
  project: Pick<Project, "hide_predictions">,
  query: Pick<Query, "answer"> | null,
  userName: string,
): boolean {
  return project.hide_predictions && query !== null && query.answer?.user_name !== userName;
}
