// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Query, picked point and answers as markers of constant size on screen. */
import {
  BufferGeometry,
  Float32BufferAttribute,
  GLSL3,
  NormalBlending,
  Points,
  RawShaderMaterial,
  Scene,
  type Texture,
  Vector2,
} from "three";
import type { Triple } from "../api/types";
import type { ViewCamera } from "./camera";
import { MARKERS_FRAGMENT, MARKERS_VERTEX } from "./shaders/markers";

/** The order is the drawing kind in the shader. */
export const MARKER_KINDS = ["query", "picked", "answer", "no-class", "open"] as const;

export interface Marker {
  kind: (typeof MARKER_KINDS)[number];
  position: Triple; // Local frame.
  color: Triple; // RGB 0–255.
}

/** CSS pixels. Many answers take less room each, so that the scan behind them stays in view. */
export function answerRadius(answers: number): number {
  return Math.max(4.5, 8 * Math.min(1, Math.sqrt(40 / Math.max(answers, 1))));
}

export class MarkerLayer {
  readonly scene = new Scene();
  private geometry = new BufferGeometry();
  private readonly material = new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: MARKERS_VERTEX,
    fragmentShader: MARKERS_FRAGMENT,
    transparent: true,
    blending: NormalBlending,
    depthTest: false,
    depthWrite: false,
    uniforms: {
      uDepth: { value: null as Texture | null },
      uPixels: { value: new Vector2(1, 1) },
      uRatio: { value: 1 },
      uSlack: { value: 0 },
      uNearFar: { value: new Vector2(0.1, 100) },
      uRingOnly: { value: false },
      uAnswerRadius: { value: 8 },
      uParallel: { value: false },
    },
  });
  private readonly points = new Points(this.geometry, this.material);

  constructor() {
    this.points.frustumCulled = false;
    this.points.visible = false;
    this.scene.add(this.points);
  }

  dispose(): void {
    this.geometry.dispose();
    this.material.dispose();
  }

  /** Later ones are drawn over earlier ones. */
  set(markers: readonly Marker[]): void {
    this.geometry.dispose();
    this.geometry = new BufferGeometry();
    this.geometry.setAttribute(
      "position",
      new Float32BufferAttribute(
        markers.flatMap((m) => m.position),
        3,
      ),
    );
    this.geometry.setAttribute(
      "aColor",
      new Float32BufferAttribute(
        markers.flatMap((m) => m.color.map((c) => c / 255)),
        3,
      ),
    );
    this.geometry.setAttribute(
      "aKind",
      new Float32BufferAttribute(
        markers.map((m) => MARKER_KINDS.indexOf(m.kind)),
        1,
      ),
    );
    const answers = markers.filter((m) => m.kind === "answer" || m.kind === "no-class");
    this.uniform("uAnswerRadius", answerRadius(answers.length));
    this.points.geometry = this.geometry;
    this.points.visible = markers.length > 0;
  }

  /** Nothing but the rings, for a look at the plain scan. */
  setRingOnly(on: boolean): void {
    this.uniform("uRingOnly", on);
  }

  /** Tell the shader about the picture it draws over. */
  prepare(
    depth: Texture,
    pixels: Vector2,
    ratio: number,
    { near, far }: ViewCamera,
    parallel: boolean,
    slack: number,
  ): void {
    this.uniform("uParallel", parallel);
    this.uniform("uSlack", slack);
    this.uniform("uDepth", depth);
    this.uniform("uPixels", pixels);
    this.uniform("uRatio", ratio);
    this.uniform("uNearFar", new Vector2(near, far));
  }

  private uniform(name: string, value: unknown): void {
    const uniform = this.material.uniforms[name];
    if (uniform) uniform.value = value;
  }
}
