// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The app's words for what the interface calls by a code. */
import type { AnswersImported, Job, Strategy } from "./api/types";
import { t } from "./i18n";

export { JOB_STATE_WORDS, JOB_WORDS, SCAN_STATE_WORDS } from "./state-words";

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

/** What became of a file of answers, in a sentence. */
export function importWords({ imported, skipped, problems }: AnswersImported): string {
  return t("import.done", { imported, skipped, problems: problems.length });
}

export function isActive(job: Job): boolean {
  return job.state === "queued" || job.state === "running";
}
