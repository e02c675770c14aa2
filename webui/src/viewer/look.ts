// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * How points look and which are drawn at all, as uniforms that every material of the points shares: the picking pass
 * hides what the picture hides.
 */
import { Matrix3, Vector2, Vector3, Vector4 } from "three";
import type { Triple } from "../api/types";
import { rgbOf } from "../util/color";
import { FACING_COLORS } from "./ramps";

export const FAR_OUT = 1e30;

export class PointLook {
  readonly uniforms = {
    uUp: { value: new Vector3(0, 0, 1) },
    uHeights: { value: new Vector2(0, 1) },
    uStrength: { value: 0.8 },
    uFixed: { value: 0 }, // Diameter in device pixels; 0: by distance.
    uFrame: { value: 0 }, // Parallel projection: everything is drawn as at this distance. 0: perspective.
    uClipLow: { value: new Vector3(-FAR_OUT, -FAR_OUT, -FAR_OUT) },
    uClipHigh: { value: new Vector3(FAR_OUT, FAR_OUT, FAR_OUT) },
    uNear: { value: new Vector4(0, 0, 0, 0) }, // Middle and radius of what is not faded; radius 0: all.
    uFacing: { value: new Matrix3() }, // Colours of surfaces that face x, y and z.
  };

  constructor(up: Triple) {
    this.uniforms.uUp.value.set(...up);
    const colors = facingColors(up).map((color) => color.map((c) => c / 255));
    this.uniforms.uFacing.value.fromArray(colors.flat());
  }

  setHeights(low: number, high: number): void {
    this.uniforms.uHeights.value.set(low, Math.max(high, low + 1e-9));
  }

  setClip(low: Triple, high: Triple): void {
    this.uniforms.uClipLow.value.set(...low);
    this.uniforms.uClipHigh.value.set(...high);
  }

  setNear(middle: Triple, radius: number): void {
    this.uniforms.uNear.value.set(...middle, radius);
  }
}

/** Colours 0–255 of what faces x, y and z: the upward axis has the last one. @param up a unit vector along an axis. */
export function facingColors(up: Triple): [Triple, Triple, Triple] {
  const [first, second, vertical] = FACING_COLORS.map(rgbOf) as [Triple, Triple, Triple];
  const upward = up.map(Math.abs).indexOf(Math.max(...up.map(Math.abs)));
  const level = [0, 1, 2].filter((axis) => axis !== upward);
  return [0, 1, 2].map((axis) =>
    axis === upward ? vertical : axis === level[0] ? first : second,
  ) as [Triple, Triple, Triple];
}
