// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the points of a scan are, as the server counted them: the page holds some of the points only. */
import { untrack } from "svelte";
import { isAbort, messageOf } from "../api/client";
import type { RecordCounts } from "../api/types";
import { toasts } from "./toasts.svelte";

export interface Countable {
  /** What is counted, to keep the counts of each for when it is back. */
  readonly what: string;
  /** Another one means other counts. */
  readonly version: string;
  readonly fetch: (signal: AbortSignal) => Promise<RecordCounts>;
}

export class ShownCounts {
  private known = $state.raw<ReadonlyMap<string, { version: string; counts: RecordCounts }>>(
    new Map(),
  );

  /** Call while a component is set up. @param wanted null where nothing on show is counted. */
  constructor(wanted: () => Countable | null) {
    const key = $derived.by(() => {
      const one = wanted();
      return one && `${one.what} ${one.version}`;
    });
    $effect(() => {
      const one = key === null ? null : untrack(wanted);
      if (!one || untrack(() => this.known.get(one.what)?.version) === one.version) return;
      const request = new AbortController();
      one.fetch(request.signal).then(
        (counts) => {
          const { what, version } = one;
          this.known = new Map(this.known).set(what, { version, counts });
        },
        (error: unknown) => {
          if (!isAbort(error)) toasts.error(messageOf(error));
        },
      );
      return () => request.abort();
    });
  }

  /** The newest that are known; null before there are any. */
  of(what: string): RecordCounts | null {
    return this.known.get(what)?.counts ?? null;
  }
}
