// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The prediction that a scan's project shows, fetched whenever there is another one. */
import { untrack } from "svelte";
import { isAbort, messageOf, projects, scans } from "../api/client";
import { t } from "../i18n";
import type { LabelSession } from "./label-session.svelte";
import { toasts } from "./toasts.svelte";

const NEWS_AFTER_MS = 3000; // Only a prediction that arrives while the page is open is news.

export class ShownPrediction {
  /** Name of the checkpoint that predicted; null until known. */
  checkpointName = $state<string | null>(null);
  /** Class and confidence per record in tile order; null while there is none. */
  pairs = $state.raw<Uint8Array | null>(null);
  private held: string | null = null; // Which prediction `pairs` is.
  private readonly openedAt = performance.now();

  /** Call while a component is set up. @param ready whether the first points are there. */
  constructor(session: LabelSession, ready: () => boolean, records: () => number) {
    // Every answer changes the scan; only another prediction is worth a download.
    const key = $derived(
      session.scan.prediction
        ? `${session.scan.prediction.checkpoint_id} ${session.scan.prediction.version}`
        : null,
    );
    $effect(() => {
      if (!ready()) return;
      const checkpoint = key === null ? undefined : untrack(() => session.scan.prediction);
      if (key === null || !checkpoint) {
        this.pairs = null;
        this.held = null;
        return;
      }
      return this.fetch(session, key, checkpoint.checkpoint_id, records());
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

  /** Returns what gives the request up. */
  private fetch(
    session: LabelSession,
    key: string,
    checkpointId: number,
    records: number,
  ): () => void {
    const request = new AbortController();
    scans.prediction(session.scan.id, checkpointId, records, request.signal).then(
      (bytes) => {
        if (request.signal.aborted) return;
        this.pairs = bytes;
        const isNews = this.held !== key && performance.now() - this.openedAt > NEWS_AFTER_MS;
        this.held = key;
        if (isNews && session.mode !== "prediction" && !session.project.hide_predictions)
          toasts.info(t("view.news"), {
            label: t("view.news.show"),
            run: () => void (session.chosenMode = "prediction"),
          });
      },
      (error: unknown) => {
        if (!isAbort(error)) toasts.error(messageOf(error));
      },
    );
    return () => request.abort();
  }
}
