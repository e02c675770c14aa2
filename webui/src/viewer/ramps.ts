// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Colours for numbers, once for the shader and once for legends. All can be told apart with the common colour
 * blindnesses and printed in grey.
 */
import type { Triple } from "../api/types";
import { rgbOf } from "../util/color";

/** From low to high, evenly spaced. Cividis: dark blue over grey to yellow. */
export const HEIGHT_RAMP = [
  "#00224e",
  "#123570",
  "#3b496c",
  "#575d6d",
  "#707173",
  "#8a8678",
  "#a59c74",
  "#c3b369",
  "#e1cc55",
  "#fee838",
] as const;
/** Plasma: dark blue over magenta to yellow. */
export const UNSURE_RAMP = [
  "#0d0887",
  "#46039f",
  "#7201a8",
  "#9c179e",
  "#bd3786",
  "#d8576b",
  "#ed7953",
  "#fb9f3a",
  "#fdca26",
  "#f0f921",
] as const;
/** Not from black, which would vanish on the dark background. */
export const INTENSITY_RAMP = ["#202020", "#ffffff"] as const;
/** Directions that surfaces face: along the first and second level axis, and up or down. */
export const FACING_COLORS = ["#e69f00", "#009e73", "#56b4e9"] as const;
/** Labels that are the true class, labels that are not, and points of which nobody knows. */
export const RIGHT_COLOR = "#56b4e9";
export const WRONG_COLOR = "#d55e00";
export const UNKNOWN_COLOR = "#8a8a8a";

/** The colour at a part `t` (0–1) of a ramp, 0–255 each. */
export function rampColor(ramp: readonly string[], t: number): Triple {
  const place = Math.min(1, Math.max(0, t)) * (ramp.length - 1);
  const at = Math.min(ramp.length - 2, Math.floor(place));
  const low = rgbOf(ramp[at] ?? "#000000");
  const high = rgbOf(ramp[at + 1] ?? "#000000");
  return low.map((c, i) => Math.round(c + ((high[i] ?? 0) - c) * (place - at))) as Triple;
}

/** A colour as a GLSL constructor. */
export function glslColor(hex: string): string {
  const [r, g, b] = rgbOf(hex).map((c) => (c / 255).toFixed(5));
  return `vec3(${r}, ${g}, ${b})`;
}

/** The colours of a ramp as a GLSL array constructor. */
export function glslColors(ramp: readonly string[]): string {
  return `vec3[${ramp.length}](${ramp.map(glslColor).join(", ")})`;
}

const GOLDEN = 0.61803398875;

/**
 * The colour of an object, 0–255 each; the same number and class always have the same one, and numbers next to each
 * other have colours far apart. The shader does the same.
 */
export function objectColor(instance: number, classIndex: number): Triple {
  const turn = (instance * GOLDEN + classIndex * 0.137) % 1;
  const light = instance % 2 === 0 ? 1 : 0.72;
  return [0, 2 / 3, 1 / 3].map((shift) => {
    const x = Math.abs(((turn + shift) % 1) * 6 - 3) - 1;
    return Math.round(255 * light * (0.25 + 0.75 * Math.min(1, Math.max(0, x))));
  }) as Triple;
}

export function cssColor([r, g, b]: Triple): string {
  return `rgb(${r} ${g} ${b})`;
}
