// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** One verifier per shape the server sends. */
import {
  count,
  flag,
  integer,
  InvalidData,
  list,
  nullable,
  number,
  object,
  oneOf,
  record,
  text,
  triple,
  type Verifier,
} from "../util/verify";
import * as api from "./types";

export const page = <T>(inner: Verifier<T>): Verifier<api.Page<T>> =>
  object({ items: list(inner), total: count });

export const user: Verifier<api.User> = object({
  id: integer,
  name: text,
  role: oneOf("lead", "annotator"),
});

export const invitation: Verifier<api.Invitation> = (value, at = "") => {
  const result = object({ name: text, sign_in_path: text })(value, at);
  if (!result.sign_in_path.startsWith("/"))
    throw new InvalidData(`${at}.sign_in_path`, "a path on this server", result.sign_in_path);
  return result;
};

/** Colours reach style properties and the GPU palette, so nothing but #rrggbb is let in. */
export const color: Verifier<string> = (value, at = "") => {
  const result = text(value, at);
  if (!/^#[0-9a-f]{6}$/i.test(result)) throw new InvalidData(at, "a colour like #1f77b4", value);
  return result;
};

export const labelClass: Verifier<api.LabelClass> = object({
  index: count,
  name: text,
  color,
  key: nullable(text),
  instanceable: flag,
  external_id: nullable(integer),
  parent: nullable(text),
  description: text,
});

export const preset: Verifier<api.Preset> = object({
  name: text,
  title: text,
  classes: list(labelClass),
});

export const project: Verifier<api.Project> = object({
  id: integer,
  name: text,
  description: text,
  budget: count,
  strategy: oneOf(...api.STRATEGIES),
  auto_select: flag,
  hide_predictions: flag,
  classes: list(labelClass),
  shown_checkpoint_id: nullable(integer),
  created_at: text,
  counts: object({
    scans: count,
    queries: count,
    answered: count,
    unsure: count,
    skipped: count,
    unlisted: count,
  }),
});

const fixes: Verifier<api.Fixes> = object({
  unit: nullable(oneOf(...api.UNITS)),
  up: nullable(oneOf(...api.UP_AXES)),
  drop_duplicates: flag,
  thin_to: nullable(number),
  unaligned: flag,
});

/** A fix that is offered names only what it changes. */
const partFixes: Verifier<Partial<api.Fixes>> = (value, at) => {
  const { unit, up, drop_duplicates, thin_to, unaligned } = fixes(
    { drop_duplicates: false, unaligned: false, ...record(value, at) },
    at,
  );
  return {
    ...(unit && { unit }),
    ...(up && { up }),
    ...(drop_duplicates && { drop_duplicates }),
    ...(thin_to && { thin_to }),
    ...(unaligned && { unaligned }),
  };
};

const importOptions: Verifier<api.ImportOptions> = object({
  version: integer,
  fixes,
  text: nullable(record),
  member: nullable(text),
});

const bounds = object({ min: triple, max: triple });

export const scan: Verifier<api.Scan> = object({
  id: integer,
  project_id: integer,
  name: text,
  state: oneOf("queued", "importing", "ready", "failed"),
  error: nullable(text),
  can_retry: flag,
  points: nullable(count),
  finite_points: nullable(count),
  format: nullable(text),
  bytes: count,
  voxel_size_m: nullable(number),
  up: nullable(triple),
  unit: nullable(text),
  warnings: list(text),
  shift: nullable(triple),
  bounds: nullable(bounds),
  options: importOptions,
  has_features: flag,
  queries: object({
    total: count,
    open: count,
    answered: count,
    unsure: count,
    skipped: count,
    unlisted: count,
  }),
  answers: count,
  unexplained: nullable(number),
  answered_at: nullable(text),
  prediction: nullable(
    object({ checkpoint_id: integer, created_at: text, version: text, last_event_id: count }),
  ),
  dense: nullable(object({ version: text, last_event_id: count })),
  version: nullable(text),
  created_at: text,
});

export const truthState: Verifier<api.TruthState> = object({ version: nullable(text) });

export const rightAndWrong: Verifier<api.RightAndWrong> = object({
  records: count,
  right: count,
  wrong: count,
});

export const recordCounts: Verifier<api.RecordCounts> = object({
  records: count,
  counts: list(object({ class_index: nullable(count), instance: nullable(count), records: count })),
});

export const channel: Verifier<api.Channel> = object({
  name: oneOf("intensity", "normals", "features"),
  state: oneOf("ready", "missing", "unavailable"),
  reason: nullable(text),
  version: nullable(text),
  low: nullable(number),
  high: nullable(number),
  estimated: flag,
});

export const scanPage: Verifier<api.ScanPage> = object({
  items: list(scan),
  total: count,
  scans: count,
  states: object({ queued: count, importing: count, ready: count, failed: count }),
});

export const author: Verifier<api.Author> = object({ id: integer, name: text });

export const bulkResult: Verifier<api.BulkResult> = object({
  matched: count,
  done: count,
  answers: count,
  refused: list(
    object({
      reason: oneOf("not_ready", "prepared", "under_way", "not_failed", "file_gone"),
      count,
      names: list(text),
    }),
  ),
  batch: nullable(integer),
});

export const nextScan: Verifier<api.NextScan> = object({
  scan_id: integer,
  name: text,
  open: count,
  unexplained: nullable(number),
  reason: text,
});

const reply = oneOf("class", "unsure", "skip", "unlisted");

export const answer: Verifier<api.Answer> = object({
  id: integer,
  client_id: text,
  scan_id: integer,
  query_id: nullable(integer),
  point_index: count,
  position: triple,
  reply,
  class_index: nullable(count),
  instance: nullable(integer),
  user_name: text,
  created_at: text,
  seconds: nullable(number),
  strategy: nullable(text),
  checkpoint_id: nullable(integer),
  note: nullable(text),
});

export const note: Verifier<api.Note> = object({ text, user_name: text, created_at: text });

export const query: Verifier<api.Query> = object({
  id: integer,
  round_id: integer,
  rank: integer,
  point_index: count,
  position: triple,
  view: object({ eye: triple, target: triple, up: triple }),
  strategy: text,
  state: oneOf("open", "answered", "unsure", "skipped", "unlisted"),
  answer: nullable(answer),
  notes: list(note),
  leased_by: nullable(text),
  sent_back: nullable(
    object({
      author: text,
      reviewer: text,
      note: nullable(text),
      reply,
      class_index: nullable(count),
      created_at: text,
    }),
  ),
});

export const undone: Verifier<api.Undone> = object({
  undone: nullable(answer),
  query_id: nullable(integer),
});

export const redone: Verifier<api.Redone> = object({
  redone: nullable(answer),
  query_id: nullable(integer),
});

export const answersImported: Verifier<api.AnswersImported> = object({
  imported: count,
  skipped: count,
  problems: list(text),
});

export const network: Verifier<api.Network> = object({ trained: flag, note: text });

export const readiness: Verifier<api.Readiness> = object({
  ready: flag,
  reasons: list(text),
  labelled_points: count,
  labelled_scans: count,
  classes: list(object({ index: count, labelled: count, few: flag })),
});

export const checkpoint: Verifier<api.Checkpoint> = object({
  id: integer,
  project_id: nullable(integer),
  name: text,
  arch: text,
  variant: text,
  created_at: text,
  bytes: count,
  sha256: text,
  metrics: record,
  config: record,
  snapshot: nullable(object({ answers: count, last_event_id: count, classes: list(text) })),
  parent_id: nullable(integer),
  agreement: nullable(number),
  shown: flag,
  job_id: nullable(integer),
  user_name: nullable(text),
  seconds: nullable(number),
  predicted_scans: count,
  lacking_scans: count,
  newer_answers: count,
});

const jobKind = oneOf(
  "import",
  "features",
  "select",
  "finetune",
  "predict",
  "export",
  "normals",
  "labels",
  "pack",
  "restore",
);

export const job: Verifier<api.Job> = object({
  id: integer,
  kind: jobKind,
  state: oneOf("queued", "running", "done", "failed", "cancelled"),
  progress: number,
  message: text,
  error: nullable(text),
  project_id: nullable(integer),
  scan_id: nullable(integer),
  scan_name: nullable(text),
  batch: nullable(integer),
  result: record,
  attempts: count,
  created_at: text,
  started_at: nullable(text),
  finished_at: nullable(text),
});

export const jobGroup: Verifier<api.JobGroup> = object({
  kind: jobKind,
  batch: nullable(integer),
  queued: count,
  running: count,
  done: count,
  failed: count,
  cancelled: count,
});

export const exportFile: Verifier<api.ExportFile> = object({
  id: integer,
  kind: oneOf(...api.EXPORT_KINDS),
  created_at: text,
  created_by: nullable(text),
  filename: text,
  bytes: count,
  sha256: nullable(text),
  options: nullable(record),
  snapshot: record,
});

const finding: Verifier<api.Finding> = object({
  code: text,
  sentence: text,
  severity: oneOf("info", "warning", "problem"),
  fix: nullable(partFixes),
  suggested: flag,
});

/** Reports of scans that were imported before there were findings have none. */
const reportFindings: Verifier<api.Finding[]> = (value, at) =>
  value === undefined ? [] : list(finding)(value, at);

/** What of the preflight report is shown. */
export const preflight: Verifier<api.Preflight> = object({
  format: text,
  points: count,
  finite_points: count,
  extent: triple,
  unit: text,
  unit_reason: text,
  up_axis: text,
  up_sign: number,
  up_reason: text,
  voxel_size_m: number,
  voxel_size_reason: text,
  fields: list(object({ name: text, type: text })),
  warnings: list(text),
  findings: reportFindings,
});

const textTable: Verifier<api.TextTable> = object({
  layout: nullable(
    object({
      columns: list(oneOf(...api.COLUMN_ROLES)),
      delimiter: oneOf(...api.DELIMITERS),
      decimal: oneOf(...api.DECIMAL_MARKS),
      skip: count,
      names: list(text),
      reason: text,
    }),
  ),
  lines: list(object({ number: count, text })),
});

export const scans: Verifier<api.Scan[]> = list(scan);

const uploadProblem = object({ code: text, message: text });

const uploadScan: Verifier<api.UploadScan> = object({
  member: text,
  title: text,
  kind: oneOf("file", "sweep", "scannet", "s3dis", "arrays", "frames"),
  files: count,
  bytes: count,
  preflight: nullable(preflight),
  problem: nullable(uploadProblem),
  scan_id: nullable(integer),
});

export const upload: Verifier<api.Upload> = object({
  id: integer,
  project_id: nullable(integer),
  name: text,
  bytes: count,
  received: count,
  fingerprint: text,
  state: oneOf("receiving", "received", "checked", "refused", "imported"),
  options: importOptions,
  preflight: nullable(preflight),
  problem: nullable(uploadProblem),
  text_table: nullable(textTable),
  twins: list(text),
  scans: list(uploadScan),
  left_out: list(object({ file: text, reason: text })),
  tables: list(object({ member: text, members: list(text), said: flag, table: textTable })),
  scan_id: nullable(integer),
  job_id: nullable(integer),
  created_at: text,
  expires_at: text,
});

export const person: Verifier<api.Person> = object({
  id: integer,
  name: text,
  role: oneOf("lead", "annotator"),
  created_at: text,
  signed_in: flag,
});

export const pace: Verifier<api.Pace> = object({
  answers: count,
  median_seconds: nullable(number),
});

const tile = object({ base: count, count, lo: triple, scale: triple });

/** Also checks that the tiles cover the records without gap or overlap: picking depends on it. */
export const tileManifest: Verifier<api.TileManifest> = (value, at = "tiles.json") => {
  const manifest = object({
    version: count,
    count,
    scan_points: count,
    record_bytes: count,
    bounds,
    has_colour: flag,
    has_intensity: flag,
    tiles: list(tile),
  })(value, at);
  if (manifest.version !== 1) throw new InvalidData(`${at}.version`, "1", manifest.version);
  if (manifest.record_bytes !== 12)
    throw new InvalidData(`${at}.record_bytes`, "12", manifest.record_bytes);
  let next = 0;
  manifest.tiles.forEach((t, i) => {
    if (t.base !== next) throw new InvalidData(`${at}.tiles[${i}].base`, String(next), t.base);
    next += t.count;
  });
  if (next !== manifest.count)
    throw new InvalidData(`${at}.count`, `the sum of its tiles, ${next},`, manifest.count);
  return manifest;
};
