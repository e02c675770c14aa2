// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What follows from a session's answers, labels or objects, asked for whenever it may have changed and is to be seen. */
import { scans } from "../api/client";
import {
  newestRecords,
  type NewestRecords,
  type CountedFile,
  type RecordRange,
} from "../api/records";
import type { LabelSession } from "./label-session.svelte";
import { LiveLabels } from "./live-labels";
import { toasts } from "./toasts.svelte";

export class ShownLabels {
  /** Null while there are none: no point has a class. */
  newest = $state.raw<NewestRecords | null>(null);
  /** What they are made from is being made. */
  preparing = $state(false);

  get version(): string | null {
    return this.newest?.version ?? null;
  }

  /**
   * Call while a component is set up.
   *
   * @param seen whether they are to be seen. @param foremost the records that are best asked for first.
   */
  constructor(
    session: LabelSession,
    readonly file: CountedFile,
    seen: () => boolean,
    foremost: () => readonly RecordRange[],
  ) {
    const labels: LiveLabels = new LiveLabels(
      {
        fetch: (known, signal) =>
          newestRecords(file, known, foremost(), signal, () => labels.want()),
        prepare: () => scans.prepare(session.scan.id),
      },
      {
        show: (newest) => (this.newest = newest),
        preparing: (on) => (this.preparing = on),
        failed: (message) => toasts.error(message),
      },
    );
    $effect(() => () => labels.dispose());

    const wanted = $derived(seen());
    // Another one means that they may have changed: what the server told, what this page has sent it since, and
    // whether the scan is being prepared.
    const stamp = $derived(
      `${session.scan.dense?.version} ${session.delivered} ${session.preparation?.state}`,
    );
    const some = $derived(
      session.scan.dense !== null || session.scan.answers > 0 || session.delivered > 0,
    );
    $effect(() => {
      if (wanted && some && stamp) labels.want();
    });
  }
}
