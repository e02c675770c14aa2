// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The canvas of a view and the WebGL context on it, which may be lost and come back. */
import { ColorManagement, LinearSRGBColorSpace, WebGLRenderer } from "three";
import type { Disposer } from "../util/disposable";
import { isSoftware } from "./pace";
import { prepareContext } from "./point-layer";

// Point colours are bytes meant for the screen; nothing here is lit, so nothing is converted.
ColorManagement.enabled = false;

/** Put a canvas into the container until `disposer` takes it away. Throws where the browser has no WebGL 2. */
export function newRenderer(
  disposer: Disposer,
  container: HTMLElement,
  onRestored: () => void,
): WebGLRenderer {
  const canvas = document.createElement("canvas");
  canvas.className = "viewer-canvas";
  const renderer = new WebGLRenderer({
    canvas,
    antialias: false,
    depth: false,
    stencil: false,
    alpha: false,
    powerPreference: "high-performance",
  });
  disposer.add(() => {
    renderer.dispose();
    renderer.forceContextLoss();
    canvas.remove();
  });
  container.append(canvas);
  renderer.autoClear = false;
  renderer.sortObjects = false; // Tiles are opaque, and their buffers are unknown to three.js.
  renderer.outputColorSpace = LinearSRGBColorSpace;
  renderer.setPixelRatio(isSoftware(contextOf(renderer)) ? 1 : Math.min(devicePixelRatio, 2));
  prepareContext(contextOf(renderer));
  // three.js makes its own things again after a lost context.
  const restored = (): void => {
    prepareContext(contextOf(renderer));
    onRestored();
  };
  canvas.addEventListener("webglcontextrestored", restored);
  disposer.add(() => canvas.removeEventListener("webglcontextrestored", restored));
  return renderer;
}

export function contextOf(renderer: WebGLRenderer): WebGL2RenderingContext {
  return renderer.getContext() as WebGL2RenderingContext; // three.js makes no other kind.
}
