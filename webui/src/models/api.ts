// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the pages about models ask the server for. */
import { apiUrl, bytesOf, request, send } from "../api/client";
import type { components } from "../api/generated/schema";
import { checkpoint, page } from "../api/verify";
import {
  count,
  integer,
  InvalidData,
  list,
  nullable,
  number,
  object,
  text,
  triple,
  type Verifier,
} from "../util/verify";

type Schemas = components["schemas"];
export type Losses = Schemas["LossesRead"];
export type Comparison = Schemas["Comparison"];
export type ComparedScan = Schemas["ComparedScan"];
export type FlippedPatch = Schemas["FlippedPatch"];

/** A cell of the table of two versions: a class of the first and one of the second; null is no class. */
export interface Cell {
  from: number | null;
  to: number | null;
}

export interface LogPart {
  text: string;
  next: number; // Where to read on, bytes.
}

const losses: Verifier<Losses> = (value, at = "") => {
  const read = object({ total: count, steps: list(count), losses: list(number) })(value, at);
  if (read.losses.length !== read.steps.length)
    throw new InvalidData(`${at}.losses`, `a list of ${read.steps.length}`, read.losses);
  return read;
};

const pair: Verifier<[number, number]> = (value, at = "") => {
  const [first, second, ...rest] = list(count)(value, at);
  if (first === undefined || second === undefined || rest.length > 0)
    throw new InvalidData(at, "two counts", value);
  return [first, second];
};

const comparison: Verifier<Comparison> = (value, at = "") => {
  const read = object({
    first_id: integer,
    second_id: integer,
    counts: list(list(count)),
    points: count,
    flipped: count,
    agreement: nullable(number),
    per_class: list(
      object({ index: count, first: count, second: count, left: count, came: count }),
    ),
    compared: count,
    common: count,
    lacking: pair,
    scans: page(object({ scan_id: integer, name: text, points: count, flipped: count })),
  })(value, at);
  const side = read.counts.length;
  if (read.counts.some((row) => row.length !== side))
    throw new InvalidData(`${at}.counts`, `a table of ${side} × ${side}`, read.counts);
  return read;
};

const patch: Verifier<FlippedPatch> = object({
  from_class: nullable(count),
  to_class: nullable(count),
  points: count,
  point_index: count,
  position: triple,
  radius: number,
  view: object({ eye: triple, target: triple, up: triple }),
});

/** The cell as query parameters; 255 stands for no class. */
function cellQuery(cell: Cell | null): string {
  return cell ? `&from_class=${cell.from ?? 255}&to_class=${cell.to ?? 255}` : "";
}

const quick = (signal?: AbortSignal) => (signal ? { signal } : {});

export const models = {
  /** Whole lines of a job's log, from an offset on or the last ones. */
  log: async (jobId: number, after: number | null, signal?: AbortSignal): Promise<LogPart> => {
    const query = after === null ? "" : `?after=${after}`;
    const response = await send("GET", `/jobs/${jobId}/log${query}`, {
      headers: { Accept: "text/plain" },
      ...(signal ? { signal } : {}),
    });
    const body = new TextDecoder().decode(await bytesOf(response));
    const next = Number(response.headers.get("X-Log-Next") ?? NaN);
    return { text: body, next: count(next, "X-Log-Next") };
  },
  losses: (jobId: number, signal: AbortSignal) =>
    request("GET", `/jobs/${jobId}/losses`, losses, { signal }),
  /** How many jobs are in front of a queued one. */
  ahead: async (jobId: number): Promise<number> =>
    (await request("GET", `/jobs/${jobId}/queue`, object({ ahead: count }))).ahead,
  rename: (id: number, name: string) =>
    request("PATCH", `/checkpoints/${id}`, checkpoint, { body: { name } }),
  remove: (id: number) => send("DELETE", `/checkpoints/${id}`),
  fileUrl: (id: number) => apiUrl(`/checkpoints/${id}/file`),
  predictLacking: async (id: number): Promise<number> =>
    (await request("POST", `/checkpoints/${id}/predictions`, object({ queued: count }))).queued,
  compare: (
    project: number,
    [first, second]: readonly [number, number],
    cell: Cell | null,
    offset: number,
    limit: number,
    signal?: AbortSignal,
  ) =>
    request(
      "GET",
      `/projects/${project}/comparisons/${first}/${second}?offset=${offset}&limit=${limit}${cellQuery(cell)}`,
      comparison,
      quick(signal),
    ),
  patches: (
    project: number,
    [first, second]: readonly [number, number],
    scan: number,
    cell: Cell | null,
    offset: number,
    limit: number,
    signal?: AbortSignal,
  ) =>
    request(
      "GET",
      `/projects/${project}/comparisons/${first}/${second}/scans/${scan}/patches?offset=${offset}&limit=${limit}${cellQuery(cell)}`,
      page(patch),
      quick(signal),
    ),
};
