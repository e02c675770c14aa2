// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from "vitest";
import { type Lines, stacked, type Stacks, tableOf, toCsv } from "./chart-data";

const format = String;
const lines: Lines = {
  kind: "lines",
  xLabel: "Clicks",
  x: [5, 10],
  format,
  series: [
    { label: "Right", values: [0.5, null], low: [0.4, null], high: [0.6, null], color: "red" },
    { label: "Same", values: [null, 0.75], color: "blue" },
  ],
};

describe("tableOf", () => {
  it("has a column for each series and for the ends of its interval", () => {
    expect(tableOf(lines, "low", "high")).toEqual({
      head: ["Clicks", "Right", "Right, low", "Right, high", "Same"],
      rows: [
        [5, 0.5, 0.4, 0.6, null],
        [10, null, null, null, 0.75],
      ],
    });
  });

  it("writes moments in full, whatever the time zone of the picture", () => {
    const stacks: Stacks = {
      kind: "stacks",
      xLabel: "From",
      x: [1_774_738_800],
      formatX: () => "29 March",
      formatAxis: () => "29",
      timeZone: "Europe/Berlin",
      format,
      series: [{ label: "Ann", values: [3], color: "red" }],
    };
    expect(tableOf(stacks, "low", "high").rows).toEqual([["2026-03-28T23:00:00.000Z", 3]]);
  });
});

describe("toCsv", () => {
  it("quotes what needs it and leaves gaps empty", () => {
    const text = toCsv({
      head: ["a", 'b "c"'],
      rows: [
        ["x,y", null],
        ["line\nbreak", 0.1],
      ],
    });
    expect(text).toBe('a,"b ""c"""\r\n"x,y",\r\n"line\nbreak",0.1\r\n');
  });

  it("defuses what a spreadsheet would run, and no number", () => {
    expect(toCsv({ head: ["n"], rows: [["=1+1"], ["@x"], ["-2"], [-2]] })).toBe(
      "n\r\n'=1+1\r\n'@x\r\n'-2\r\n-2\r\n",
    );
  });
});

it("stacked adds up from below and takes gaps for nothing", () => {
  const series = [
    { label: "a", values: [1, null, 3], color: "" },
    { label: "b", values: [10, 20, null], color: "" },
  ];
  expect(stacked(series, 3)).toEqual([
    [1, 0, 3],
    [11, 20, 3],
  ]);
});
