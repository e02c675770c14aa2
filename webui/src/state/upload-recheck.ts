// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** A file that has arrived is checked again with what somebody says about its text, while they say it. */
import { isAbort, messageOf } from "../api/client";
import type { TextLayout, TextTable, Upload } from "../api/types";
import type { UploadApi } from "../api/upload";
import { changed, widthOf } from "../util/text-table";
import type { UploadRow } from "./upload-row.svelte";
import { mayPass, waitOrOnline } from "./pieces";

const SOON_MS = 400; // Whoever goes through a list by keys has not meant what they pass.
const LONGEST_WAIT_MS = 3000;
const MOST_TRIES = 20;
const PARALLEL = 2;

/** How a text is laid out, null: as detected; of which tables of an archive, null: it is a file. */
interface Said {
  layout: TextLayout | null;
  member: string | null;
}

export class Rechecks {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  constructor(
    private readonly api: UploadApi,
    private readonly wait: (ms: number, signal: AbortSignal) => Promise<void> = waitOrOnline,
  ) {}

  /** Ask for the check of a row with this layout; only the answer to what was asked last counts. */
  ask(row: UploadRow, layout: TextLayout | null, member: string | null): void {
    row.recheck?.abort();
    row.recheck = new AbortController();
    if (member !== null) row.tell(member, layout);
    else if (layout) row.layout = layout;
    row.layoutState = "checking";
    row.layoutError = null;
    void this.settle(row, { layout, member }, row.recheck.signal);
  }

  private async settle(row: UploadRow, said: Said, signal: AbortSignal) {
    try {
      await this.wait(SOON_MS, signal);
      await this.inTurn(() => this.check(row, said, signal));
    } catch (error) {
      if (signal.aborted || isAbort(error)) return; // Something else is asked, or the row is gone.
      row.layoutState = "refused";
      row.layoutError = messageOf(error);
    }
  }

  private async check(row: UploadRow, { layout, member }: Said, signal: AbortSignal) {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      const before = row.upload;
      if (!before) return;
      try {
        const options =
          member === null ? { ...before.options, text: layout && { ...layout } } : before.options;
        const upload = await this.api.check(before.id, null, options, row.told, signal);
        signal.throwIfAborted();
        row.take(upload);
        const next = layout && fitted(layout, tableOf(upload, member));
        if (next) {
          layout = next;
          if (member === null) row.layout = next;
          else row.tell(member, next);
          continue;
        }
        row.state = upload.state === "refused" ? "refused" : "asking";
        row.error = upload.state === "refused" ? (upload.problem?.message ?? null) : null;
        row.layoutState = "settled";
        return;
      } catch (error) {
        // The check that was given up may still be under way there.
        if (signal.aborted || !mayPass(error) || tries > MOST_TRIES) throw error;
        await this.wait(Math.min(LONGEST_WAIT_MS, 150 * 2 ** tries), signal);
      }
    }
  }

  private async inTurn(work: () => Promise<void>): Promise<void> {
    if (this.running >= PARALLEL) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.running++;
    try {
      await work();
    } finally {
      this.running--;
      this.queue.shift()?.();
    }
  }
}

/** The text of a file, or tables of an archive. */
function tableOf(upload: Upload, member: string | null): TextTable | null {
  if (member === null) return upload.text_table;
  return upload.tables.find((tables) => tables.member === member)?.table ?? null;
}

/** The layout with as many columns as the first point turns out to have; null where it has them. */
function fitted(layout: TextLayout, table: TextTable | null): TextLayout | null {
  const width = table && widthOf(table.lines, layout);
  if (!table || width === null || width === layout.columns.length) return null;
  return changed(layout, {}, table.lines);
}
