// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Words of the 3D view: modes, lengths, and what the labels on show are made of. */
import type { Answer, Job } from "./api/types";
import { currentLanguage, t } from "./i18n";
import type { Action } from "./keymap";
import type { ColorMode } from "./viewer/modes";

export const MODE_ACTIONS: Record<ColorMode, Action> = {
  rgb: "modeRgb",
  labels: "modeLabels",
  prediction: "modePrediction",
  uncertainty: "modeUncertainty",
  instances: "modeInstances",
  height: "modeHeight",
  intensity: "modeIntensity",
  normals: "modeNormals",
  features: "modeFeatures",
  truth: "modeTruth",
  agreement: "modeAgreement",
};

export function modeTitle(mode: ColorMode): string {
  return t(`view.mode.${mode}`);
}

export function modeHint(mode: ColorMode): string {
  return t(`view.mode.hint.${mode}`);
}

const UNITS: Record<string, string> = {
  metres: "m",
  centimetres: "cm",
  millimetres: "mm",
  kilometres: "km",
  feet: "ft",
  inches: "in",
};

/** A length in the scan's unit, with as many digits as its size deserves. */
export function lengthWords(value: number, unit: string | null): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  const number = new Intl.NumberFormat(currentLanguage(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
  const short = unit === null ? undefined : UNITS[unit];
  return short ? `${number} ${short}` : number;
}

/** What the labels on show are made of, in a few words. */
export function labelsWords(
  answers: readonly Pick<Answer, "reply">[],
  shown: boolean,
  preparing: boolean,
  preparation: Pick<Job, "state" | "error"> | null,
): string {
  if (preparing && preparation?.state === "failed")
    return t("view.labels.failed", { reason: preparation.error ?? "" }).trim();
  if (preparing && preparation?.state === "cancelled") return t("view.labels.cancelled");
  if (preparing) return t("view.labels.preparing");
  const given = answers.filter((answer) => answer.reply === "class").length;
  if (!shown || given === 0) return t("view.labels.none");
  return t("view.labels.from", { n: given });
}
