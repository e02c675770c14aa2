// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What a chart shows. Its picture, its table and its CSV file are all made from this. */

export interface Series {
  label: string;
  values: readonly (number | null)[]; // One for each place on the x axis.
  color: string; // A CSS colour; may name a variable.
  dash?: number[];
  low?: readonly (number | null)[]; // Ends of an interval, drawn as a band.
  high?: readonly (number | null)[];
}

interface Common {
  format: (value: number) => string; // Of values on the y axis.
}

export interface Lines extends Common {
  kind: "lines";
  xLabel: string;
  x: readonly number[]; // Ascending.
  yMax?: number; // Where the y axis ends whatever the data; else it follows them.
  series: readonly Series[];
}

/** Bars over stretches of time, the series on top of each other. */
export interface Stacks extends Common {
  kind: "stacks";
  xLabel: string;
  x: readonly number[]; // First moments in seconds since 1970, ascending.
  formatX: (seconds: number) => string;
  formatAxis: (seconds: number) => string; // Shorter.
  timeZone: string;
  series: readonly Series[];
}

/** Named values as horizontal bars. */
export interface Bars extends Common {
  kind: "bars";
  xLabel: string; // What the names are.
  valueLabel: string;
  max?: number; // Where bars end whatever the data.
  rows: readonly Bar[];
  /** Further numbers about the same things: in the table, and the first beside the bars. */
  extra?: readonly {
    label: string;
    values: readonly (number | null)[];
    format: (v: number) => string;
  }[];
}

export interface Bar {
  label: string;
  value: number;
  color: string;
  href?: string;
  range?: [number, number]; // Drawn as a line across the end of the bar.
}

export type ChartData = Lines | Stacks | Bars;

export type Cell = string | number | null;

export interface Table {
  head: string[];
  rows: Cell[][];
}

/** The numbers of a chart, in full. `low` and `high` are the words for the ends of an interval. */
export function tableOf(data: ChartData, low: string, high: string): Table {
  if (data.kind === "bars")
    return {
      head: [data.xLabel, data.valueLabel, ...(data.extra ?? []).map((column) => column.label)],
      rows: data.rows.map((row, i) => [
        row.label,
        row.value,
        ...(data.extra ?? []).map((column) => column.values[i] ?? null),
      ]),
    };
  const columns = data.series.flatMap((series) => {
    const own = [{ name: series.label, values: series.values }];
    if (series.low) own.push({ name: `${series.label}, ${low}`, values: series.low });
    if (series.high) own.push({ name: `${series.label}, ${high}`, values: series.high });
    return own;
  });
  return {
    head: [data.xLabel, ...columns.map((column) => column.name)],
    rows: data.x.map((x, i) => [
      data.kind === "stacks" ? new Date(x * 1000).toISOString() : x,
      ...columns.map((column) => column.values[i] ?? null),
    ]),
  };
}

/**
 * RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front: names of people and
 * classes are whatever somebody typed.
 */
export function toCsv(table: Table): string {
  const field = (cell: Cell): string => {
    if (cell === null) return "";
    if (typeof cell === "number") return String(cell);
    const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [table.head, ...table.rows].map((row) => row.map(field).join(",") + "\r\n").join("");
}

/** Where the longest bar ends. */
export function longest(data: Bars): number {
  if (data.max !== undefined) return data.max;
  return Math.max(...data.rows.map((row) => row.range?.[1] ?? row.value), Number.MIN_VALUE);
}

/** Bottom-up sums, for series that are drawn on top of each other: the last is the whole. */
export function stacked(series: readonly Series[], length: number): number[][] {
  const sums = new Array<number>(length).fill(0);
  return series.map((one) => {
    for (let i = 0; i < length; i++) sums[i] = (sums[i] ?? 0) + (one.values[i] ?? 0);
    return [...sums];
  });
}
