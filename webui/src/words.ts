// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The app's words for what the interface calls by a code. */
import type { AnswersImported, Job, ScanState, Strategy } from "./api/types";
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

/** The strategy of answers that came with a file. */
export const FROM_FILE = "imported";

/** What jobs are about, and what state they and scans are in. */
export const JOB_WORDS: Record<Job["kind"], string> = {
  import: t("job.import"),
  features: t("job.features"),
  select: t("job.select"),
  finetune: t("job.finetune"),
  predict: t("job.predict"),
  export: t("job.export"),
  normals: t("job.normals"),
  labels: t("job.labels"),
  pack: t("job.pack"),
  restore: t("job.restore"),
};

export const JOB_STATE_WORDS: Record<Job["state"], string> = {
  queued: t("job.state.queued"),
  running: t("job.state.running"),
  done: t("job.state.done"),
  failed: t("job.state.failed"),
  cancelled: t("job.state.cancelled"),
};

/** The kind of badge that a job's state has. */
export const JOB_BADGES = {
  queued: "busy",
  running: "busy",
  done: "good",
  failed: "bad",
  cancelled: "warn",
} as const satisfies Record<Job["state"], string>;

export const SCAN_STATE_WORDS: Record<ScanState, string> = {
  queued: t("scan.state.queued"),
  importing: t("scan.state.importing"),
  ready: t("scan.state.ready"),
  failed: t("scan.state.failed"),
};

/** What became of a file of answers, in a sentence. */
export function importWords({ imported, skipped, problems }: AnswersImported): string {
  return t("import.done", { imported, skipped, problems: problems.length });
}

export function isActive(job: Job): boolean {
  return job.state === "queued" || job.state === "running";
}
