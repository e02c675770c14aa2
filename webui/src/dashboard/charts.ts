// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** From the server's figures to charts. */
import { t } from "../i18n";
import type { Activity, Advice, ClassBalance, Coverage, Curve, ScanStates, Versions } from "./api";
import type { Bars, Lines, Series, Stacks } from "./chart-data";
import { seriesColor } from "./colors";
import { moment, percent, percentTenths, seconds, tenths, tick, whole } from "./numbers";

const NAMED = 5; // People with a colour of their own; the others are one.

/** State, colour, and which scans the table is to show for it. */
export const STATES = [
  ["finished", "var(--good)", "progress=done"],
  ["begun", "var(--accent)", "progress=started"],
  ["untouched", "var(--line-strong)", "progress=untouched"],
  ["unasked", "var(--line-strong)", "state=ready"],
  ["importing", "var(--query)", "state=importing"],
  ["waiting", "var(--query)", "state=queued"],
  ["failed", "var(--bad)", "state=failed"],
] as const satisfies readonly (readonly [keyof ScanStates, string, string])[];

export function statesChart(states: ScanStates, scans: string): Bars | null {
  if (states.total === 0) return null;
  return {
    kind: "bars",
    xLabel: t("dashboard.states.column"),
    valueLabel: t("dashboard.scans"),
    format: whole,
    rows: STATES.map(([name, color, filter]) => ({
      ...{ label: t(`dashboard.state.${name}`), value: states[name], color },
      ...(states[name] > 0 ? { href: `${scans}?${filter}` } : {}),
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
    formatAxis: tick(activity.bucket, activity.time_zone),
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
      range: [person.seconds?.lower ?? 0, person.seconds?.upper ?? 0],
    })),
    extra: [
      {
        label: t("dashboard.perHour"),
        values: people.map((person) => person.per_hour),
        format: (value) => t("dashboard.perHour.value", { count: tenths(value) }),
      },
      {
        label: t("dashboard.speed.lower"),
        values: people.map((person) => person.seconds?.lower ?? null),
        format: seconds,
      },
      {
        label: t("dashboard.speed.upper"),
        values: people.map((person) => person.seconds?.upper ?? null),
        format: seconds,
      },
      {
        label: t("dashboard.answers"),
        values: people.map((person) => person.seconds?.replies ?? null),
        format: whole,
      },
    ],
  };
}

export function classesChart(balance: ClassBalance): Bars | null {
  const shown = balance.classes
    .filter((entry) => entry.answers > 0 || (entry.share ?? 0) > 0)
    .sort((a, b) => b.answers - a.answers);
  if (shown.length === 0) return null;
  return {
    kind: "bars",
    xLabel: t("dashboard.class"),
    valueLabel: t("dashboard.answers"),
    format: whole,
    rows: shown.map((entry) => ({ label: entry.name, value: entry.answers, color: entry.color })),
    extra: [
      {
        label: t("dashboard.classes.share"),
        values: shown.map((entry) => entry.share),
        format: percentTenths,
      },
    ],
  };
}

export function coverageChart(coverage: Coverage): Bars | null {
  if (coverage.prepared === 0) return null;
  const rows = [
    [t("dashboard.coverage.answered"), coverage.answered],
    [t("dashboard.coverage.explained"), coverage.explained],
    [t("dashboard.coverage.reached"), coverage.reached],
  ] as const;
  return {
    kind: "bars",
    xLabel: t("dashboard.coverage.measure"),
    valueLabel: t("dashboard.coverage.share"),
    format: percent,
    max: 1,
    rows: rows.map(([label, value], i) => ({ label, value, color: seriesColor(i) })),
  };
}

export function curveChart(curve: Curve | null): Lines | null {
  if (!curve || curve.points.length === 0) return null;
  const { points } = curve;
  return {
    kind: "lines",
    xLabel: t("dashboard.clicks"),
    x: points.map((point) => point.answers),
    format: percent,
    yMax: 1,
    series: [
      {
        label: t("dashboard.curve.right"),
        values: points.map((point) => point.right),
        low: points.map((point) => point.right_low),
        high: points.map((point) => point.right_high),
        color: seriesColor(0),
      },
      {
        label: t("dashboard.curve.miou"),
        values: points.map((point) => point.miou),
        color: seriesColor(1),
        dash: [8, 4],
      },
      {
        label: t("dashboard.curve.agreement"),
        values: points.map((point) => point.agreement),
        color: seriesColor(2),
        dash: [2, 3],
      },
    ],
  };
}

export function versionsChart(versions: Versions): Lines | null {
  const items = versions.items.filter(
    (item) => item.miou !== null || item.accuracy !== null || item.agreement !== null,
  );
  if (items.length === 0) return null;
  return {
    kind: "lines",
    xLabel: t("dashboard.clicks"),
    x: items.map((item) => item.answers),
    format: percent,
    yMax: 1,
    series: [
      {
        label: t("dashboard.versions.miou"),
        values: items.map((item) => item.miou),
        color: seriesColor(0),
      },
      {
        label: t("dashboard.versions.accuracy"),
        values: items.map((item) => item.accuracy),
        color: seriesColor(1),
        dash: [8, 4],
      },
      {
        label: t("dashboard.versions.agreement"),
        values: items.map((item) => item.agreement),
        color: seriesColor(2),
        dash: [2, 3],
      },
    ],
  };
}

/** Whether to go on with a scan, with the numbers that say so. */
export function adviceWords({ verdict, answers, needed, gain }: Omit<Advice, "reason">): string {
  if (!gain && answers >= needed) return t("dashboard.advice.working", { answers });
  if (verdict === "too_early" || !gain) return t("dashboard.advice.tooEarly", { needed, answers });
  const numbers = {
    clicks: gain.clicks,
    expected: percentTenths(gain.expected),
    low: percentTenths(gain.low),
    high: percentTenths(gain.high),
  };
  return verdict === "stop"
    ? t("dashboard.advice.stop", numbers)
    : t("dashboard.advice.goOn", numbers);
}
