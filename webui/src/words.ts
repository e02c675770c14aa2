// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The app's words for what the interface calls by a code. */
import type { AnswersImported, Job, Scan, Strategy } from "./api/types";
import { t } from "./i18n";

export const STRATEGY_WORDS: Record<Strategy, { title: string; hint: string }> = {
  mixed: { title: t("strategy.mixed"), hint: t("strategy.mixed.hint") },
  uncertain: { title: t("strategy.uncertain"), hint: t("strategy.uncertain.hint") },
  diverse: { title: t("strategy.diverse"), hint: t("strategy.diverse.hint") },
  kmeans_features: {
    title: t("strategy.kmeans_features"),
    hint: t("strategy.kmeans_features.hint"),
  },
  kmeans_color: { title: t("strategy.kmeans_color"), hint: t("strategy.kmeans_color.hint") },
  random: { title: t("strategy.random"), hint: t("strategy.random.hint") },
};

export const JOB_WORDS: Record<Job["kind"], string> = {
  import: "Import",
  features: "Features",
  select: "Choose points",
  finetune: "Training",
  predict: "Prediction",
  export: "Export",
  normals: "Normals",
};

export const JOB_STATE_WORDS: Record<Job["state"], string> = {
  queued: "Waiting",
  running: "Running",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

export const SCAN_STATE_WORDS: Record<Scan["state"], string> = {
  queued: "Waiting",
  importing: "Importing",
  ready: "Ready",
  failed: "Failed",
};

/** What became of a file of answers, in a sentence. */
export function importWords({ imported, skipped, problems }: AnswersImported): string {
  return t("import.done", { imported, skipped, problems: problems.length });
}

export function isActive(job: Job): boolean {
  return job.state === "queued" || job.state === "running";
}
