// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The losses of a training as a chart: what was told, and its course without the noise. */
import type { Lines } from "../dashboard/chart-data";
import { currentLanguage, t } from "../i18n";
import type { Losses } from "./api";

const MEMORY = 0.1; // Part of the curve over which it is smoothed.

/** Exponential mean that starts as a plain one, so that the first values do not weigh on it. */
export function smoothed(values: readonly number[]): number[] {
  const keep = 1 - 1 / Math.max(1, values.length * MEMORY);
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = sum * keep + value;
    weight = weight * keep + 1;
    return sum / weight;
  });
}

export function lossChart(losses: Losses | null): Lines | null {
  if (!losses || losses.steps.length < 2) return null;
  const format = new Intl.NumberFormat(currentLanguage(), { maximumSignificantDigits: 3 });
  return {
    kind: "lines",
    xLabel: t("models.loss.step"),
    x: losses.steps,
    format: (value) => format.format(value),
    series: [
      { label: t("models.loss.told"), values: losses.losses, color: "var(--line-strong)" },
      { label: t("models.loss.smooth"), values: smoothed(losses.losses), color: "var(--accent)" },
    ],
  };
}
