// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Requests about labels that came with files, and the checks on what they answer. */
import {
  count,
  flag,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  record,
  text,
  type Verifier,
} from "../util/verify";
import { request } from "./client";
import type { components } from "./generated/schema";
import * as verify from "./verify";

type Schemas = components["schemas"];
export type LabelFields = Schemas["LabelFieldsRead"];
export type LabelField = Schemas["LabelFieldRead"];
export type LabelValue = Schemas["LabelValue"];
export type LabelImport = Schemas["LabelImportRead"];
export type LabelImportPlan = Schemas["LabelImportPlan"];
export type Suggestion = Schemas["MappingSuggestion"];
export type Truth = Schemas["TruthRead"];
export type Target = LabelImport["target"];
export interface LabelImportOptions {
  mapping: Record<string, unknown>;
  target: Target;
  per_class: number | null;
  scan_ids: number[] | null;
}

const RULES = [
  "names",
  "asprs",
  "semantic_kitti",
  "nyu40",
  "index",
  "external",
  "from_one",
] as const;

const values: Verifier<LabelValue[]> = list((raw, at = "") => {
  const found = record(raw, at);
  return {
    value: integer(found.value, `${at}.value`),
    points: count(found.points, `${at}.points`),
    name: nullable(text)(found.name ?? null, `${at}.name`),
  };
});

const fields: Verifier<LabelFields> = object({
  scans: count,
  waiting: count,
  fields: list(
    object({
      name: text,
      scans: count,
      points: count,
      numbers_objects: flag,
      sparse: flag,
      values: nullable(values),
      low_values: nullable(values),
      suggestions: list(
        object({ rule: oneOf(...RULES), reason: text, share: number, mapping: record }),
      ),
    }),
  ),
});

const plan: Verifier<LabelImportPlan> = object({
  scans: count,
  left_out: count,
  waiting: count,
  answers: count,
  points: count,
  ignored_points: count,
  answered: count,
  replaced: count,
  classes: list(object({ index: count, points: count, answers: count })),
  unlisted: values,
});

const labelImport: Verifier<LabelImport> = object({
  id: integer,
  project_id: integer,
  job_id: nullable(integer),
  state: nullable(oneOf("queued", "running", "done", "failed", "cancelled")),
  target: oneOf("answers", "truth"),
  field: text,
  mapping: record,
  per_class: nullable(count),
  scans: count,
  answers: count,
  points: count,
  created_by: text,
  created_at: text,
  undone_at: nullable(text),
});

const truth: Verifier<Truth> = object({
  scans: count,
  compared: count,
  waiting: count,
  points: count,
  accuracy: nullable(number),
  miou: nullable(number),
  classes: list(
    object({ index: count, points: count, iou: nullable(number), recall: nullable(number) }),
  ),
});

export const labelImports = {
  fields: (projectId: number, scanIds: readonly number[] | null) => {
    const params = new URLSearchParams((scanIds ?? []).map((id) => ["scan_id", String(id)]));
    return request("GET", `/projects/${projectId}/label-fields?${params.toString()}`, fields);
  },
  preview: (projectId: number, body: LabelImportOptions, signal?: AbortSignal) =>
    request("POST", `/projects/${projectId}/label-imports/preview`, plan, {
      body,
      ...(signal ? { signal } : {}),
    }),
  start: (projectId: number, body: LabelImportOptions & { client_id: string }) =>
    request("POST", `/projects/${projectId}/label-imports`, labelImport, { body }),
  newest: async (projectId: number): Promise<LabelImport[]> => {
    const path = `/projects/${projectId}/label-imports?limit=10`;
    return (await request("GET", path, verify.page(labelImport))).items;
  },
  /** How far labels agree with the ground truth of a scan, or of all scans of a project. */
  truth: (of: "scans" | "projects", id: number) =>
    request("GET", `/${of}/${id}/ground-truth`, truth),
  undo: (id: number) => request("POST", `/label-imports/${id}/undo`, labelImport),
};
