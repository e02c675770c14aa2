// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the points of a scan are, as the server counted them: the page holds some of the points only. */
import { untrack } from "svelte";
import { isAbort, messageOf } from "../api/client";
import type { CountedFile } from "../api/records";
import { toasts } from "./toasts.svelte";

export interface Countable {
  readonly file: CountedFile | null;
  /** Another one means other counts; null while there is nothing to count. */
  readonly version: string | null;
}

interface Known<T> {
  readonly version: string;
  readonly counts: T;
}

export class ShownCounts<T> {
  /** By file: the counts of each are kept for when it is on show again. */
  private known = $state.raw<ReadonlyMap<string, Known<T>>>(new Map());

  /** Call while a component is set up. @param shown what is on show; null where it is not counted. */
  constructor(
    private readonly shown: () => Countable | null,
    count: (file: CountedFile, signal: AbortSignal) => Promise<T>,
  ) {
    const file = $derived(shown()?.file ?? null);
    const version = $derived(shown()?.version ?? null);
    $effect(() => {
      if (!file || version === null) return;
      if (untrack(() => this.known.get(file.counts)?.version) === version) return;
      const request = new AbortController();
      count(file, request.signal).then(
        (counts) => (this.known = new Map(this.known).set(file.counts, { version, counts })),
        (error: unknown) => {
          if (!isAbort(error)) toasts.error(messageOf(error));
        },
      );
      return () => request.abort();
    });
  }

  /** Of what is on show, the newest that are known; null before there are any. */
  get current(): T | null {
    const { file = null, version = null } = this.shown() ?? {};
    return file && version !== null ? (this.known.get(file.counts)?.counts ?? null) : null;
  }
}
