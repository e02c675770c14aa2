// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the view shows while nobody has chosen. */
import type { Answer, Scan } from "../api/types";
import type { ColorMode } from "../viewer/modes";

/** With fewer labelled points of a scan, a network trained on others knows more about it than they do. */
export const ENOUGH_LABELS = 10;

/**
 * The labels from the answers, which look like the plain scan as long as there are none; the prediction of a trained
 * network until the scan has newer answers, and enough of them.
 */
export function automaticMode(
  scan: Pick<Scan, "prediction" | "dense">,
  answers: readonly Pick<Answer, "reply">[],
): ColorMode {
  if (!scan.prediction) return "labels";
  const newer = scan.dense !== null && scan.dense.last_event_id > scan.prediction.last_event_id;
  const labelled = answers.filter((answer) => answer.reply === "class").length;
  return newer && labelled >= ENOUGH_LABELS ? "labels" : "prediction";
}
