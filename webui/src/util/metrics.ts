// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The figures of a checkpoint, of which the interface only says that they are JSON. */
import { t } from "../i18n";
import { count, InvalidData, list, nullable, number, object, text, type Verifier } from "./verify";

const share = nullable(number);

/** Class, predicted class, answers. */
const cell: Verifier<[number, number, number]> = (value, at = "") => {
  const [truth, said, answers] = list(count)(value, at);
  if (truth === undefined || said === undefined || answers === undefined)
    throw new InvalidData(at, "three counts", value);
  return [truth, said, answers];
};

const metrics = object({
  method: nullable(text),
  reason: nullable(text),
  answers: count,
  accuracy: share,
  miou: share,
  per_class: list(object({ name: text, answers: count, iou: share, recall: share })),
  confusion: nullable(list(cell)), // Checkpoints of earlier versions have none.
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

/** On how many answers, and how these were kept apart from those trained on. */
export function methodWords(method: string | null, answers: number): string {
  if (method === "holdout") return t("models.method.holdout", { n: answers });
  if (method === "cross_validation") return t("models.method.crossValidation", { n: answers });
  return t("models.method.other", { n: answers });
}
