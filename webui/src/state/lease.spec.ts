// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Query } from "../api/types";
import { QueryLease, RENEWAL_MS } from "./lease";

const open: Query = {
  id: 5,
  round_id: 1,
  rank: 0,
  point_index: 7,
  position: [0, 0, 0],
  view: { eye: [1, 0, 0], target: [0, 0, 0], up: [0, 0, 1] },
  strategy: "random",
  state: "open",
  answer: null,
  notes: [],
  leased_by: null,
  sent_back: null,
};

const taken = { error: { code: "leased_elsewhere", message: "Ada works on this point now." } };

/** A label page that shows `shown`, and a server that answers leases with `reply`. */
function labelPage(status: number, reply: unknown, others: Query[] = []) {
  const asked: string[] = [];
  vi.stubGlobal("document", { baseURI: "http://lab.example/", hidden: false });
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${new URL(url).pathname}`);
    return Promise.resolve(
      url.endsWith("/lease") ? Response.json(reply, { status }) : Response.json(others),
    );
  });
  const known: [number, string | null][] = [];
  const state = { shown: open as Query | null, moved: [] as string[] };
  const lease = new QueryLease({
    scanId: 3,
    query: () => state.shown,
    leasedBy: (id, name) => known.push([id, name]),
    moveOn: (holder) => {
      state.moved.push(holder);
      return true;
    },
  });
  return { lease, asked, known, state };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a lease", () => {
  it("is renewed for as long as its query is shown", async () => {
    const { lease, asked, state } = labelPage(200, { ...open, leased_by: null });
    await lease.take(open, true);
    await vi.advanceTimersByTimeAsync(RENEWAL_MS * 2.5);
    expect(asked).toEqual(Array(3).fill("POST /api/v1/queries/5/lease"));
    state.shown = { ...open, id: 6 };
    await vi.advanceTimersByTimeAsync(RENEWAL_MS * 2);
    expect(asked).toHaveLength(3);
  });

  it("that somebody else holds moves the page on and names who it is", async () => {
    const { lease, known, state } = labelPage(409, taken, [{ ...open, leased_by: "Ada" }]);
    await lease.take(open, true);
    expect(state.moved).toEqual(["Ada"]);
    expect(known).toEqual([[5, "Ada"]]);
  });

  it("of a query that was chosen on purpose keeps the page where it is", async () => {
    const { lease, state } = labelPage(409, taken);
    await lease.take({ ...open, leased_by: "Ada" }, true);
    await lease.take(open, false);
    expect(state.moved).toEqual([]);
  });

  it("is not asked for when the query has its answer, and ends with the page", async () => {
    const { lease, asked } = labelPage(200, open);
    await lease.take({ ...open, state: "answered" }, true);
    expect(asked).toEqual([]);
    await lease.take(open, true);
    lease.dispose();
    await vi.advanceTimersByTimeAsync(RENEWAL_MS * 2);
    expect(asked).toHaveLength(1);
  });
});
