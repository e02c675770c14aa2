// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** One text table, or several of an archive that look alike, of which somebody may say how it is laid out. */
import type { ArchiveTable, TextLayout, TextTable } from "../api/types";
import { t } from "../i18n";
import type { LayoutState, UploadRow } from "./upload-row.svelte";
import type { Uploads } from "./uploads.svelte";

export interface LaidOut {
  readonly name: string;
  /** Which tables of an archive; null for a file. */
  readonly whose: string | null;
  readonly table: TextTable;
  /** As it is shown: said, else as the check saw it; null where that saw nothing. */
  readonly layout: TextLayout | null;
  readonly said: boolean;
  readonly state: LayoutState;
  readonly error: string | null;
  /** It cannot be read as it is laid out now. */
  readonly refused: boolean;
  /** How many points it has, where that is known. */
  readonly points: number | null;
  /** Other files that could be laid out like it. */
  readonly others: number;
  say(layout: TextLayout | null): void;
  sayAlike(): void;
}

export function ofFile(uploads: Uploads, row: UploadRow, table: TextTable): LaidOut {
  return {
    name: row.name,
    whose: null,
    table,
    layout: row.layout,
    said: !!row.upload?.options.text || row.layoutState !== "settled",
    state: row.layoutState,
    error: row.layoutError,
    refused: row.state === "refused",
    points: row.preflight?.points ?? null,
    others: uploads.laidOutOtherwise(row).length,
    say: (layout) => uploads.layOut(row, layout),
    sayAlike: () => uploads.layOutAlike(row),
  };
}

export function ofArchive(uploads: Uploads, row: UploadRow, tables: ArchiveTable): LaidOut {
  const { member, members, table } = tables;
  const scans = (row.upload?.scans ?? []).filter((scan) =>
    members.includes(scan.member || scan.title),
  );
  const title = scans[0]?.title ?? member;
  const asked = row.asked === member;
  const known = scans.every((scan) => scan.preflight !== null);
  return {
    name: title,
    whose: t("archives.tables", { n: members.length, name: title }),
    table,
    layout: row.told[member] ?? table.layout,
    said: tables.said || (asked && row.layoutState !== "settled"),
    state: asked ? row.layoutState : "settled",
    error: asked ? row.layoutError : null,
    refused: scans.length > 0 && scans.every((scan) => scan.problem !== null),
    points: known ? scans.reduce((sum, scan) => sum + (scan.preflight?.points ?? 0), 0) : null,
    others: 0,
    say: (layout) => uploads.layOut(row, layout, member),
    sayAlike: () => undefined,
  };
}
