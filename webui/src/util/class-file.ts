// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Class tables as files. Read are our own JSON, that of labelCloud (`_classes.json`), plain lists of names, and lines of
 * a spreadsheet; written is our own. Whatever is wrong with an entry is said with its place and name.
 */
import { t } from "../i18n";
import { type ClassEntry, type ClassRow, MOST_CLASSES, MOST_NAME, toClasses } from "./class-rows";

export class ClassFileError extends Error {}

const FORMAT = "fewpoints classes";

export function toJson(rows: readonly ClassRow[]): string {
  const classes = toClasses(rows).map(({ index: _, ...entry }) => entry);
  return `${JSON.stringify({ format: FORMAT, version: 1, classes }, null, 2)}\n`;
}

/** Classes of a file or of pasted text. Throws `ClassFileError`. */
export function parseClasses(text: string): ClassEntry[] {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  const entries = /^[[{]/.test(trimmed) ? fromJson(trimmed) : fromLines(trimmed);
  if (entries.length === 0) throw new ClassFileError(t("setup.classFile.none"));
  if (entries.length > MOST_CLASSES)
    throw new ClassFileError(t("setup.classes.tooMany", { most: MOST_CLASSES }));
  return entries;
}

function fromJson(text: string): ClassEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ClassFileError(t("setup.classFile.noJson", { reason: (error as Error).message }));
  }
  if (Array.isArray(value)) return value.map((item, i) => entryOf(item, i));
  const { classes, default: none } = value as Record<string, unknown>;
  if (!Array.isArray(classes)) throw new ClassFileError(t("setup.classFile.noList"));
  // labelCloud lists what means "no class" as a class, by its id; here nothing stands for that.
  const isNone = (item: unknown): boolean =>
    typeof none === "number" &&
    typeof item === "object" &&
    (item as Record<string, unknown> | null)?.["id"] === none &&
    (item as Record<string, unknown>)["external_id"] === undefined;
  return classes.filter((item) => !isNone(item)).map((item, i) => entryOf(item, i));
}

function entryOf(item: unknown, place: number): ClassEntry {
  if (typeof item === "string") return checked({ name: item }, place);
  if (typeof item !== "object" || item === null || Array.isArray(item))
    throw new ClassFileError(t("setup.classFile.noEntry", { place: place + 1 }));
  const source = item as Record<string, unknown>;
  const get = (...names: string[]): unknown =>
    names.map((name) => source[name]).find((value) => value !== undefined && value !== null);
  const text = (...names: string[]): string | undefined => {
    const value = get(...names);
    if (value === undefined) return undefined;
    if (typeof value !== "string") wrong(place, source["name"], names[0] ?? "", value);
    return value;
  };
  const name = text("name");
  if (name === undefined)
    throw new ClassFileError(t("setup.classFile.noName", { place: place + 1 }));
  const entry: ClassEntry = { name };
  const color = colorOf(get("color", "colour"), place, name);
  if (color) entry.color = color;
  const key = text("key");
  if (key) entry.key = key;
  const instanceable = get("instanceable", "has_instances");
  if (instanceable !== undefined) {
    if (typeof instanceable !== "boolean") wrong(place, name, "instanceable", instanceable);
    entry.instanceable = instanceable;
  }
  const id = get("external_id", "id");
  if (id !== undefined) {
    if (typeof id !== "number" || !Number.isSafeInteger(id)) wrong(place, name, "id", id);
    entry.external_id = id;
  }
  const parent = text("parent", "category");
  if (parent) entry.parent = parent;
  const description = text("description");
  if (description) entry.description = description;
  return checked(entry, place);
}

function colorOf(value: unknown, place: number, name: string): string | undefined {
  if (value === undefined) return undefined;
  const isByte = (n: unknown): n is number =>
    typeof n === "number" && Number.isInteger(n) && n >= 0 && n <= 255;
  if (Array.isArray(value) && value.length >= 3 && value.slice(0, 3).every(isByte))
    return `#${value
      .slice(0, 3)
      .map((n: number) => n.toString(16).padStart(2, "0"))
      .join("")}`;
  if (typeof value !== "string") wrong(place, name, "color", value);
  return value;
}

function wrong(place: number, name: unknown, field: string, value: unknown): never {
  throw new ClassFileError(
    t("setup.classFile.wrong", {
      place: place + 1,
      name: typeof name === "string" ? name : "?",
      field,
      value: JSON.stringify(value).slice(0, 40),
    }),
  );
}

function checked(entry: ClassEntry, place: number): ClassEntry {
  const name = entry.name.trim();
  if (name === "") throw new ClassFileError(t("setup.classFile.noName", { place: place + 1 }));
  if (name.length > MOST_NAME)
    throw new ClassFileError(t("setup.classFile.longName", { place: place + 1, most: MOST_NAME }));
  if (entry.color !== undefined && entry.color !== null && !/^#[0-9a-f]{6}$/i.test(entry.color))
    wrong(place, name, "color", entry.color);
  if (entry.key && entry.key.length !== 1) wrong(place, name, "key", entry.key);
  return { ...entry, name };
}

const COLUMNS: Record<string, keyof ClassEntry> = {
  name: "name",
  class: "name",
  color: "color",
  colour: "color",
  key: "key",
  instanceable: "instanceable",
  instances: "instanceable",
  id: "external_id",
  external_id: "external_id",
  parent: "parent",
  group: "parent",
  description: "description",
};

/** Lines: a name each, or columns between tabs, semicolons or commas, with or without a line of headings. */
function fromLines(text: string): ClassEntry[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const separator = ["\t", ";", ","].find((mark) => lines.some((line) => line.includes(mark)));
  const cells = lines.map((line) =>
    (separator === undefined ? [line] : line.split(separator)).map((cell) =>
      cell.trim().replace(/^"(.*)"$/, "$1"),
    ),
  );
  const heading = cells[0]?.map((cell) => COLUMNS[cell.toLowerCase()]);
  if (heading?.includes("name"))
    return cells.slice(1).map((row, i) => entryOf(fromColumns(row, heading, i), i));
  return cells.map((row, i) => entryOf(guessed(row), i));
}

function fromColumns(
  row: readonly string[],
  heading: readonly (keyof ClassEntry | undefined)[],
  place: number,
): Record<string, unknown> {
  const entry: Record<string, unknown> = {};
  heading.forEach((field, column) => {
    const cell = row[column] ?? "";
    if (field === undefined || cell === "") return;
    if (field === "external_id") entry[field] = Number(cell);
    else if (field === "instanceable") entry[field] = truth(cell, place, row[0]);
    else entry[field] = cell;
  });
  return entry;
}

function truth(cell: string, place: number, name: unknown): boolean {
  if (/^(?:1|true|yes|x|ja|是)$/i.test(cell)) return true;
  if (/^(?:0|false|no|nein|否)$/i.test(cell)) return false;
  return wrong(place, name, "instanceable", cell);
}

/** The name comes first; a colour and a key are known by their look, then come parent and description. */
function guessed([name = "", ...rest]: readonly string[]): Record<string, unknown> {
  const entry: Record<string, unknown> = { name };
  for (const cell of rest) {
    if (cell === "") continue;
    if (/^#[0-9a-f]{6}$/i.test(cell)) entry["color"] = cell;
    else if (cell.length === 1 && entry["key"] === undefined) entry["key"] = cell;
    else if (entry["parent"] === undefined) entry["parent"] = cell;
    else entry["description"] = cell;
  }
  return entry;
}
