// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The figures of a checkpoint, of which the interface only says that they are JSON. */
import { count, list, nullable, number, object, text } from "./verify";

const share = nullable(number);

const metrics = object({
  method: nullable(text),
  reason: nullable(text),
  answers: count,
  accuracy: share,
  miou: share,
  per_class: list(object({ name: text, answers: count, iou: share, recall: share })),
});

export type Metrics = ReturnType<typeof metrics>;

/** Null for figures of a shape this page does not know. */
export function readMetrics(value: Record<string, unknown>): Metrics | null {
  try {
    return metrics(value, "metrics");
  } catch {
    return null;
  }
}

/** How the answers were kept apart from those trained on. */
export function methodWords(method: string | null): string {
  if (method === "holdout") return "held-out answers";
  if (method === "cross_validation") return "answers, cross-validated";
  return "answers";
}
