// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** From the server's figures to charts. */
import { t } from "../i18n";
import type { Activity, ClassBalance, ScanStates } from "./api";
import type { Bars, Series, Stacks } from "./chart-data";
import { seriesColor } from "./colors";
import { moment, seconds, whole } from "./numbers";

const NAMED = 5; // People with a colour of their own; the others are one.

export const STATES = [
  ["finished", "var(--good)"],
  ["begun", "var(--accent)"],
  ["untouched", "var(--line-strong)"],
  ["unasked", "var(--line-strong)"],
  ["importing", "var(--query)"],
  ["waiting", "var(--query)"],
  ["failed", "var(--bad)"],
] as const satisfies readonly (readonly [keyof ScanStates, string])[];

export function statesChart(states: ScanStates, href: string): Bars | null {
  if (states.total === 0) return null;
  return {
    kind: "bars",
    xLabel: t("dashboard.states.column"),
    valueLabel: t("dashboard.scans"),
    format: whole,
    rows: STATES.map(([name, color]) => ({
      ...{ label: t(`dashboard.state.${name}`), value: states[name], color },
      ...(states[name] > 0 ? { href } : {}),
    })),
  };
}

export function activityChart(activity: Activity): Stacks | null {
  if (activity.counts.every((count) => count === 0)) return null;
  const people = activity.people.filter((person) => person.counts.some((count) => count > 0));
  const named = people.slice(0, people.length > NAMED + 1 ? NAMED : NAMED + 1);
  const series: Series[] = named.map((person, i) => ({
    ...{ label: person.name, values: person.counts, color: seriesColor(i) },
  }));
  const rest = activity.counts.map((all, i) =>
    named.reduce((left, person) => left - (person.counts[i] ?? 0), all),
  );
  if (rest.some((count) => count > 0))
    series.push({ label: t("dashboard.others"), values: rest, color: "var(--muted)" });
  return {
    kind: "stacks",
    xLabel: t("dashboard.from"),
    x: activity.starts.map((start) => Date.parse(start) / 1000),
    formatX: moment(activity.bucket, activity.time_zone),
    timeZone: activity.time_zone,
    format: whole,
    series,
  };
}

export function speedChart(activity: Activity): Bars | null {
  const people = activity.people.filter((person) => person.seconds !== null);
  if (people.length === 0) return null;
  return {
    kind: "bars",
    xLabel: t("dashboard.person"),
    valueLabel: t("dashboard.speed.median"),
    format: seconds,
    rows: people.map((person) => ({
      ...{ label: person.name, value: person.seconds?.median ?? 0, color: "var(--chart-1)" },
    })),
  };
}

export function classesChart(balance: ClassBalance): Bars | null {
  if (balance.answers === 0) return null;
  return {
    kind: "bars",
    xLabel: t("dashboard.class"),
    valueLabel: t("dashboard.answers"),
    format: whole,
    rows: balance.classes
      .filter((entry) => entry.answers > 0)
      .map((entry) => ({ label: entry.name, value: entry.answers, color: entry.color }))
      .sort((a, b) => b.value - a.value),
  };
}
