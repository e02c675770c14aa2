// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Requests about exports, and the checks on what they answer. */
import {
  count,
  flag,
  integer,
  list,
  nullable,
  object,
  oneOf,
  record,
  text,
  type Verifier,
} from "../util/verify";
import { apiUrl, request, send } from "./client";
import type { components } from "./generated/schema";
import { EXPORT_GROUPS, EXPORT_KINDS, EXPORT_SOURCES } from "./types";
import * as verify from "./verify";

type Schemas = components["schemas"];
export type ExportPreview = Schemas["ExportPreview"];
export type ExportOptions = Schemas["ExportCreate"];
export type ExportFormat = Schemas["ExportFormatRead"];

/** What past exports show of a manifest; those of older versions say less. */
export interface Manifest {
  app_version: string | undefined;
  version: string | undefined; // Of the format.
  loader: string | undefined;
  files: number;
}

export const SCAN_REASONS = [
  "not_imported",
  "open_queries",
  "no_answers",
  "no_objects",
  "not_prepared",
  "no_prediction",
] as const;
export const ANSWER_REASONS = [
  "sent_back",
  "corrected",
  "not_approved",
  "no_class",
  "other_decides",
] as const;

/** Reason -> how often; reasons that this page does not know are left out. */
const counts =
  <const R extends string>(reasons: readonly R[]): Verifier<Partial<Record<R, number>>> =>
  (value, at = "") => {
    const source = record(value, at);
    const out: Partial<Record<R, number>> = {};
    for (const reason of reasons)
      if (source[reason] !== undefined) out[reason] = count(source[reason], `${at}.${reason}`);
    return out;
  };

const preview: Verifier<ExportPreview> = object({
  kind: oneOf(...EXPORT_KINDS),
  source: oneOf(...EXPORT_SOURCES),
  unit: oneOf("answers", "points", "objects"),
  refusal: nullable(text),
  filename: nullable(text),
  zipped: flag,
  files: list(
    object({
      name: text,
      scan_id: nullable(integer),
      scan_name: nullable(text),
      rows: count,
      bytes: count,
    }),
  ),
  file_count: count,
  scan_count: count,
  rows: count,
  bytes: count,
  bytes_exact: flag,
  classes: list(object({ index: nullable(count), count })),
  counted_scans: count,
  columns: list(text),
  sample: list(list(text)),
  left_out: list(object({ scan_id: integer, name: text, reason: oneOf(...SCAN_REASONS) })),
  left_out_count: count,
  left_out_scans: counts(SCAN_REASONS),
  left_out_answers: counts(ANSWER_REASONS),
  snapshot: object({
    last_event_id: count,
    last_review_id: count,
    answers: count,
    checkpoint_id: nullable(integer),
    checkpoint_name: nullable(text),
  }),
});

const formats: Verifier<ExportFormat[]> = list(
  object({
    name: oneOf(...EXPORT_KINDS),
    title: text,
    group: oneOf(...EXPORT_GROUPS),
    version: text,
    holds: text,
    files: list(text),
    sources: list(oneOf(...EXPORT_SOURCES)),
    confidence: flag,
    loader: text,
  }),
);

const manifest: Verifier<Manifest> = (value, at = "") => {
  const source = record(value, at);
  const said = (from: unknown, name: string) =>
    from === undefined ? undefined : text(from, `${at}.${name}`);
  const format = source.written_as === undefined ? {} : record(source.written_as, at);
  return {
    app_version: said(source.app_version, "app_version"),
    version: said(format.version, "version"),
    loader: said(source.loader, "loader"),
    files: Array.isArray(source.files) ? source.files.length : 0,
  };
};

export const exports = {
  formats: (signal: AbortSignal) => request("GET", "/export-formats", formats, { signal }),
  manifest: (id: number) => request("GET", `/exports/${id}/manifest`, manifest),
  preview: (projectId: number, body: ExportOptions, signal: AbortSignal) =>
    request("POST", `/projects/${projectId}/exports/preview`, preview, { body, signal }),
  start: (projectId: number, body: ExportOptions) =>
    request("POST", `/projects/${projectId}/exports`, verify.job, { body }),
  remove: (id: number) => send("DELETE", `/exports/${id}`),
  url: (id: number) => apiUrl(`/exports/${id}/file`),
  manifestUrl: (id: number) => apiUrl(`/exports/${id}/manifest`),
};
