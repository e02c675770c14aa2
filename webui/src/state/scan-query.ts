// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which scans a table shows and in which order, as the address and the server write it. */
import type { ScanState } from "../api/types";

export const SCAN_SORTS = [
  "created",
  "name",
  "points",
  "state",
  "answered",
  "unexplained",
  "active",
] as const;
export type ScanSort = (typeof SCAN_SORTS)[number];
export const SCAN_STATES = [
  "failed",
  "importing",
  "queued",
  "ready",
] as const satisfies readonly ScanState[];
export const PROGRESSES = ["untouched", "started", "done"] as const;
export type Progress = (typeof PROGRESSES)[number];

export interface ScanFilter {
  name: string; // Part of it; "" for any.
  state: ScanState | null;
  progress: Progress | null;
  warnings: boolean | null;
  predicted: boolean | null;
  person: number | null;
}

export interface ScanQuery extends ScanFilter {
  sort: ScanSort;
  descending: boolean;
}

export const ALL_SCANS: ScanFilter = {
  name: "",
  state: null,
  progress: null,
  warnings: null,
  predicted: null,
  person: null,
};
const OLDEST_FIRST = { sort: "created", descending: false } as const;

/** What an address says; whatever it says wrongly is left out. */
export function readScanQuery(params: URLSearchParams): ScanQuery {
  const sort = params.get("sort") ?? "";
  const name = sort.replace(/^-/, "");
  const person = params.get("person") ?? "";
  return {
    name: (params.get("name") ?? "").slice(0, 200),
    state: among(SCAN_STATES, params.get("state")),
    progress: among(PROGRESSES, params.get("progress")),
    warnings: yesNo(params.get("warnings")),
    predicted: yesNo(params.get("predicted")),
    person: /^[1-9][0-9]{0,8}$/.test(person) ? Number(person) : null,
    sort: among(SCAN_SORTS, name) ?? OLDEST_FIRST.sort,
    descending: among(SCAN_SORTS, name) !== null && sort.startsWith("-"),
  };
}

/** The address of a query: only what is not as it is without one. */
export function writeScanQuery(query: ScanQuery): URLSearchParams {
  const params = filterParams(query);
  if (query.sort !== OLDEST_FIRST.sort || query.descending)
    params.set("sort", `${query.descending ? "-" : ""}${query.sort}`);
  return params;
}

/** The query as the server takes it. */
export function requestParams(query: ScanQuery, offset: number, limit: number): URLSearchParams {
  const params = filterParams(query);
  params.set("sort", query.sort);
  params.set("descending", String(query.descending));
  params.set("offset", String(offset));
  params.set("limit", String(limit));
  return params;
}

/** The filter as the body of a request takes it. */
export function requestFilter(filter: ScanFilter): Record<string, string | number | boolean> {
  const { name, state, progress, warnings, predicted, person } = filter;
  return {
    ...(name === "" ? {} : { name }),
    ...(state === null ? {} : { state }),
    ...(progress === null ? {} : { progress }),
    ...(warnings === null ? {} : { warnings }),
    ...(predicted === null ? {} : { predicted }),
    ...(person === null ? {} : { person }),
  };
}

export function isFiltered(filter: ScanFilter): boolean {
  return Object.keys(requestFilter(filter)).length > 0;
}

export function sameQuery(a: ScanQuery, b: ScanQuery): boolean {
  return writeScanQuery(a).toString() === writeScanQuery(b).toString();
}

function filterParams(filter: ScanFilter): URLSearchParams {
  return new URLSearchParams(
    Object.entries(requestFilter(filter)).map(([key, value]): [string, string] => [
      key,
      String(value),
    ]),
  );
}

function among<T extends string>(values: readonly T[], value: string | null): T | null {
  return values.find((known) => known === value) ?? null;
}

const yesNo = (value: string | null): boolean | null =>
  value === "true" ? true : value === "false" ? false : null;
