// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** By what points can be coloured. The order is that of `uMode` in the shader, and of the keys Alt+1 … 9. */
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
] as const;
export type ColorMode = (typeof COLOR_MODES)[number];

/** The colours of the scan, and the two things that are most often laid over them. */
export const MAIN_MODES = ["rgb", "labels", "prediction"] as const satisfies readonly ColorMode[];

/** Modes that read the four bytes of the channel: a tile keeps its look until its part of the channel is there. */
export const CHANNEL_MODES: ReadonlySet<ColorMode> = new Set<ColorMode>([
  "instances",
  "intensity",
  "normals",
  "features",
]);

/** Modes that lie over the scan's own colours, with a strength that can be chosen. */
export const OVERLAY_MODES: ReadonlySet<ColorMode> = new Set<ColorMode>([
  "labels",
  "prediction",
  "uncertainty",
  "instances",
]);

export const CHANNEL_BYTES = 4;
