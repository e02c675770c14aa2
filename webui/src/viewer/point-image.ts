// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The picture of the points, apart from the canvas: markers can change without drawing a single point again, and
 * while the camera rests the full picture grows in slices behind the coarse one, so that no frame blocks for long.
 */
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DepthTexture,
  GLSL3,
  Mesh,
  NearestFilter,
  NoBlending,
  OrthographicCamera,
  RawShaderMaterial,
  Scene,
  UnsignedIntType,
  Vector2,
  Vector3,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";
import type { ViewCamera } from "./camera";
import type { PointLayer } from "./point-layer";
import { COMPOSE_FRAGMENT, COMPOSE_VERTEX } from "./shaders/compose";

function newTarget(): WebGLRenderTarget {
  return new WebGLRenderTarget(1, 1, {
    minFilter: NearestFilter,
    magFilter: NearestFilter,
    depthTexture: new DepthTexture(1, 1, UnsignedIntType),
  });
}

export class PointImage {
  private front = newTarget();
  private back = newTarget();
  private refined = 1; // Part of the points the back picture holds; 1 = the front is complete.
  private stale = false; // The points changed while the back picture was drawn.
  private readonly composeScene = new Scene();
  private readonly composeCamera = new OrthographicCamera(-1, 1, 1, -1, 0, 1);
  private readonly triangle = new BufferGeometry();
  private readonly material = new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: COMPOSE_VERTEX,
    fragmentShader: COMPOSE_FRAGMENT,
    blending: NoBlending,
    depthTest: false,
    depthWrite: false,
    uniforms: {
      uColor: { value: null as unknown },
      uDepth: { value: null as unknown },
      uPixels: { value: new Vector2(1, 1) },
      uNearFar: { value: new Vector2(0.1, 100) },
      uShade: { value: 0 },
      uReach: { value: 1.4 },
      uSpacing: { value: 0 },
      uBackground: { value: new Vector3() },
      uFrame: { value: 0 },
    },
  });

  constructor(private readonly renderer: WebGLRenderer) {
    const corners = new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]);
    this.triangle.setAttribute("position", new BufferAttribute(corners, 3));
    const mesh = new Mesh(this.triangle, this.material);
    mesh.frustumCulled = false;
    this.composeScene.add(mesh);
  }

  dispose(): void {
    for (const target of [this.front, this.back]) {
      target.depthTexture?.dispose();
      target.dispose();
    }
    this.triangle.dispose();
    this.material.dispose();
  }

  get depth() {
    return this.front.depthTexture;
  }

  get complete(): boolean {
    return this.refined >= 1;
  }

  resize(pixels: Vector2): void {
    this.front.setSize(pixels.x, pixels.y);
    this.back.setSize(pixels.x, pixels.y);
  }

  setBackground(color: Color): void {
    const { r, g, b } = color;
    this.uniform<Vector3>("uBackground").set(r, g, b);
  }

  /** Draw at once what the budget allows; `refine` fills in the rest. */
  restart(layer: PointLayer | null, camera: ViewCamera, budget: number): void {
    const total = layer ? layer.cull(camera, this.front.height) : 0;
    if (total <= budget) layer?.choose(0, 1);
    else layer?.chooseFew(budget);
    this.draw(this.front, layer, camera, true);
    this.refined = total <= budget ? 1 : 0;
    this.stale = false;
  }

  /** The points look different from now on: `refine` draws them all again behind the picture there is. */
  renew(): void {
    this.refined = 0;
    this.stale = false;
  }

  /** There are more points, or fewer: the picture being drawn is still worth showing before the next one. */
  outdate(): void {
    if (this.complete) this.refined = 0;
    else this.stale = true;
  }

  /** Draw one more slice of the full picture; show it once whole. */
  refine(layer: PointLayer, camera: ViewCamera, budget: number): void {
    const total = layer.cull(camera, this.front.height);
    const to = Math.min(1, this.refined + budget / Math.max(1, total));
    layer.choose(this.refined, to);
    this.draw(this.back, layer, camera, this.refined === 0);
    this.refined = to;
    if (to < 1) return;
    [this.front, this.back] = [this.back, this.front];
    if (this.stale) this.refined = 0;
    this.stale = false;
  }

  /** @param frame see `PointLook`. @param spacing usual distance between points, in the scan's unit. */
  compose(camera: ViewCamera, frame: number, shade: number, spacing: number): void {
    this.uniform("uFrame", frame);
    this.uniform<unknown>("uColor", this.front.texture);
    this.uniform<unknown>("uDepth", this.front.depthTexture);
    this.uniform<Vector2>("uPixels").set(this.front.width, this.front.height);
    this.uniform<Vector2>("uNearFar").set(camera.near, camera.far);
    this.uniform("uShade", shade);
    this.uniform("uSpacing", spacing);
    this.uniform("uReach", 1.4 * this.renderer.getPixelRatio());
    this.renderer.setRenderTarget(null);
    this.renderer.render(this.composeScene, this.composeCamera);
  }

  private draw(
    target: WebGLRenderTarget,
    layer: PointLayer | null,
    camera: ViewCamera,
    clear: boolean,
  ): void {
    this.renderer.setRenderTarget(target);
    if (clear) {
      this.renderer.setClearColor(0, 0);
      this.renderer.clear();
    }
    if (layer) this.renderer.render(layer.scene, camera);
    this.renderer.setRenderTarget(null);
  }

  private uniform<T>(name: string, value?: T): T {
    const uniform = this.material.uniforms[name];
    if (!uniform) throw new Error(`No uniform ${name}`);
    if (value !== undefined) uniform.value = value;
    return uniform.value as T; // Each name has one type, set above.
  }
}
