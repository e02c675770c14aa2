// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * How lines of text are a table of points, as far as a person sees and says it. The server has the last word: what is
 * worked out here is what is shown until its answer is there.
 */
import type { ColumnRole, Delimiter, TextLayout, TextTable } from "../api/types";

const CHARACTER = { tab: "\t", comma: ",", semicolon: ";" } as const;
const BLANK_OR_QUOTE = /^[\s"']+|[\s"']+$/g;
const NUMBER = /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?$|^[+-]?(?:nan|inf)/i;
const LEAST_COLUMNS = 3;

type Lines = TextTable["lines"];

/** The fields of a line without quotes and blanks around them; one empty last field is none. */
export function splitLine(line: string, delimiter: Delimiter): string[] {
  if (delimiter === "blanks") return line.replace(/["']/g, " ").split(/\s+/).filter(Boolean);
  const fields = cellsOf(line, CHARACTER[delimiter]).map((field) =>
    field.replace(BLANK_OR_QUOTE, ""),
  );
  if (fields.length > 1 && fields.at(-1) === "") fields.pop();
  return fields;
}

/** The cells between delimiters; one in quotes may hold delimiters, and a doubled quote for one. */
function cellsOf(line: string, mark: string): string[] {
  if (!line.includes('"')) return line.split(mark);
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const quoted = /^ ?"((?:[^"]|"")*)"/.exec(line.slice(at));
    if (quoted) at += quoted[0].length;
    const end = line.indexOf(mark, at);
    const rest = line.slice(at, end < 0 ? undefined : end);
    cells.push((quoted?.[1] ?? "").replaceAll('""', '"') + rest);
    if (end < 0) return cells;
    at = end + 1;
  }
}

/** The first line of points among those that are shown, without blank ones. */
function firstPoint(lines: Lines, skip: number): string | undefined {
  return lines.find((line) => line.number > skip && line.text.trim() !== "")?.text;
}

/** How many columns the first point has; null where its line is not shown. */
export function widthOf(
  lines: Lines,
  layout: Pick<TextLayout, "delimiter" | "skip">,
): number | null {
  const line = firstPoint(lines, layout.skip);
  return line === undefined ? null : splitLine(line, layout.delimiter).length;
}

/** What the line right above the first point calls the columns; [] if it does not. */
function namesOf(
  lines: Lines,
  layout: Pick<TextLayout, "delimiter" | "skip">,
  width: number,
): string[] {
  const above = lines.filter(({ number, text }) => number <= layout.skip && text.trim() !== "");
  const line = above.at(-1)?.text.replace(/^[\s"'#/%;!]+/, "") ?? "";
  for (const delimiter of [layout.delimiter, "blanks", "comma", "semicolon", "tab"] as const) {
    const words = splitLine(line, delimiter).map((word) => word.slice(0, 80));
    if (words.length === width && words.some((word) => /\p{L}/u.test(word))) return words;
  }
  return [];
}

/** As many roles as there are columns: those that were, and x, y and z wherever they fit. */
function rolesFor(before: readonly ColumnRole[], width: number): ColumnRole[] {
  const roles = Array.from({ length: width }, (_, i) => before[i] ?? "skip");
  for (const axis of ["x", "y", "z"] as const) {
    if (roles.includes(axis)) continue;
    const free = roles.indexOf("skip");
    if (free >= 0) roles[free] = axis;
  }
  return roles;
}

/** The layout with something said about it; where that changes the columns, they follow. */
export function changed(
  layout: TextLayout,
  change: Partial<Pick<TextLayout, "delimiter" | "decimal" | "skip">>,
  lines: Lines,
): TextLayout {
  const next: TextLayout = { ...layout, ...change, reason: "" };
  let width = widthOf(lines, next);
  if (width !== null && width < LEAST_COLUMNS && !change.delimiter) {
    // Whoever says where the points begin has not looked at what parts them yet.
    Object.assign(next, dialectOf(firstPoint(lines, next.skip) ?? ""));
    width = widthOf(lines, next);
  }
  if (width !== null && width !== layout.columns.length)
    next.columns = rolesFor(layout.columns, width);
  if (width !== null) next.names = namesOf(lines, next, width);
  else if (next.names.length !== next.columns.length) next.names = [];
  return next;
}

/** The layout with another part for one column. */
export function withRole(layout: TextLayout, column: number, role: ColumnRole): TextLayout {
  const columns = layout.columns.map((before, i) => (i === column ? role : before));
  return { ...layout, columns, reason: "" };
}

/** What gives a line most numbers. */
function dialectOf(line: string): Pick<TextLayout, "delimiter" | "decimal"> {
  let best: { delimiter: Delimiter; numbers: number } = { delimiter: "blanks", numbers: 0 };
  for (const delimiter of ["tab", "semicolon", "comma", "blanks"] as const) {
    const numbers = splitLine(line, delimiter).filter((field) => NUMBER.test(field)).length;
    if (numbers > best.numbers) best = { delimiter, numbers };
  }
  const { delimiter } = best;
  const comma = delimiter !== "comma" && /\d,\d/.test(line);
  return { delimiter, decimal: comma ? "comma" : "point" };
}

/** Where to begin when nothing was detected: what the last of the shown lines look most like. */
export function firstGuess(lines: Lines): TextLayout {
  const dialect = dialectOf(lines.findLast(({ text }) => text.trim() !== "")?.text ?? "");
  const { delimiter } = dialect;
  const isPoint = (text: string): boolean => {
    const fields = splitLine(text, delimiter);
    return (
      fields.length >= LEAST_COLUMNS && fields.slice(0, LEAST_COLUMNS).every((f) => NUMBER.test(f))
    );
  };
  const first = lines.find(({ text }) => isPoint(text));
  const blank: TextLayout = {
    ...dialect,
    columns: ["x", "y", "z"],
    skip: 0,
    names: [],
    reason: "",
  };
  return changed(blank, { skip: first ? first.number - 1 : 0 }, lines);
}

/** Whether two layouts say the same, whoever said it. */
export function sameLayout(a: TextLayout | null, b: TextLayout | null): boolean {
  const said = (layout: TextLayout | null): string =>
    JSON.stringify(layout && [layout.columns, layout.delimiter, layout.decimal, layout.skip]);
  return said(a) === said(b);
}

/**
 * What was said of one file, said of another one; null where the other one is of another kind. Files of a kind may
 * have headers of different length. `before`, `otherBefore`: how the files were shown when nothing was said of them.
 */
export function saidAlike(
  said: TextLayout,
  before: TextTable,
  otherBefore: TextTable,
): TextLayout | null {
  const [detected, other] = [before.layout, otherBefore.layout];
  if (!detected || !other) {
    if (detected !== other) return null;
    const width = widthOf(otherBefore.lines, said);
    // Where the first point is beyond what is shown, a file that ends before is of another kind.
    const fits =
      width === null
        ? otherBefore.lines.length >= before.lines.length
        : width === said.columns.length;
    return fits ? said : null;
  }
  const alike =
    detected.delimiter === other.delimiter &&
    detected.decimal === other.decimal &&
    detected.columns.length === other.columns.length &&
    detected.names.join("\n") === other.names.join("\n");
  if (!alike) return null;
  return { ...said, skip: said.skip === detected.skip ? other.skip : said.skip };
}
