// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the colours on show mean, as plain data: the page draws it, and so does a screenshot. */
import type { Channel, LabelClass, RecordCounts, RightAndWrong, Triple } from "../api/types";
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
  RIGHT_COLOR,
  UNKNOWN_COLOR,
  UNSURE_RAMP,
  WRONG_COLOR,
} from "../viewer/ramps";
import { upAxis } from "../viewer/clip";
import { lengthWords } from "../view-words";

export interface LegendEntry {
  color: string; // CSS.
  name: string;
  value: string | null; // Share of the points, or that and their number.
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
  counts: RecordCounts | null; // Of the classes or objects on show, the most frequent first.
  right: RightAndWrong | null; // Of the labels on show beside the ground truth.
  heights: readonly [number, number] | null;
  unit: string | null;
  up: Triple;
  channel: Channel | null;
  coloured: boolean; // The file has colours of its own.
}

function ramp(colors: readonly string[], low: string, high: string): Legend["ramp"] {
  return {
    colors: Array.from({ length: 12 }, (_, i) => cssColor(rampColor(colors, i / 11))),
    low,
    high,
  };
}

function classEntries({ counts, classes }: LegendSources): LegendEntry[] {
  const known = new Map(classes.map((c) => [c.index, c]));
  const total = Math.max(1, counts?.records ?? 0);
  return (counts?.counts ?? []).flatMap(({ class_index, records }) => {
    const found = class_index === null ? undefined : known.get(class_index);
    return found
      ? { color: found.color, name: found.name, value: formatPercent(records / total) }
      : [];
  });
}

function objectEntries({ counts, classes }: LegendSources): LegendEntry[] {
  const names = new Map(classes.map((c) => [c.index, c.name]));
  const total = Math.max(1, counts?.records ?? 0);
  return (counts?.counts ?? []).flatMap(({ class_index, instance, records }) => {
    if (instance === null) return [];
    const classIndex = class_index ?? NO_CLASS;
    return {
      color: cssColor(objectColor(instance, classIndex)),
      name: `${names.get(classIndex) ?? ""} ${instance}`.trim(),
      value: formatPercent(records / total),
    };
  });
}

/** True classes, and what has none. */
function truthEntries(from: LegendSources): LegendEntry[] {
  const without = from.counts?.counts.find(({ class_index }) => class_index === null);
  const share = (without?.records ?? 0) / Math.max(1, from.counts?.records ?? 0);
  const unknown = {
    color: UNKNOWN_COLOR,
    name: t("view.legend.noTruth"),
    value: formatPercent(share),
  };
  return [...classEntries(from), ...(without ? [unknown] : [])];
}

function agreementEntries({ records, right, wrong }: RightAndWrong): LegendEntry[] {
  const of = (n: number, all: number): string =>
    t("view.legend.shareOf", { share: formatPercent(n / Math.max(1, all)), n });
  const unknown = records - right - wrong;
  return [
    { color: RIGHT_COLOR, name: t("view.legend.right"), value: of(right, right + wrong) },
    { color: WRONG_COLOR, name: t("view.legend.wrong"), value: of(wrong, right + wrong) },
    ...(unknown > 0
      ? [{ color: UNKNOWN_COLOR, name: t("view.legend.noTruth"), value: of(unknown, records) }]
      : []),
  ];
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
    case "truth": {
      const entries = truthEntries(from);
      return entries.length > 0 ? { ...none, entries } : null;
    }
    case "agreement":
      if (!from.right) return null;
      return {
        ...none,
        entries: agreementEntries(from.right),
        note: t("view.legend.agreement"),
      };
    case "features":
      return { ...none, note: t("view.legend.features") };
  }
}
