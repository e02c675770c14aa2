// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { list } from "../util/verify";
import { uuidFromBytes } from "../util/uuid";
import { toApiError } from "./client";
import * as verify from "./verify";

const query = {
  id: 1,
  round_id: 1,
  rank: 0,
  point_index: 12,
  position: [0, 1, 2],
  view: { eye: [1, 1, 1], target: [0, 1, 2], up: [0, 0, 1] },
  strategy: "random",
  state: "open",
  answer: null,
  notes: [],
  leased_by: null,
  sent_back: null,
};

describe("verifiers", () => {
  it("let a right value through, without fields nobody asked for", () => {
    expect(verify.query({ ...query, added_later: true })).toEqual(query);
  });

  it.each([
    ["a NaN", { ...query, position: [0, NaN, 2] }, /position\[1\]/],
    ["two numbers", { ...query, position: [0, 1] }, /position/],
    ["an unknown state", { ...query, state: "lost" }, /state.*one of open/],
    ["a missing field", { ...query, view: undefined }, /view/],
    ["a negative row", { ...query, point_index: -1 }, /point_index/],
    ["a fraction for a row", { ...query, point_index: 1.5 }, /point_index/],
    ["a list", [], /object/],
  ])("refuse %s and name the place", (_, value, message) => {
    expect(() => verify.query(value)).toThrow(message);
    expect(() => list(verify.query)([query, value])).toThrow(/\[1\]/);
  });

  it("let no style code through as a colour", () => {
    expect(verify.color("#A1b2c3")).toBe("#A1b2c3");
    expect(() => verify.color("red;background:url(x)")).toThrow();
  });
});

describe("tile manifest", () => {
  const manifest = {
    version: 1,
    count: 30,
    scan_points: 31,
    record_bytes: 12,
    shift: [0, 0, 0],
    bounds: { min: [0, 0, 0], max: [1, 1, 1] },
    has_colour: true,
    has_intensity: false,
    tiles: [
      { base: 0, count: 10, lo: [0, 0, 0], scale: [1, 1, 1] },
      { base: 10, count: 20, lo: [0, 0, 0], scale: [1, 1, 1] },
    ],
  };
  it("must cover its records without gap or overlap", () => {
    expect(verify.tileManifest(manifest).tiles).toHaveLength(2);
    expect(() => verify.tileManifest({ ...manifest, count: 31 })).toThrow(/sum/);
    const gap = structuredClone(manifest);
    if (gap.tiles[1]) gap.tiles[1].base = 11;
    expect(() => verify.tileManifest(gap)).toThrow(/tiles\[1\].base should be 10/);
  });
  it("of another version is refused", () => {
    expect(() => verify.tileManifest({ ...manifest, version: 2 })).toThrow(/version/);
  });
});

describe("errors of the server", () => {
  it("are shown in its words", () => {
    const error = toApiError(409, '{"error":{"code":"training_running","message":"Wait."}}');
    expect([error.status, error.code, error.message]).toEqual([409, "training_running", "Wait."]);
  });
  it("survive a proxy's page", () => {
    expect(toApiError(502, "<html>Bad gateway</html>").message).toMatch(/answered 502/);
  });
});

it("uuids from bytes have version 4 and the right variant", () => {
  expect(uuidFromBytes(new Uint8Array(16))).toBe("00000000-0000-4000-8000-000000000000");
  expect(uuidFromBytes(new Uint8Array(16).fill(255))).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
});
