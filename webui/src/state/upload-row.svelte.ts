// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** One file of the list of uploads. */
import type { Preflight, Upload } from "../api/types";

/**
 * `absent`: begun before, and the file must be chosen again. `asking`: somebody has to say whether it is sent, or
 * imported. `refused`: no scan is in it. `failed`: something else went wrong, perhaps not the next time.
 */
export type RowState =
  | "waiting"
  | "starting"
  | "sending"
  | "offline"
  | "checking"
  | "importing"
  | "asking"
  | "absent"
  | "refused"
  | "failed"
  | "done";

export class UploadRow {
  state = $state<RowState>("waiting");
  sent = $state(0); // Bytes that have arrived, or are on their way.
  error = $state<string | null>(null);
  upload = $state.raw<Upload | null>(null);
  file: File | null = null;
  insisted = false; // Somebody has seen what there is to ask.
  abort: AbortController | null = null;
  hash: Promise<string | null> | null = null; // Of the whole file, under way while it is sent.

  constructor(
    readonly id: number,
    readonly path: string,
    readonly name: string,
    readonly size: number,
  ) {}

  take(upload: Upload): void {
    this.upload = upload;
    this.sent = upload.received;
  }

  get preflight(): Preflight | null {
    return this.upload?.preflight ?? null;
  }

  /** What speaks against importing it without a look. */
  get findings(): string[] {
    const problem = this.upload?.problem;
    return [...(problem ? [problem.message] : []), ...(this.preflight?.warnings ?? [])];
  }

  get twins(): readonly string[] {
    return this.upload?.twins ?? [];
  }

  get nothingFound(): boolean {
    return this.preflight !== null && this.findings.length === 0 && this.twins.length === 0;
  }

  /** Something of it happens by itself, now or in its turn. */
  get running(): boolean {
    return ["waiting", "starting", "sending", "offline", "checking", "importing"].includes(
      this.state,
    );
  }
}
