// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The prediction that a scan's project shows. */
import { untrack } from "svelte";
import { projects } from "../api/client";
import { type CountedFile, recordFiles, type RecordSource, sourceOf } from "../api/records";
import { t } from "../i18n";
import type { LabelSession } from "./label-session.svelte";
import { toasts } from "./toasts.svelte";

const NEWS_AFTER_MS = 3000; // Only a prediction that arrives while the page is open is news.

export class ShownPrediction {
  /** Name of the checkpoint that predicted; null until known. */
  checkpointName = $state<string | null>(null);
  /** Class and confidence of the scan's points; null while there is none. */
  source = $state.raw<RecordSource | null>(null);
  file = $state.raw<CountedFile | null>(null);
  /** The same exactly where the prediction is. */
  version = $state<string | null>(null);
  private readonly openedAt = performance.now();

  /** Call while a component is set up. @param ready whether the first points are there. */
  constructor(session: LabelSession, ready: () => boolean) {
    // Every answer changes the scan; only another prediction is worth a download.
    const newest = $derived(
      session.scan.prediction
        ? `${session.scan.prediction.checkpoint_id} ${session.scan.prediction.version}`
        : null,
    );
    $effect(() => {
      if (!ready()) return;
      const found = newest === null ? null : untrack(() => session.scan.prediction);
      this.version = newest;
      const file = found ? recordFiles.prediction(session.scan.id, found.checkpoint_id) : null;
      this.file = file;
      this.source = file && sourceOf(file);
      if (found) untrack(() => this.tell(session));
    });
    $effect(() => {
      // Untracked: closing a message reads and writes the list of them.
      if (session.mode === "prediction") untrack(() => toasts.closeMessage(t("view.news")));
    });

    const predictedBy = $derived(session.scan.prediction?.checkpoint_id ?? null);
    $effect(() => {
      const id = predictedBy;
      if (id === null) return;
      projects.checkpoints(untrack(() => session.project.id)).then(
        (all) => (this.checkpointName = all.find((c) => c.id === id)?.name ?? null),
        () => undefined, // The picture says enough without the name.
      );
    });
  }

  private tell(session: LabelSession): void {
    const isNews = performance.now() - this.openedAt > NEWS_AFTER_MS;
    if (!isNews || session.mode === "prediction" || session.project.hide_predictions) return;
    toasts.info(t("view.news"), {
      label: t("view.news.show"),
      run: () => void (session.chosenMode = "prediction"),
    });
  }
}
