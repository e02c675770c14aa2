// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Query } from "../api/types";
import { firstQuery, lastScan, type Place, readPlace, samePose, writePlace } from "./place";

const queries = (...states: Query["state"][]): Query[] =>
  states.map((state, i) => ({
    id: 10 + i,
    round_id: 1,
    rank: i,
    point_index: i,
    position: [0, 0, 0],
    view: { eye: [0, 0, 0], target: [1, 0, 0], up: [0, 0, 1] },
    strategy: "random",
    state,
    answer: null,
    notes: [],
    sent_back: null,
    leased_by: null,
  }));

const left = (change: Partial<Place> = {}): Place => ({
  queryId: 11,
  open: true,
  picked: null,
  instance: null,
  mode: null,
  pose: null,
  ...change,
});

describe("the query to begin with", () => {
  it("is the first open one for somebody new, and the first where all are answered", () => {
    expect(firstQuery(queries("answered", "open", "open"), null)).toBe(1);
    expect(firstQuery(queries("answered", "skipped"), null)).toBe(0);
    expect(firstQuery([], null)).toBe(-1);
  });

  it("is the one that was left, also where it had a reply then", () => {
    expect(firstQuery(queries("open", "open", "open"), left())).toBe(1);
    expect(firstQuery(queries("open", "answered", "open"), left({ open: false }))).toBe(1);
  });

  it("is the next open one where somebody answered meanwhile, or it is gone", () => {
    expect(firstQuery(queries("open", "answered", "open"), left())).toBe(2);
    expect(firstQuery(queries("answered", "answered"), left())).toBe(1);
    expect(firstQuery(queries("answered", "open"), left({ queryId: 99 }))).toBe(1);
  });
});

describe("what is kept", () => {
  const items = new Map<string, string>();
  beforeEach(() => {
    items.clear();
    vi.stubGlobal("localStorage", {
      getItem: (k: string) => items.get(k) ?? null,
      setItem: (k: string, v: string) => void items.set(k, v),
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("comes back as it was, by scan, and names the project's last scan", () => {
    const place = left({
      picked: { pointIndex: 5, position: [1, 2, 3] },
      instance: 3,
      mode: "rgb",
    });
    writePlace(4, 2, place);
    expect(readPlace(4)).toEqual(place);
    expect(readPlace(5)).toBeNull();
    expect([lastScan(2), lastScan(3)]).toEqual([4, null]);
  });

  it("is nothing where it is damaged", () => {
    items.set("fewpoints:place:4", '{"queryId": "x"}');
    expect(readPlace(4)).toBeNull();
  });
});

it("a pose is the same but for rounding", () => {
  const pose = { eye: [1, 2, 3], target: [0, 0, 0] } as const;
  const at = (x: number) => ({ eye: [x, 2, 3], target: [0, 0, 0] }) as never;
  expect(samePose(pose as never, at(1.00001))).toBe(true);
  expect(samePose(pose as never, at(1.01))).toBe(false);
});
