// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** By what points can be coloured. The order is that of `uMode` in the shader, and of the keys Alt+1 … 9, 0. */
export const COLOR_MODES = [
  "rgb",
  "labels",
  "prediction",
  "uncertainty",
  "instances",
  "height",
  "intensity",
  "normals",
  "features",
  "truth",
  "agreement",
] as const;
export type ColorMode = (typeof COLOR_MODES)[number];

/** The colours of the scan, and the two things that are most often laid over them. */
export const MAIN_MODES = ["rgb", "labels", "prediction"] as const satisfies readonly ColorMode[];

/**
 * What a mode may read of a point beside its record: `label`, a class and a confidence or another class, or `channel`,
 * four bytes; what they mean depends on the mode. A tile keeps its look until its part of them is there.
 */
export type Attribute = "label" | "channel";
export const ATTRIBUTES = ["label", "channel"] as const satisfies readonly Attribute[];
export const ATTRIBUTE_BYTES: Readonly<Record<Attribute, number>> = { label: 2, channel: 4 };

const READS: Partial<Record<ColorMode, Attribute>> = {
  labels: "label",
  prediction: "label",
  uncertainty: "label",
  instances: "channel",
  intensity: "channel",
  normals: "channel",
  features: "channel",
  truth: "label",
  agreement: "label",
};

export function attributeOf(mode: ColorMode): Attribute | null {
  return READS[mode] ?? null;
}

/** Modes that lie over the scan's own colours, with a strength that can be chosen. */
export const OVERLAY_MODES: ReadonlySet<ColorMode> = new Set<ColorMode>([
  "labels",
  "prediction",
  "uncertainty",
  "instances",
  "truth",
  "agreement",
]);

/** Modes that show the ground truth of a file, alone or beside the labels. Only leads see them. */
export const TRUTH_MODES: ReadonlySet<ColorMode> = new Set<ColorMode>(["truth", "agreement"]);
