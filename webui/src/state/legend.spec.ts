// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import type { LabelClass } from "../api/types";
import { legendOf, type LegendSources, MOST_OBJECTS } from "./legend";

const classes = [
  { index: 0, name: "wall", color: "#112233" },
  { index: 1, name: "floor", color: "#445566" },
  { index: 2, name: "chair", color: "#778899" },
] as LabelClass[];

const sources: LegendSources = {
  mode: "rgb",
  classes,
  counts: null,
  right: null,
  heights: [0, 2.6],
  unit: "metres",
  up: [0, 0, 1],
  channel: null,
  coloured: true,
};

/** @param counts class, instance and records of each. */
function countsOf(
  records: number,
  ...counts: [number | null, number | null, number][]
): LegendSources["counts"] {
  return {
    records,
    counts: counts.map(([class_index, instance, n]) => ({ class_index, instance, records: n })),
  };
}

it("classes on show are listed by their share", () => {
  const legend = legendOf({
    ...sources,
    mode: "labels",
    counts: countsOf(8, [1, null, 5], [null, null, 2], [0, null, 1]),
  });
  expect(legend?.entries.map((e) => [e.name, e.value])).toEqual([
    ["floor", "62.5 %"],
    ["wall", "12.5 %"],
  ]);
  expect(legendOf({ ...sources, mode: "labels" })).toBeNull();
});

it("true classes are listed by their share, and what has none", () => {
  const counts = countsOf(8, [1, null, 5], [null, null, 2], [0, null, 1]);
  const legend = legendOf({ ...sources, mode: "truth", counts });
  expect(legend?.entries.map((e) => [e.name, e.value])).toEqual([
    ["floor", "62.5 %"],
    ["wall", "12.5 %"],
    ["No ground truth", "25.0 %"],
  ]);
  expect(legendOf({ ...sources, mode: "truth" })).toBeNull();
});

it("right and wrong are shares of the points with a truth", () => {
  const right = { records: 1000, right: 600, wrong: 200 };
  const legend = legendOf({ ...sources, mode: "agreement", right });
  expect(legend?.entries.map((e) => [e.name, e.value])).toEqual([
    ["Right", "75.0 % · 600 points"],
    ["Wrong", "25.0 % · 200 points"],
    ["No ground truth", "20.0 % · 200 points"],
  ]);
  const all = legendOf({ ...sources, mode: "agreement", right: { ...right, records: 800 } });
  expect(all?.entries).toHaveLength(2);
  expect(legendOf({ ...sources, mode: "agreement" })).toBeNull();
});

it("objects are numbers of a class", () => {
  const counts = countsOf(8, [2, 1, 4], [2, 300, 2], [null, 7, 1]);
  const legend = legendOf({ ...sources, mode: "instances", counts });
  expect(legend?.entries.map((e) => [e.name, e.value])).toEqual([
    ["chair 1", "50.0 %"],
    ["chair 300", "25.0 %"],
    ["7", "12.5 %"],
  ]);
  const many = Array.from({ length: MOST_OBJECTS + 5 }, (_, i): [number, number, number] => [
    2,
    i + 1,
    1,
  ]);
  const long = legendOf({ ...sources, mode: "instances", counts: countsOf(99, ...many) });
  expect([long?.entries.length, long?.more]).toEqual([MOST_OBJECTS, 5]);
});

it("ramps have numbers with units", () => {
  const height = legendOf({ ...sources, mode: "height" });
  expect([height?.ramp?.low, height?.ramp?.high]).toEqual(["0.00 m", "2.60 m"]);
  const channel = {
    name: "intensity",
    state: "ready",
    low: 3,
    high: 2000,
  } as LegendSources["channel"];
  const intensity = legendOf({ ...sources, mode: "intensity", channel });
  expect([intensity?.ramp?.low, intensity?.ramp?.high]).toEqual(["3.00", "2,000"]);
});

it("the upward axis has its own words whichever it is", () => {
  const names = (up: LegendSources["up"]): string[] =>
    legendOf({ ...sources, mode: "normals", up })?.entries.map((e) => e.name) ?? [];
  expect(names([0, 0, 1])).toEqual(["along x", "along y", "up or down"]);
  expect(names([0, -1, 0])).toEqual(["along x", "up or down", "along z"]);
});

it("plain colours need no legend unless the file has none", () => {
  expect(legendOf(sources)).toBeNull();
  expect(legendOf({ ...sources, coloured: false })?.note).toContain("no colours");
});
