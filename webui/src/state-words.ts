// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What jobs are about, and what state they and scans are in, in the reader's words. */
import type { Job, ScanState } from "./api/types";
import { t } from "./i18n";

export const JOB_WORDS: Record<Job["kind"], string> = {
  import: t("job.import"),
  features: t("job.features"),
  select: t("job.select"),
  finetune: t("job.finetune"),
  predict: t("job.predict"),
  export: t("job.export"),
  normals: t("job.normals"),
};

export const JOB_STATE_WORDS: Record<Job["state"], string> = {
  queued: t("job.state.queued"),
  running: t("job.state.running"),
  done: t("job.state.done"),
  failed: t("job.state.failed"),
  cancelled: t("job.state.cancelled"),
};

export const SCAN_STATE_WORDS: Record<ScanState, string> = {
  queued: t("scan.state.queued"),
  importing: t("scan.state.importing"),
  ready: t("scan.state.ready"),
  failed: t("scan.state.failed"),
};
