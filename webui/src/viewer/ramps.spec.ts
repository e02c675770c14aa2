// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import { rgbOf } from "../util/color";
import { glslColors, HEIGHT_RAMP, objectColor, rampColor, UNSURE_RAMP } from "./ramps";

/** Relative luminance (WCAG). */
function luminance(color: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = color.map((c) => ((c / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

it("a ramp goes through its colours and stays at its ends", () => {
  expect(rampColor(HEIGHT_RAMP, 0)).toEqual(rgbOf(HEIGHT_RAMP[0]));
  expect(rampColor(HEIGHT_RAMP, 1)).toEqual(rgbOf(HEIGHT_RAMP[9]));
  expect(rampColor(HEIGHT_RAMP, 3 / 9)).toEqual(rgbOf(HEIGHT_RAMP[3]));
  expect(rampColor(["#000000", "#ff0080"], 0.5)).toEqual([128, 0, 64]);
  expect(rampColor(HEIGHT_RAMP, -3)).toEqual(rampColor(HEIGHT_RAMP, 0));
  expect(rampColor(HEIGHT_RAMP, 7)).toEqual(rampColor(HEIGHT_RAMP, 1));
});

it.each([["height", HEIGHT_RAMP] as const, ["uncertainty", UNSURE_RAMP] as const])(
  "the ramp of %s gets lighter all the way, so that it can be read without hue",
  (_, ramp) => {
    const light = Array.from({ length: 41 }, (__, i) => luminance(rampColor(ramp, i / 40)));
    for (let i = 1; i < light.length; i++)
      expect(light[i]).toBeGreaterThan((light[i - 1] ?? 0) - 1e-3);
    expect((light[40] ?? 0) - (light[0] ?? 0)).toBeGreaterThan(0.6);
  },
);

it("GLSL gets the same colours", () => {
  expect(glslColors(["#000000", "#ff0033"])).toBe(
    "vec3[2](vec3(0.00000, 0.00000, 0.00000), vec3(1.00000, 0.00000, 0.20000))",
  );
});

it("objects next to each other look different, and the same object always the same", () => {
  const apart = (a: readonly number[], b: readonly number[]): number =>
    Math.hypot(...a.map((c, i) => c - (b[i] ?? 0)));
  for (let n = 1; n < 60; n++) {
    expect(apart(objectColor(n, 4), objectColor(n + 1, 4))).toBeGreaterThan(60);
    expect(objectColor(n, 4)).toEqual(objectColor(n, 4));
  }
  expect(apart(objectColor(1, 4), objectColor(1, 5))).toBeGreaterThan(30);
});
