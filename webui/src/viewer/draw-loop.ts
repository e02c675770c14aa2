// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * When the view is drawn, and what a frame is made of. A moving picture has as many points as can be drawn in time, a
 * resting one fills up in slices; nothing is drawn when nothing changed.
 */
import { Color, Vector2, type WebGLRenderer } from "three";
import type { GuideLayer } from "./guides";
import type { PointLook } from "./look";
import type { MarkerLayer } from "./markers";
import { Pace } from "./pace";
import { PointImage } from "./point-image";
import type { PointLayer } from "./point-layer";
import type { CameraRig } from "./rig";

const SETTLE_MS = 160; // Rest after the last movement before the full picture is drawn.
const DATA_REDRAW_MS = 350; // Arriving tiles cause no more redraws than one per this.
const SHADE = 0.08; // Strength of the depth shading.

/** What a frame shows. */
export interface Scenery {
  readonly rig: CameraRig;
  readonly look: PointLook;
  readonly markers: MarkerLayer;
  readonly guides: GuideLayer;
  readonly layer: () => PointLayer | null;
  /** The camera has come to rest. */
  readonly onRest: () => void;
}

export class DrawLoop {
  private readonly pace: Pace;
  private readonly image: PointImage;
  private frameRequest = 0;
  private settleTimer: ReturnType<typeof setTimeout> | undefined;
  private dataTimer: ReturnType<typeof setTimeout> | undefined;
  private moving = false;
  private redraw = true;
  private shade = true;
  frames = 0;

  constructor(
    private readonly renderer: WebGLRenderer,
    private readonly software: boolean,
    private readonly scenery: Scenery,
  ) {
    this.pace = new Pace(software);
    this.image = new PointImage(renderer);
  }

  dispose(): void {
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.settleTimer);
    clearTimeout(this.dataTimer);
    this.image.dispose();
  }

  /** Nothing is moving, waiting or left to draw. */
  get idle(): boolean {
    return (
      this.dataTimer === undefined &&
      !this.moving &&
      !this.scenery.rig.flying &&
      this.frameRequest === 0 &&
      this.image.complete
    );
  }

  get shading(): boolean {
    return this.shade;
  }

  setShading(on: boolean): void {
    this.shade = on;
    this.request();
  }

  setBackground(css: string): void {
    this.image.setBackground(new Color(css));
    this.request();
  }

  resize(pixels: Vector2): void {
    this.image.resize(pixels);
    this.points();
  }

  cameraMoved(): void {
    this.moving = true;
    clearTimeout(this.settleTimer);
    this.settleTimer = setTimeout(() => {
      this.moving = false;
      this.scenery.onRest();
      this.request();
    }, SETTLE_MS);
    this.points();
  }

  /** What lies over the points has changed. */
  request(): void {
    if (this.frameRequest === 0) this.frameRequest = requestAnimationFrame(this.frame);
  }

  /** The points are seen otherwise: the picture there is says nothing any more. */
  points(): void {
    this.redraw = true;
    this.request();
  }

  /** The points look different: draw them again, the picture there is staying until the new one is whole. */
  renew(): void {
    if (this.moving) this.points();
    else {
      this.image.renew();
      this.request();
    }
  }

  /** There are more points, fewer, or more is known of them. */
  arrived(): void {
    if (this.dataTimer !== undefined) return;
    this.dataTimer = setTimeout(() => {
      this.dataTimer = undefined;
      if (this.moving) this.points();
      else {
        this.image.outdate();
        this.request();
      }
    }, DATA_REDRAW_MS);
  }

  /** Draw at once, so that the canvas may be read. */
  now(): void {
    cancelAnimationFrame(this.frameRequest);
    this.frame(performance.now());
  }

  readonly frame = (now: number): void => {
    this.frameRequest = 0;
    const { rig, look, markers, guides } = this.scenery;
    const layer = this.scenery.layer();
    this.pace.frame(now, this.moving);
    rig.advance(performance.now());
    if (this.redraw) rig.fitClipping();
    const { camera, frame, parallel } = rig;
    look.uniforms.uFrame.value = frame;
    if (this.redraw) {
      this.redraw = false;
      this.image.restart(layer, camera, this.pace.points);
    } else if (!this.image.complete && !this.moving && layer) {
      this.image.refine(layer, camera, this.pace.points * 2);
    }
    // Without a graphics card shading costs as much as the points of a moving picture.
    const busy = this.software && (this.moving || !this.image.complete);
    const spacing = layer?.spacing ?? 0;
    this.image.compose(camera, frame, this.shade && !busy ? SHADE : 0, spacing);
    const depth = this.image.depth;
    if (depth) {
      const pixels = this.renderer.getDrawingBufferSize(new Vector2());
      const ratio = this.renderer.getPixelRatio();
      markers.prepare(depth, pixels, ratio, camera, parallel, spacing * 2.5);
      this.renderer.render(guides.scene, camera);
      this.renderer.render(markers.scene, camera);
    }
    this.frames++;
    const refining = !this.image.complete && !this.moving;
    if (rig.flying || refining) this.request();
  };
}
