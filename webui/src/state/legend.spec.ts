// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import type { LabelClass } from "../api/types";
import { countClasses, countObjects, legendOf, type LegendSources, MOST_OBJECTS } from "./legend";

const classes = [
  { index: 0, name: "wall", color: "#112233" },
  { index: 1, name: "floor", color: "#445566" },
  { index: 2, name: "chair", color: "#778899" },
] as LabelClass[];

const sources: LegendSources = {
  mode: "rgb",
  classes,
  pairs: null,
  objects: null,
  heights: [0, 2.6],
  unit: "metres",
  up: [0, 0, 1],
  channel: null,
  coloured: true,
};

it("classes are counted, those without a class apart", () => {
  const counts = countClasses(Uint8Array.of(1, 9, 1, 8, 255, 0, 0, 1));
  expect([counts[0], counts[1], counts[2], counts[255]]).toEqual([1, 2, 0, 1]);
});

it("classes on show are listed by their share", () => {
  const legend = legendOf({
    ...sources,
    mode: "labels",
    pairs: Uint8Array.of(1, 9, 1, 8, 1, 8, 0, 1),
  });
  expect(legend?.entries.map((e) => [e.name, e.value])).toEqual([
    ["floor", "75.0 %"],
    ["wall", "25.0 %"],
  ]);
  expect(legendOf({ ...sources, mode: "labels" })).toBeNull();
});

it("objects are numbers of a class, large numbers included", () => {
  const bytes = Uint8Array.of(1, 0, 2, 9, 1, 0, 2, 9, 0, 0, 1, 9, 44, 1, 2, 9);
  expect(countObjects(bytes)).toEqual([
    [1, 2, 2],
    [300, 2, 1],
  ]);
  const legend = legendOf({ ...sources, mode: "instances", objects: bytes });
  expect(legend?.entries.map((e) => e.name)).toEqual(["chair 1", "chair 300"]);
  const many = new Uint8Array(4 * (MOST_OBJECTS + 5)).map((_, i) =>
    i % 4 === 0 ? 1 + (i >> 2) : i % 4 === 2 ? 2 : 0,
  );
  const long = legendOf({ ...sources, mode: "instances", objects: many });
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
