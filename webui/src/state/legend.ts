// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the colours on show mean, as plain data: the page draws it, and so does a screenshot. */
import type { Channel, LabelClass, Triple } from "../api/types";
import { t } from "../i18n";
import { formatPercent } from "../util/format";
import type { ColorMode } from "../viewer/modes";
import { facingColors } from "../viewer/look";
import {
  cssColor,
  HEIGHT_RAMP,
  INTENSITY_RAMP,
  objectColor,
  rampColor,
  UNSURE_RAMP,
} from "../viewer/ramps";
import { upAxis } from "../viewer/clip";
import { lengthWords } from "../view-words";

export interface LegendEntry {
  color: string; // CSS.
  name: string;
  value: string | null; // Share of the points.
}

export interface Legend {
  ramp: { colors: string[]; low: string; high: string } | null;
  entries: LegendEntry[];
  more: number; // Entries left out.
  note: string | null;
}

const NO_CLASS = 255;
export const MOST_OBJECTS = 30;

export interface LegendSources {
  mode: ColorMode;
  classes: readonly LabelClass[];
  pairs: Uint8Array | null; // Class and confidence per record.
  objects: Uint8Array | null; // Instance (two bytes), class and confidence per record.
  heights: readonly [number, number] | null;
  unit: string | null;
  up: Triple;
  channel: Channel | null;
  coloured: boolean; // The file has colours of its own.
}

/** (256,) how many records have each class. @param step bytes per record, the class in byte `at`. */
export function countClasses(bytes: Uint8Array, step = 2, at = 0): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = at; i < bytes.length; i += step) counts[bytes[i] ?? NO_CLASS]!++;
  return counts;
}

/** How many records each object has: [instance, class, records], the largest first. */
export function countObjects(bytes: Uint8Array): [number, number, number][] {
  const counts = new Map<number, number>();
  for (let i = 0; i + 3 < bytes.length; i += 4) {
    const instance = (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8);
    if (instance === 0) continue;
    const key = instance * 256 + (bytes[i + 2] ?? NO_CLASS);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .map(([key, n]): [number, number, number] => [key >> 8, key & 255, n])
    .sort((a, b) => b[2] - a[2] || a[0] - b[0]);
}

/** Counts of bytes that were counted before: the same ones come back whenever a mode does. */
function remembered<T>(count: (bytes: Uint8Array) => T): (bytes: Uint8Array) => T {
  const known = new WeakMap<Uint8Array, T>();
  return (bytes) => {
    const found = known.get(bytes) ?? count(bytes);
    known.set(bytes, found);
    return found;
  };
}

const classesOf = remembered((bytes) => countClasses(bytes));
const objectsOf = remembered(countObjects);

function ramp(colors: readonly string[], low: string, high: string): Legend["ramp"] {
  return {
    colors: Array.from({ length: 12 }, (_, i) => cssColor(rampColor(colors, i / 11))),
    low,
    high,
  };
}

function classEntries(from: LegendSources): LegendEntry[] {
  if (!from.pairs) return [];
  const counts = classesOf(from.pairs);
  const total = Math.max(1, from.pairs.length / 2);
  return from.classes
    .map((c) => ({ color: c.color, name: c.name, n: counts[c.index] ?? 0 }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n)
    .map(({ color, name, n }) => ({ color, name, value: formatPercent(n / total) }));
}

function objectEntries(from: LegendSources): LegendEntry[] {
  if (!from.objects) return [];
  const total = Math.max(1, from.objects.length / 4);
  const names = new Map(from.classes.map((c) => [c.index, c.name]));
  return objectsOf(from.objects).map(([instance, classIndex, n]) => ({
    color: cssColor(objectColor(instance, classIndex)),
    name: `${names.get(classIndex) ?? ""} ${instance}`.trim(),
    value: formatPercent(n / total),
  }));
}

function facingEntries(up: Triple): LegendEntry[] {
  const upward = upAxis(up);
  return facingColors(up).map((color, axis) => ({
    color: cssColor(color),
    name:
      axis === upward
        ? t("view.legend.facingUp")
        : t("view.legend.facing", { axis: "xyz"[axis] ?? "" }),
    value: null,
  }));
}

/** Null where there is nothing to explain. */
export function legendOf(from: LegendSources): Legend | null {
  const none: Legend = { ramp: null, entries: [], more: 0, note: null };
  switch (from.mode) {
    case "rgb":
      return from.coloured ? null : { ...none, note: t("view.legend.noColours") };
    case "labels":
    case "prediction": {
      const entries = classEntries(from);
      return entries.length > 0 ? { ...none, entries, note: t("view.legend.surer") } : null;
    }
    case "uncertainty":
      return { ...none, ramp: ramp(UNSURE_RAMP, t("view.legend.sure"), t("view.legend.unsure")) };
    case "instances": {
      const entries = objectEntries(from);
      const more = Math.max(0, entries.length - MOST_OBJECTS);
      const note = t("view.legend.objects", { n: entries.length });
      return { ...none, entries: entries.slice(0, MOST_OBJECTS), more, note };
    }
    case "height": {
      if (!from.heights) return null;
      const [low, high] = from.heights.map((h) => lengthWords(h, from.unit)) as [string, string];
      return { ...none, ramp: ramp(HEIGHT_RAMP, low, high) };
    }
    case "intensity": {
      const { low = null, high = null } = from.channel ?? {};
      if (low === null || high === null) return null;
      return {
        ...none,
        ramp: ramp(INTENSITY_RAMP, lengthWords(low, null), lengthWords(high, null)),
      };
    }
    case "normals": {
      const note = from.channel?.estimated ? t("view.legend.estimated") : null;
      return { ...none, entries: facingEntries(from.up), note };
    }
    case "features":
      return { ...none, note: t("view.legend.features") };
  }
}
