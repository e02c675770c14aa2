// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which answers a reviewer looks at. It stands in the address, so that reloading, going back and sharing keep it. */
import { REVIEW_STATES, type ReviewState } from "../api/reviews";

export const SORTS = ["newest", "oldest", "contradicted"] as const;
export const DISAGREEMENTS = ["prediction", "people"] as const;

export interface ReviewFilter {
  state: ReviewState | ""; // Empty: all.
  classIndex: number | null;
  user: string;
  scanId: number | null;
  reply: string;
  disagrees: (typeof DISAGREEMENTS)[number] | "";
  after: string; // A day, YYYY-MM-DD, in the reader's own time; empty: any.
  before: string; // The last day, as well.
  noted: boolean;
  sort: (typeof SORTS)[number];
}

export const START: ReviewFilter = {
  state: "unreviewed",
  classIndex: null,
  user: "",
  scanId: null,
  reply: "",
  disagrees: "",
  after: "",
  before: "",
  noted: false,
  sort: "newest",
};

const REPLIES = ["class", "unsure", "skip", "unlisted"];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const oneOf = <T extends string>(
  value: string | null,
  allowed: readonly T[],
  other: T | "",
): T | "" => (value === null ? other : (allowed.find((name) => name === value) ?? ""));
const whole = (value: string | null): number | null =>
  value !== null && /^\d{1,15}$/.test(value) ? Number(value) : null;
const day = (value: string | null): string => (value !== null && DAY.test(value) ? value : "");

/** What the query part of the address says; what makes no sense is left out. */
export function parseFilter(query: string): ReviewFilter {
  const given = new URLSearchParams(query);
  return {
    state: oneOf(given.get("state"), REVIEW_STATES, START.state),
    classIndex: whole(given.get("class")),
    user: given.get("user") ?? "",
    scanId: whole(given.get("scan")),
    reply: oneOf(given.get("reply"), REPLIES, ""),
    disagrees: oneOf(given.get("disagrees"), DISAGREEMENTS, ""),
    after: day(given.get("after")),
    before: day(given.get("before")),
    noted: given.get("noted") === "1",
    sort: oneOf(given.get("sort"), SORTS, "") || START.sort,
  };
}

/** The query part of the address; empty for what the page starts with. */
export function formatFilter(filter: ReviewFilter): string {
  const out = new URLSearchParams();
  if (filter.state !== START.state) out.set("state", filter.state);
  if (filter.classIndex !== null) out.set("class", String(filter.classIndex));
  if (filter.user) out.set("user", filter.user);
  if (filter.scanId !== null) out.set("scan", String(filter.scanId));
  if (filter.reply) out.set("reply", filter.reply);
  if (filter.disagrees) out.set("disagrees", filter.disagrees);
  if (filter.after) out.set("after", filter.after);
  if (filter.before) out.set("before", filter.before);
  if (filter.noted) out.set("noted", "1");
  if (filter.sort !== START.sort) out.set("sort", filter.sort);
  return out.toString();
}

/** What the server is asked for, but for the order. */
export interface ServerFilter {
  state?: ReviewState[];
  class_index?: number[];
  user?: string[];
  scan_id?: number[];
  reply?: ("class" | "unsure" | "skip" | "unlisted")[];
  disagrees?: "prediction" | "people";
  after?: string;
  before?: string;
  noted?: boolean;
}

export function serverFilter(filter: ReviewFilter): ServerFilter {
  const out: ServerFilter = {};
  if (filter.state) out.state = [filter.state];
  if (filter.classIndex !== null) out.class_index = [filter.classIndex];
  if (filter.user) out.user = [filter.user];
  if (filter.scanId !== null) out.scan_id = [filter.scanId];
  if (filter.reply) out.reply = [filter.reply as "class"]; // Checked by `parseFilter`.
  if (filter.disagrees) out.disagrees = filter.disagrees;
  if (filter.after) out.after = new Date(`${filter.after}T00:00:00`).toISOString();
  if (filter.before) {
    const end = new Date(`${filter.before}T00:00:00`);
    end.setDate(end.getDate() + 1);
    out.before = end.toISOString();
  }
  if (filter.noted) out.noted = true;
  return out;
}

/** As the query of a request. */
export function filterQuery(filter: ReviewFilter): string {
  const out = new URLSearchParams({ sort: filter.sort });
  for (const [name, value] of Object.entries(serverFilter(filter)))
    for (const one of Array.isArray(value) ? value : [value]) out.append(name, String(one));
  return out.toString();
}
