// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the dashboard asks the server for. */
import { send } from "../api/client";
import type { components } from "../api/generated/schema";
import { color } from "../api/verify";
import {
  count,
  flag,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  text,
  type Verifier,
} from "../util/verify";

type Schemas = components["schemas"];
export type ScanStates = Schemas["ScanStates"];
export type Activity = Schemas["ActivityRead"];
export type Person = Schemas["PersonActivity"];
export type ClassBalance = Schemas["ClassBalanceRead"];

export type Advice = Schemas["AdviceRead"];
export type Coverage = Schemas["CoverageRead"];
export type ScanCoverage = Schemas["ScanCoverage"];
export type Curve = Schemas["CurveRead"];
export type Versions = Schemas["VersionsRead"];

export const RANGES = [1, 7, 30, 365] as const; // Days.
export type Range = (typeof RANGES)[number];

const scanStates: Verifier<ScanStates> = object({
  total: count,
  waiting: count,
  importing: count,
  failed: count,
  unasked: count,
  untouched: count,
  begun: count,
  finished: count,
});

const replies = object({
  labelled: count,
  unsure: count,
  skipped: count,
  unlisted: count,
  undone: count,
  imported: count,
});

const seconds = nullable(object({ replies: count, lower: number, median: number, upper: number }));

const work = {
  replies,
  spent_s: number,
  counts: list(count),
  seconds,
  per_hour: nullable(number),
};

const activity: Verifier<Activity> = object({
  time_zone: text,
  bucket: oneOf("hour", "day", "week"),
  starts: list(text),
  end: text,
  today: count,
  ...work,
  people: list(object({ user_id: integer, name: text, ...work })),
  total_people: count,
});

const classBalance: Verifier<ClassBalance> = object({
  classes: list(
    object({ index: count, name: text, color, answers: count, share: nullable(number) }),
  ),
  answers: count,
  scans: count,
  counted: count,
});

const share = nullable(number);

const advice: Verifier<Advice> = object({
  verdict: oneOf("stop", "go_on", "too_early"),
  answers: count,
  needed: count,
  gain: nullable(object({ clicks: count, expected: number, low: number, high: number })),
  reason: text,
});

const scanCoverage: Verifier<ScanCoverage> = object({
  scan_id: integer,
  name: text,
  answers: count,
  superpoints: nullable(count),
  answered: nullable(count),
  explained: share,
  reached: share,
  current: flag,
  advice,
});

const coverage: Verifier<Coverage> = object({
  scans: count,
  prepared: count,
  waiting: count,
  answered: number,
  explained: number,
  reached: number,
  stop: count,
  go_on: count,
  too_early: count,
  needed: count,
  best: nullable(scanCoverage),
  items: list(scanCoverage),
  total: count,
});

const curve: Verifier<Curve> = object({
  scan_id: integer,
  name: text,
  answers: count,
  needed: count,
  current: flag,
  tested: count,
  points: list(
    object({
      answers: count,
      right: share,
      right_low: share,
      right_high: share,
      right_plain: share,
      miou: share,
      agreement: share,
    }),
  ),
  advice,
});

const versions: Verifier<Versions> = object({
  items: list(
    object({
      checkpoint_id: integer,
      name: text,
      variant: text,
      created_at: text,
      answers: count,
      measured: count,
      miou: share,
      accuracy: share,
      agreement: share,
    }),
  ),
  total: count,
});

/** One thing to read again and again: what has not changed is not sent, and stays the same object. */
export class Source<T> {
  private tag: string | undefined;
  private path = "";
  private value: T | null = null;

  constructor(private readonly check: Verifier<T>) {}

  async read(path: string): Promise<T> {
    const known = path === this.path && this.value !== null ? this.tag : undefined;
    const response = await send("GET", path, {
      cache: "no-store",
      ...(known === undefined ? {} : { known }),
    });
    if (response.status === 304 && this.value !== null) return this.value;
    const value = this.check(await response.json());
    this.tag = response.headers.get("ETag") ?? undefined;
    this.path = path;
    this.value = value;
    return value;
  }
}

export const sources = () => ({
  scans: new Source(scanStates),
  activity: new Source(activity),
  classes: new Source(classBalance),
  coverage: new Source(coverage),
  curve: new Source(curve),
  versions: new Source(versions),
});

export function activityPath(days: number): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  return `activity?days=${days}&time_zone=${encodeURIComponent(zone)}`;
}
