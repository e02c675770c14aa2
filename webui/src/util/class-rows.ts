// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The class table while it is edited: rows, what is wrong with them, and what becomes of them. */
import type { LabelClass, NewLabelClass } from "../api/types";
import { t } from "../i18n";
import { normaliseClassKey, shown } from "../keymap";
import { nextColor } from "./palette";

export const MOST_CLASSES = 250;
export const MOST_NAME = 64;

export interface ClassRow {
  id: number; // Only for the list on screen.
  index: number | null; // Present index of a class that exists.
  name: string;
  color: string;
  key: string;
  instanceable: boolean;
  external_id: number | null;
  parent: string;
  description: string;
}

/** A class as a file or a preset gives it; only the name must be there. */
export type ClassEntry = Pick<NewLabelClass, "name"> & Partial<NewLabelClass>;

export interface RowProblem {
  row: number; // Its id.
  field: "name" | "key" | "color";
  text: string;
}

let nextRow = 1;

export function emptyRow(rows: readonly ClassRow[]): ClassRow {
  return {
    id: nextRow++,
    index: null,
    name: "",
    color: nextColor(rows.map((row) => row.color)),
    key: "",
    instanceable: true,
    external_id: null,
    parent: "",
    description: "",
  };
}

export function rowsFrom(classes: readonly LabelClass[], existing: boolean): ClassRow[] {
  return classes.map((c) => ({
    ...c,
    id: nextRow++,
    index: existing ? c.index : null,
    key: c.key ?? "",
    parent: c.parent ?? "",
  }));
}

/** Rows of entries, colours given out where they have none. */
export function rowsOf(entries: readonly ClassEntry[]): ClassRow[] {
  const colors = entries.flatMap((entry) => (entry.color ? [entry.color] : []));
  return entries.map((entry) => {
    const color = entry.color ?? nextColor(colors);
    if (!entry.color) colors.push(color);
    return {
      id: nextRow++,
      index: null,
      name: entry.name,
      color: color.toLowerCase(),
      key: entry.key ?? "",
      instanceable: entry.instanceable ?? true,
      external_id: entry.external_id ?? null,
      parent: entry.parent ?? "",
      description: entry.description ?? "",
    };
  });
}

const same = (name: string): string => name.trim().toLowerCase();

/**
 * The table that a file makes of the present one. Classes of the same name stay what they are, with their answers;
 * those that have answers and are not in the file stay at the end, as `kept` says.
 */
export function replaced(
  rows: readonly ClassRow[],
  entries: readonly ClassEntry[],
  hasAnswers: (index: number) => boolean,
): { rows: ClassRow[]; kept: string[] } {
  const existing = new Map(
    rows.flatMap((row) => (row.index === null ? [] : [[same(row.name), row.index] as const])),
  );
  const fresh = rowsOf(entries).map((row) => {
    const index = existing.get(same(row.name)) ?? null;
    if (index !== null) existing.delete(same(row.name));
    return { ...row, index };
  });
  const taken = new Set(fresh.map((row) => row.index));
  const kept = rows.filter(
    (row) => row.index !== null && !taken.has(row.index) && hasAnswers(row.index),
  );
  return { rows: [...fresh, ...kept], kept: kept.map((row) => row.name) };
}

export function moved(rows: readonly ClassRow[], from: number, to: number): ClassRow[] {
  const result = [...rows];
  const [row] = result.splice(from, 1);
  if (row) result.splice(to, 0, row);
  return result;
}

/** What is wrong with single rows. */
export function problemsOf(rows: readonly ClassRow[]): RowProblem[] {
  const problems: RowProblem[] = [];
  const names = rows.map((row) => same(row.name));
  const keys = rows.map((row) => normaliseClassKey(row.key || null));
  rows.forEach((row, place) => {
    const say = (field: RowProblem["field"], text: string): void => {
      problems.push({ row: row.id, field, text });
    };
    if (names[place] === "") say("name", t("setup.classes.noName", { place: place + 1 }));
    else if (names.indexOf(names[place] ?? "") < place)
      say("name", t("setup.classes.twice", { name: row.name.trim() }));
    if (!/^#[0-9a-f]{6}$/i.test(row.color))
      say("color", t("setup.classes.badColor", { color: row.color }));
    const key = keys[place];
    if (row.key !== "" && key === null) say("key", t("setup.classes.appKey", { key: row.key }));
    else if (key != null && keys.indexOf(key) < place)
      say(
        "key",
        t("setup.classes.sameKey", {
          key: shown(key),
          name: rows[keys.indexOf(key)]?.name.trim() ?? "",
        }),
      );
  });
  return problems;
}

/** Why the table cannot be saved, or null. */
export function problemOf(rows: readonly ClassRow[]): string | null {
  if (rows.length < 2) return t("setup.classes.tooFew");
  if (rows.length > MOST_CLASSES) return t("setup.classes.tooMany", { most: MOST_CLASSES });
  return problemsOf(rows)[0]?.text ?? null;
}

export function toClasses(rows: readonly ClassRow[]): NewLabelClass[] {
  return rows.map((row) => ({
    ...(row.index === null ? {} : { index: row.index }),
    name: row.name.trim(),
    color: row.color,
    key: row.key === "" ? null : row.key,
    instanceable: row.instanceable,
    external_id: row.external_id,
    parent: row.parent.trim() || null,
    description: row.description.trim(),
  }));
}
