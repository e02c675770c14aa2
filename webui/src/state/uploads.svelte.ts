// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Files on their way to a project, two at a time; the rest waits its turn. */
import { isPassing, messageOf } from "../api/client";
import type { Scan } from "../api/types";
import { type Upload, UploadCancelled, uploadScan } from "../api/upload";

const PARALLEL = 2;

export class UploadRow {
  state = $state<"waiting" | "sending" | "finishing" | "failed">("waiting");
  fraction = $state(0);
  error = $state<string | null>(null);
  retriable = $state(false); // The same file may be taken at the next try.
  running: Upload | null = null;

  constructor(
    readonly id: number,
    readonly file: File,
  ) {}
}

export class Uploads {
  rows = $state.raw<UploadRow[]>([]);
  private next = 1;

  constructor(
    private readonly projectId: number,
    private readonly onDone: (scan: Scan) => void,
  ) {}

  add(files: Iterable<File>): void {
    this.rows = [...this.rows, ...Array.from(files, (file) => new UploadRow(this.next++, file))];
    this.pump();
  }

  /** Stop it if it is running and take it off the list. */
  remove(row: UploadRow): void {
    this.rows = this.rows.filter((r) => r !== row);
    row.running?.cancel();
    this.pump();
  }

  retry(row: UploadRow): void {
    row.state = "waiting";
    row.error = null;
    row.fraction = 0;
    this.pump();
  }

  cancelAll(): void {
    for (const row of this.rows) row.running?.cancel();
    this.rows = [];
  }

  get busy(): boolean {
    return this.rows.some((row) => row.state !== "failed");
  }

  private pump(): void {
    for (const row of this.rows) {
      if (this.rows.filter((r) => r.running).length >= PARALLEL) return;
      if (row.state === "waiting") void this.send(row);
    }
  }

  private async send(row: UploadRow): Promise<void> {
    row.state = "sending";
    row.running = uploadScan(this.projectId, row.file, (fraction) => {
      row.fraction = fraction;
      if (fraction >= 1) row.state = "finishing";
    });
    try {
      const scan = await row.running.done;
      this.rows = this.rows.filter((r) => r !== row);
      this.onDone(scan);
    } catch (error) {
      if (!(error instanceof UploadCancelled)) {
        row.state = "failed";
        row.error = messageOf(error);
        row.retriable = isPassing(error);
      }
    } finally {
      row.running = null;
      this.pump();
    }
  }
}
