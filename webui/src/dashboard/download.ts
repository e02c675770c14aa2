// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Charts as files. */
import { download } from "../util/download";
import { type Table, toCsv } from "./chart-data";

export function downloadCsv(title: string, table: Table): void {
  // The mark at the start tells spreadsheets that this is UTF-8.
  const text = `\uFEFF${toCsv(table)}`;
  download(fileName(title, "csv"), new Blob([text], { type: "text/csv;charset=utf-8" }));
}

/** A title as a file name: letters and digits of any script, the rest as dashes. */
export function fileName(title: string, suffix: string): string {
  const stem = title
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "");
  return `${stem || "chart"}.${suffix}`;
}
