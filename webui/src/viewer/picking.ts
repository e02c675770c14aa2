// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which record is under the cursor: ids drawn into a small window of pixels, the hit nearest its centre wins. */
import { NearestFilter, Vector2, type WebGLRenderer, WebGLRenderTarget } from "three";
import type { ViewCamera } from "./camera";
import { LARGEST_POINT, type PointLayer } from "./point-layer";

const SLACK = 8; // CSS pixels round the cursor.

/** The id in the window (RGBA bytes, id + 1 little-endian, 0 = nothing) nearest its middle, or -1. */
export function nearestHit(bytes: Uint8Array, side: number): number {
  const middle = (side - 1) / 2;
  let best = -1;
  let bestDistance = Infinity;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const o = (y * side + x) * 4;
      const id =
        ((bytes[o] ?? 0) |
          ((bytes[o + 1] ?? 0) << 8) |
          ((bytes[o + 2] ?? 0) << 16) |
          ((bytes[o + 3] ?? 0) << 24)) >>>
        0;
      const distance = (x - middle) ** 2 + (y - middle) ** 2;
      if (id !== 0 && distance < bestDistance) {
        bestDistance = distance;
        best = id - 1;
      }
    }
  }
  return best;
}

export class Picker {
  private target: WebGLRenderTarget | null = null;

  dispose(): void {
    this.target?.dispose();
  }

  /** @param x,y CSS pixels from the top left of the canvas. Returns the record (tile order) or -1. */
  pick(
    renderer: WebGLRenderer,
    layer: PointLayer,
    camera: ViewCamera,
    x: number,
    y: number,
  ): number {
    const ratio = renderer.getPixelRatio();
    const side = 2 * Math.round(SLACK * ratio) + 1;
    // Some cards leave out a point whose middle is outside the picture, though it reaches into it.
    const margin = Math.ceil((LARGEST_POINT / 2) * ratio);
    const drawn = side + 2 * margin;
    if (this.target?.width !== drawn) {
      this.target?.dispose();
      this.target = new WebGLRenderTarget(drawn, drawn, {
        minFilter: NearestFilter,
        magFilter: NearestFilter,
      });
    }
    const size = renderer.getDrawingBufferSize(new Vector2());
    const half = (drawn - 1) / 2;
    camera.setViewOffset(
      size.x,
      size.y,
      Math.floor(x * ratio) - half,
      Math.floor(y * ratio) - half,
      drawn,
      drawn,
    );
    const bytes = new Uint8Array(side * side * 4);
    try {
      layer.cull(camera, drawn);
      layer.choose(0, 1);
      layer.setPicking(true);
      renderer.setRenderTarget(this.target);
      renderer.setClearColor(0, 0);
      renderer.clear();
      renderer.render(layer.scene, camera);
      renderer.readRenderTargetPixels(this.target, margin, margin, side, side, bytes);
    } finally {
      renderer.setRenderTarget(null);
      layer.setPicking(false);
      camera.clearViewOffset();
    }
    return nearestHit(bytes, side);
  }
}
