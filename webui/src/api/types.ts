// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Shapes of the HTTP API as the app uses them; `verify.ts` checks every one where it enters. */
export type Triple = [number, number, number];

export interface Page<T> {
  items: T[];
  total: number;
}

export interface User {
  id: number;
  name: string;
  role: "lead" | "annotator";
}

export interface Invitation {
  name: string;
  sign_in_path: string;
}

export interface LabelClass {
  index: number;
  name: string;
  color: string;
  key: string | null;
  instanceable: boolean;
  external_id: number | null;
  description: string;
}

export type NewLabelClass = Omit<LabelClass, "index">;

export interface Preset {
  name: string;
  title: string;
  classes: LabelClass[];
}

export const STRATEGIES = ["kmeans_features", "kmeans_color", "random"] as const;
export type Strategy = (typeof STRATEGIES)[number];

export interface Project {
  id: number;
  name: string;
  description: string;
  budget: number;
  strategy: string;
  auto_select: boolean;
  classes: LabelClass[];
  shown_checkpoint_id: number | null;
  created_at: string;
  counts: { scans: number; queries: number; answered: number; unsure: number; skipped: number };
}

export interface Prediction {
  checkpoint_id: number;
  created_at: string;
  version: string;
}

export interface Scan {
  id: number;
  project_id: number;
  name: string;
  state: "queued" | "importing" | "ready" | "failed";
  error: string | null;
  points: number;
  finite_points: number;
  format: string;
  bytes: number;
  voxel_size_m: number | null;
  up: Triple;
  unit: string;
  warnings: string[];
  shift: Triple;
  bounds: { min: Triple; max: Triple } | null;
  has_features: boolean;
  queries: { total: number; open: number; answered: number; unsure: number; skipped: number };
  answers: number;
  prediction: Prediction | null;
  created_at: string;
}

export interface View {
  eye: Triple;
  target: Triple;
  up: Triple;
}

export type Reply = "class" | "unsure" | "skip";

export interface Answer {
  id: number;
  client_id: string;
  scan_id: number;
  query_id: number | null;
  point_index: number;
  position: Triple;
  reply: Reply;
  class_index: number | null;
  instance: number | null;
  user_name: string;
  created_at: string;
  seconds: number | null;
  strategy: string | null;
  checkpoint_id: number | null;
}

export interface NewAnswer {
  client_id: string;
  query_id: number | null;
  point_index: number;
  reply: Reply;
  class_index: number | null;
  instance: number | null;
  seconds: number | null;
  checkpoint_id: number | null;
}

export interface Query {
  id: number;
  round_id: number;
  rank: number;
  point_index: number;
  position: Triple;
  view: View;
  strategy: string;
  state: "open" | "answered" | "unsure" | "skipped";
  answer: Answer | null;
  leased_by: string | null;
}

export interface Undone {
  undone: Answer | null;
  query_id: number | null;
}

export interface Readiness {
  ready: boolean;
  reasons: string[];
  labelled_points: number;
  classes: { index: number; labelled: number }[];
}

export interface Checkpoint {
  id: number;
  project_id: number | null;
  name: string;
  arch: string;
  variant: string;
  created_at: string;
  bytes: number;
  metrics: Record<string, unknown>;
  config: Record<string, unknown>;
  snapshot: Record<string, unknown>;
  parent_id: number | null;
  shown: boolean;
}

export interface Job {
  id: number;
  kind: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  progress: number;
  message: string;
  error: string | null;
  project_id: number | null;
  scan_id: number | null;
  attempts: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export const EXPORT_KINDS = ["sparse_csv", "sparse_pth", "dense_ply"] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

export interface ExportFile {
  id: number;
  kind: string;
  created_at: string;
  filename: string;
  bytes: number;
}

export interface TileManifest {
  version: number;
  count: number;
  scan_points: number;
  record_bytes: number;
  bounds: { min: Triple; max: Triple };
  has_colour: boolean;
  has_intensity: boolean;
  tiles: Tile[];
}

/** Records `base … base + count` of tiles.bin; position = lo + scale * 16-bit coordinates, local frame. */
export interface Tile {
  base: number;
  count: number;
  lo: Triple;
  scale: Triple;
}
