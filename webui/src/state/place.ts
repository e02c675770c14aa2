// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Where somebody was on a scan, so that they find themselves there again. Kept in the browser. */
import type { Query, Triple } from "../api/types";
import { readStored, writeStored } from "../util/stored";
import {
  count,
  flag,
  integer,
  nullable,
  object,
  text,
  triple,
  type Verified,
} from "../util/verify";
import type { Pose } from "../viewer/camera";
import { nextOpen } from "./queue";

const place = object({
  queryId: nullable(integer),
  open: flag, // The query had no reply then.
  picked: nullable(object({ pointIndex: count, position: triple })),
  instance: nullable(integer),
  mode: nullable(text),
  pose: nullable(object({ eye: triple, target: triple })), // Null: the query's own view.
});

export type Place = Verified<typeof place>;

const keyOf = (scanId: number): string => `fewpoints:place:${scanId}`;
const lastKey = (projectId: number): string => `fewpoints:last-scan:${projectId}`;

export function readPlace(scanId: number): Place | null {
  return readStored(keyOf(scanId), place);
}

export function writePlace(scanId: number, projectId: number, value: Place): void {
  writeStored(keyOf(scanId), value);
  writeStored(lastKey(projectId), scanId);
}

/** The scan of a project that was labelled last in this browser. */
export function lastScan(projectId: number): number | null {
  return readStored(lastKey(projectId), integer);
}

/** Which query to show first: the one left, or the next one where somebody answered that meanwhile. */
export function firstQuery(queries: readonly Query[], left: Place | null): number {
  const index = queries.findIndex((q) => q.id === left?.queryId);
  const there = queries[index];
  if (!there) return queries.length > 0 ? Math.max(nextOpen(queries, -1), 0) : -1;
  if (left?.open && there.state !== "open") {
    const next = nextOpen(queries, index);
    if (next >= 0) return next;
  }
  return index;
}

/** The same place for the eye, but for rounding. */
export function samePose(a: Pose, b: Pose): boolean {
  const near = (p: Triple, q: Triple): boolean =>
    p.every((v, i) => Math.abs(v - (q[i] ?? 0)) <= 1e-4 * Math.max(1, Math.abs(v)));
  return near(a.eye, b.eye) && near(a.target, b.target);
}
