// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The labels that follow from a session's answers, fetched whenever they may have changed and are to be seen. */
import { scans } from "../api/client";
import type { LabelSession } from "./label-session.svelte";
import { LiveLabels } from "./live-labels";
import { toasts } from "./toasts.svelte";

export class ShownLabels {
  /** Class and confidence per record in tile order; null while no point has a class. */
  pairs = $state.raw<Uint8Array | null>(null);
  /** What they are made from is being made. */
  preparing = $state(false);

  /** Call while a component is set up. @param ready whether the first points are there. */
  constructor(session: LabelSession, ready: () => boolean, records: () => number) {
    const labels = new LiveLabels(
      {
        fetch: (known, signal) => scans.dense(session.scan.id, records(), known, signal),
        prepare: () => scans.prepare(session.scan.id),
      },
      {
        show: (pairs) => (this.pairs = pairs),
        preparing: (on) => (this.preparing = on),
        failed: (message) => toasts.error(message),
      },
    );
    $effect(() => () => labels.dispose());

    const seen = $derived(
      ready() &&
        (session.mode === "labels" ||
          (session.mode === "uncertainty" && session.pairsOf === "labels")),
    );
    // Another one means that they may have changed: what the server told, what this page has sent it since, and
    // whether the scan is being prepared.
    const stamp = $derived(
      `${session.scan.dense?.version} ${session.delivered} ${session.preparation?.state}`,
    );
    const some = $derived(
      session.scan.dense !== null || session.scan.answers > 0 || session.delivered > 0,
    );
    $effect(() => {
      if (seen && some && stamp) labels.want();
    });
  }
}
