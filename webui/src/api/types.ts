// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Short names for the generated types of the HTTP interface; `verify.ts` checks every one where it enters. */
import type { components } from "./generated/schema";

type Schemas = components["schemas"];

export type Triple = [number, number, number];

export interface Page<T> {
  items: T[];
  total: number;
}

export type User = Schemas["UserRead"];
export type Invitation = Schemas["InvitationRead"];
export type LabelClass = Schemas["LabelClassRead"];
export type NewLabelClass = Schemas["LabelClassWrite"];
export type Preset = Schemas["PresetRead"];
export type Project = Schemas["ProjectRead"];
export type NewProject = Schemas["ProjectCreate"];
export type ProjectChange = Schemas["ProjectUpdate"];
export type NextScan = Schemas["NextScanRead"];
export type Scan = Schemas["ScanRead"];
export type ScanState = Scan["state"];
export type ScanPage = Schemas["ScanPage"];
export type Author = Schemas["AuthorRead"];
export type BulkAction = Schemas["BulkCreate"]["action"];
/** `expected` scans are meant: those of `ids`, or all that meet `filter` but `without`. */
export interface BulkRequest {
  action: BulkAction;
  ids?: number[];
  filter?: Record<string, string | number | boolean>;
  without?: number[];
  expected?: number;
  dry_run?: boolean;
}
export type BulkResult = Schemas["BulkRead"];
export type ScanChange = Schemas["ScanUpdate"];
export type Network = Schemas["NetworkRead"];
export type AnswersImported = Schemas["AnswersImported"];
export type View = Schemas["View"];
export type Answer = Schemas["AnswerRead"];
export type Reply = Answer["reply"];
export type NewAnswer = Required<Schemas["AnswerCreate"]>;
export type Query = Schemas["QueryRead"];
export type SentBack = Schemas["SentBack"];
export type Undone = Schemas["UndoRead"];
export type Redone = Schemas["RedoRead"];
export type Note = Schemas["NoteRead"];
export type NewNote = Required<Schemas["NoteCreate"]>;
export type Readiness = Schemas["Readiness"];
export type Checkpoint = Schemas["CheckpointRead"];
export type Job = Schemas["JobRead"];
export type JobGroup = Schemas["JobGroupRead"];
export type ExportFile = Schemas["ExportRead"];
export type ExportKind = ExportFile["kind"];
/** Its preflight is null until it was checked, and where a check was given up. */
export type Upload = Omit<Schemas["UploadRead"], "preflight" | "scans"> & {
  preflight: Preflight | null;
  scans: UploadScan[];
};
/** One scan of an archive; with neither a preflight nor a problem it was not looked at. */
export type UploadScan = Omit<Schemas["UploadScan"], "preflight"> & { preflight: Preflight | null };
export type ImportOptions = Schemas["ImportOptionsBody"];
export type Fixes = Schemas["FixesBody"];
/** A text file as a table of points; its layout is null where none was detected, or said. */
export type TextTable = Schemas["TextTable"];
export type ArchiveTable = Schemas["ArchiveTable"];
export type TextLayout = Schemas["TextLayoutRead"];
export type ColumnRole = TextLayout["columns"][number];
export type Delimiter = TextLayout["delimiter"];
export type DecimalMark = TextLayout["decimal"];
export type Person = Schemas["PersonRead"];
export type Pace = Schemas["PaceRead"];
export type Strategy = Project["strategy"];
export type Variant = Schemas["TrainingCreate"]["variant"];
export type NewTraining = Required<Schemas["TrainingCreate"]>;
export type NewRound = Pick<Schemas["RoundCreate"], "strategy" | "budget">;

export const UNITS = [
  "metres",
  "millimetres",
  "centimetres",
  "feet",
  "US survey feet",
  "inches",
] as const satisfies readonly NonNullable<Fixes["unit"]>[];

export const UP_AXES = ["+z", "-z", "+y", "-y", "+x", "-x"] as const satisfies readonly NonNullable<
  Fixes["up"]
>[];

export const COLUMN_ROLES = [
  "x",
  "y",
  "z",
  "r",
  "g",
  "b",
  "nx",
  "ny",
  "nz",
  "intensity",
  "label",
  "skip",
] as const satisfies readonly ColumnRole[];
export const DELIMITERS = [
  "blanks",
  "tab",
  "comma",
  "semicolon",
] as const satisfies readonly Delimiter[];
export const DECIMAL_MARKS = ["point", "comma"] as const satisfies readonly DecimalMark[];

export const STRATEGIES = [
  "mixed",
  "uncertain",
  "diverse",
  "kmeans_features",
  "kmeans_color",
  "random",
] as const satisfies readonly Strategy[];

export const EXPORT_KINDS = [
  "sparse_csv",
  "sparse_parquet",
  "sparse_pth",
  "ply",
  "las",
  "laz",
  "npz",
  "npy",
  "semantic_kitti",
  "scannet",
  "boxes_json",
  "kitti_boxes",
  "labelcloud_rel",
  "labelcloud_abs",
  "supervisely",
  "cvat_kitti",
] as const satisfies readonly ExportKind[];
export const EXPORT_GROUPS = ["sparse", "dense", "objects"] as const;
export const EXPORT_SOURCES = ["answers", "prediction"] as const;

/** Lengths in the file's unit. */
export interface Preflight {
  format: string;
  points: number;
  finite_points: number;
  extent: Triple;
  unit: string;
  unit_reason: string;
  up_axis: string;
  up_sign: number;
  up_reason: string;
  voxel_size_m: number;
  voxel_size_reason: string;
  fields: { name: string; type: string }[];
  warnings: string[];
  findings: Finding[];
}

/** `info` needs nobody; the others wait for a decision. `suggested`: its fix is no mere guess. */
export interface Finding {
  code: string;
  sentence: string;
  severity: "info" | "warning" | "problem";
  fix: Partial<Fixes> | null;
  suggested: boolean;
}

export type Channel = Schemas["ChannelRead"];
export type ChannelName = Channel["name"];

/** How many records of a scan have which class, or are of which object. */
export type TruthState = Schemas["TruthState"];
export type RightAndWrong = Schemas["RightAndWrong"];
export type RecordCounts = Schemas["RecordCounts"];

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
