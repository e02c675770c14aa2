// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The 3D view of one scan: camera, points, markers and picking on one canvas. Knows nothing of the page around it; it
 * takes plain values and reports through the callbacks given. Draws only when something changed.
 */
import { Color, ColorManagement, LinearSRGBColorSpace, Vector2, WebGLRenderer } from "three";
import type { TileSource } from "../api/tiles";
import type { TileManifest, Triple } from "../api/types";
import { Disposer } from "../util/disposable";
import type { Pose } from "./camera";
import type { ChannelSource } from "./channel";
import { listenToClicks } from "./clicks";
import { type Box, cutBox, heightRange } from "./clip";
import { cornersOf, type Side } from "./framing";
import { GuideLayer } from "./guides";
import { PointLook } from "./look";
import { MarkerLayer, type Marker } from "./markers";
import { type ColorMode, OVERLAY_MODES } from "./modes";
import { defaultPointBudget, isSoftware, Pace } from "./pace";
import { Picker } from "./picking";
import { PointImage } from "./point-image";
import { type PointLayer, prepareContext } from "./point-layer";
import { CameraRig } from "./rig";
import { ScanPoints } from "./scan-points";

// Point colours are bytes meant for the screen; nothing here is lit, so nothing is converted.
ColorManagement.enabled = false;

const SETTLE_MS = 160; // Rest after the last movement before the full picture is drawn.
const DATA_REDRAW_MS = 350; // Arriving tiles cause no more redraws than one per this.
const FRAMED_POINTS = 4000; // Looked at to find the view of the whole scan.
const HEIGHT_POINTS = 20_000; // Looked at to find the range of heights.
const BAR_PIXELS = 64; // Height of the buttons over the bottom of the view.
const SHADE = 0.08; // Strength of the depth shading.

export interface PickedRecord {
  record: number; // Index in tile order.
  position: Triple; // Local frame.
}

export interface ViewerEvents {
  /** A click without a drag; null where there is no point. */
  onClick: (picked: PickedRecord | null) => void;
  onDoubleClick: (picked: PickedRecord | null) => void;
  onLoaded: (points: number, total: number) => void;
  /** Points could not be had after all that the first view wanted was there; moving tries again. */
  onLoadFailed?: (error: unknown) => void;
  /** The camera moved, or the projection changed. */
  onView?: () => void;
  /** The channel that was set cannot be had; what there is of it stays. */
  onChannelFailed?: (error: unknown) => void;
}

export class Viewer {
  private readonly disposer = new Disposer();
  private readonly renderer: WebGLRenderer;
  private readonly canvas: HTMLCanvasElement;
  private readonly rig: CameraRig;
  private readonly pace: Pace;
  private readonly image: PointImage;
  private readonly markers: MarkerLayer;
  private readonly guides: GuideLayer;
  private readonly look: PointLook;
  private readonly picker: Picker;
  private points: ScanPoints | null = null;
  private pointBudget: number;
  private frameRequest = 0;
  private settleTimer: ReturnType<typeof setTimeout> | undefined;
  private dataTimer: ReturnType<typeof setTimeout> | undefined;
  private moving = false;
  private redraw = true;
  private mode: ColorMode = "rgb";
  private channel: ChannelSource | null = null;
  private labels: Uint8Array | null = null;
  private pointSize = 1;
  private fixedSize = false;
  private shading = true;
  private readonly observer = new ResizeObserver(() => this.resize());
  readonly software: boolean;
  frames = 0;

  /** @param up direction that is up in the scan. Throws where the browser has no WebGL 2. */
  constructor(
    private container: HTMLElement,
    private readonly up: Triple,
    private events: ViewerEvents,
  ) {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "viewer-canvas";
    this.renderer = new WebGLRenderer({
      canvas: this.canvas,
      antialias: false,
      depth: false,
      stencil: false,
      alpha: false,
      powerPreference: "high-performance",
    });
    this.disposer.add(() => {
      this.renderer.dispose();
      this.renderer.forceContextLoss();
      this.canvas.remove();
    });
    container.append(this.canvas);
    this.renderer.autoClear = false;
    this.renderer.sortObjects = false; // Tiles are opaque, and their buffers are unknown to three.js.
    prepareContext(this.gl);
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.software = isSoftware(this.renderer.getContext());
    this.pace = new Pace(this.software);
    this.pointBudget = defaultPointBudget(this.software);
    this.renderer.setPixelRatio(this.software ? 1 : Math.min(devicePixelRatio, 2));
    this.rig = this.disposer.own(new CameraRig(this.canvas, up, this.onCameraChange));
    this.image = this.disposer.own(new PointImage(this.renderer));
    this.markers = this.disposer.own(new MarkerLayer());
    this.guides = this.disposer.own(new GuideLayer());
    this.look = new PointLook(up);
    this.picker = this.disposer.own(new Picker());
    listenToClicks(
      this.disposer,
      this.canvas,
      (x, y) => this.events.onClick(this.pick(x, y)),
      (x, y) => this.events.onDoubleClick(this.pick(x, y)),
    );
    // three.js makes its own things again after a lost context; the points have to be fetched once more.
    const restored = (): void => {
      prepareContext(this.gl);
      this.points?.restart();
      this.requestPoints();
    };
    this.canvas.addEventListener("webglcontextrestored", restored);
    this.disposer.add(() => this.canvas.removeEventListener("webglcontextrestored", restored));
    this.observer.observe(container);
    this.disposer.add(() => this.observer.disconnect());
    this.resize();
  }

  /** Go on in another place of the page, with all that is there and on its way. */
  moveTo(container: HTMLElement, events: ViewerEvents): void {
    this.observer.disconnect();
    this.container = container;
    this.events = events;
    container.append(this.canvas);
    this.observer.observe(container);
    this.resize();
    const { loaded, wanted } = this.points?.progress ?? { loaded: 0, wanted: 0 };
    if (loaded > 0) events.onLoaded(loaded, wanted);
  }

  dispose(): void {
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.settleTimer);
    clearTimeout(this.dataTimer);
    this.points?.dispose();
    this.points = null;
    this.disposer.dispose();
  }

  /**
   * Show the scan and stream its tiles for as long as `signal` lets it. Resolves when all that the first view is worth
   * is there; rejects when that failed or was aborted. What fails later is said by `onLoadFailed`.
   */
  load(
    manifest: TileManifest,
    source: TileSource,
    signal: AbortSignal,
    onFirst: () => void,
  ): Promise<void> {
    this.points?.dispose();
    return new Promise<void>((resolve, reject) => {
      let first = true;
      let complete = false;
      const points = new ScanPoints(
        manifest,
        this.gl,
        this.look,
        source,
        this.pointBudget,
        this.viewed,
        {
          onRoot: () => {
            this.applyPointSize();
            this.requestPoints();
            if (!first) return;
            first = false;
            if (this.rig.atHome) this.reset(false); // Now on points instead of boxes.
            onFirst();
          },
          onChange: () => {
            const { loaded, wanted } = points.progress;
            if (!complete) this.events.onLoaded(loaded, wanted);
            this.requestDataRedraw();
          },
          onComplete: () => {
            complete = true;
            resolve();
          },
          onFailed: (error) => {
            if (complete) this.events.onLoadFailed?.(error);
            else reject(error as Error);
          },
          onChannelFailed: (error) => this.events.onChannelFailed?.(error),
        },
      );
      signal.addEventListener("abort", () => {
        points.stop();
        reject(signal.reason as Error);
      });
      this.points = points;
      const { layer } = points;
      this.rig.setBounds(layer.bounds);
      layer.setMode(this.mode);
      layer.setLabels(this.labels);
      points.setChannel(this.channel);
      this.applyPointSize();
      this.resize();
      this.reset(false);
      points.start();
    });
  }

  private get layer(): PointLayer | null {
    return this.points?.layer ?? null;
  }

  /** Most points to hold at once: what the memory of the graphics card is spent on. */
  setPointBudget(points: number): void {
    this.pointBudget = points;
    this.points?.setBudget(points);
  }

  get budget(): number {
    return this.pointBudget;
  }

  /** Bytes held of points and what is known of them. */
  get heldBytes(): number {
    return this.layer?.bytes ?? 0;
  }

  get loadedPoints(): number {
    return this.layer?.loaded ?? 0;
  }

  /** Nothing is moving, waiting or left to draw. */
  get settled(): boolean {
    return (
      !this.points?.waiting &&
      this.dataTimer === undefined &&
      !this.moving &&
      !this.rig.flying &&
      this.frameRequest === 0 &&
      this.image.complete
    );
  }

  setMode(mode: ColorMode): void {
    if (mode === this.mode) return;
    this.mode = mode;
    this.layer?.setMode(mode);
    this.requestPoints();
  }

  /**
   * Four more bytes per record for the modes that read them, fetched for the records that the view holds. A tile shows
   * what it showed before until its part is there; null frees them.
   */
  setChannel(source: ChannelSource | null): void {
    if (source === this.channel) return;
    this.channel = source;
    this.points?.setChannel(source);
    if (!source) this.requestRenewal(); // Otherwise nothing looks different before the first of it arrives.
  }

  /** @param scale 1 closes most gaps between neighbours. @param fixed the same on screen however far away. */
  setPointSize(scale: number, fixed = false): void {
    this.pointSize = scale;
    this.fixedSize = fixed;
    this.applyPointSize();
    this.requestPoints();
  }

  private applyPointSize(): void {
    const ratio = this.renderer.getPixelRatio();
    this.layer?.setPointSize(this.pointSize, ratio);
    this.look.uniforms.uFixed.value = this.fixedSize ? Math.max(1, 2 * this.pointSize * ratio) : 0;
  }

  /** Of what lies over the scan's own colours, 0–1. */
  setStrength(strength: number): void {
    this.look.uniforms.uStrength.value = strength;
    if (OVERLAY_MODES.has(this.mode)) this.requestRenewal();
  }

  /**
   * Hide what is outside a box or above a height. Hidden points cannot be picked.
   *
   * @param ceiling height along the up axis. @param shown whether the box's edges are drawn.
   */
  setClip(box: Box | null, ceiling: number | null, shown: boolean): void {
    const { min, max } = cutBox({ box, ceiling }, this.up);
    this.look.setClip(min, max);
    this.guides.setBox(shown ? box : null);
    this.requestPoints();
  }

  /** Fade what is farther from a place than a radius; null shows everything alike. */
  setNeighbourhood(middle: Triple | null, radius: number): void {
    this.look.setNear(middle ?? [0, 0, 0], middle ? radius : 0);
    this.requestPoints();
  }

  setShading(on: boolean): void {
    this.shading = on;
    this.requestFrame();
  }

  get shaded(): boolean {
    return this.shading;
  }

  setPalette(colors: readonly Triple[]): void {
    this.layer?.setPalette(colors);
    this.requestPoints();
  }

  /** Class and confidence per record in tile order, for the modes that show some; null removes them. */
  setLabels(labels: Uint8Array | null): void {
    if (labels === this.labels) return;
    this.labels = labels;
    this.layer?.setLabels(labels);
    if (this.mode === "rgb") return;
    // The picture stays until the new one is whole: labels change after every answer.
    this.requestRenewal();
  }

  setMarkers(markers: readonly Marker[]): void {
    this.markers.set(markers);
    this.requestFrame();
  }

  setRingOnly(on: boolean): void {
    this.markers.setRingOnly(on);
    this.requestFrame();
  }

  setBackground(css: string): void {
    this.image.setBackground(new Color(css));
    this.requestFrame();
  }

  get pose(): Pose {
    return this.rig.pose;
  }

  flyTo(pose: Pose, animate = true): void {
    this.rig.flyTo(pose, animate);
  }

  /** Show the whole scan. */
  reset(animate = true): void {
    if (!this.layer) return;
    this.rig.showAll(this.sample(FRAMED_POINTS), BAR_PIXELS, animate);
  }

  /** Show the whole scan from one side. */
  showSide(side: Side): void {
    if (this.layer) this.rig.showSide(side, this.sample(FRAMED_POINTS), BAR_PIXELS);
  }

  get parallel(): boolean {
    return this.rig.parallel;
  }

  setParallel(on: boolean): void {
    if (on === this.rig.parallel) return;
    const atHome = this.rig.atHome;
    this.rig.setParallel(on);
    if (atHome) this.reset(false);
  }

  /** About `n` positions all over the scan: of points once some are there, else the corners of its boxes. */
  sample(n: number): Triple[] {
    if (!this.layer) return [];
    const points = this.layer.sample(n);
    return points.length > 0 ? points : cornersOf(this.layer.manifest.tiles);
  }

  /** Between which heights nearly all points are; from the first call on the ramp spans them. */
  measureHeights(): [number, number] {
    const range = heightRange(this.sample(HEIGHT_POINTS), this.up);
    this.look.setHeights(...range);
    return range;
  }

  /** The canvas as it is now, drawn afresh so that it may be read at once. */
  picture(): HTMLCanvasElement {
    cancelAnimationFrame(this.frameRequest);
    this.frame(performance.now());
    return this.canvas;
  }

  approach(position: Triple): void {
    this.rig.approach(position, this.layer?.spacing ?? 0);
  }

  orbitBy(yaw: number, pitch: number): void {
    this.rig.orbitBy(yaw, pitch);
  }

  dollyBy(factor: number): void {
    this.rig.dollyBy(factor);
  }

  /** Where a local position is on the canvas, CSS pixels; null behind the camera. */
  project(position: Triple): { x: number; y: number } | null {
    return this.rig.project(position, this.container.clientWidth, this.container.clientHeight);
  }

  /** @param x,y CSS pixels from the top left of the canvas. */
  pick(x: number, y: number): PickedRecord | null {
    if (!this.layer) return null;
    this.look.uniforms.uFrame.value = this.rig.frame;
    const record = this.picker.pick(this.renderer, this.layer, this.rig.camera, x, y);
    const position = record < 0 ? null : this.layer.position(record);
    return position ? { record, position } : null;
  }

  positionOf(record: number): Triple | null {
    return this.layer?.position(record) ?? null;
  }

  labelOf(record: number): [number, number] | null {
    return this.layer?.label(record) ?? null;
  }

  /** The bytes that the view holds of a record's channel; null where there are none. */
  channelOf(record: number): number[] | null {
    return this.layer?.channelOf(record) ?? null;
  }

  private readonly viewed = () => ({
    camera: this.rig.camera,
    height: this.renderer.getDrawingBufferSize(new Vector2()).y,
  });

  private get gl(): WebGL2RenderingContext {
    return this.renderer.getContext() as WebGL2RenderingContext; // three.js makes no other kind.
  }

  private readonly onCameraChange = (): void => {
    this.moving = true;
    this.redraw = true;
    this.points?.cameraMoved();
    this.events.onView?.();
    clearTimeout(this.settleTimer);
    this.settleTimer = setTimeout(() => {
      this.moving = false;
      this.points?.cameraRests();
      this.requestFrame();
    }, SETTLE_MS);
    this.requestFrame();
  };

  private requestFrame(): void {
    if (this.frameRequest === 0) this.frameRequest = requestAnimationFrame(this.frame);
  }

  private requestPoints(): void {
    this.redraw = true;
    this.requestFrame();
  }

  /** The points look different: draw them again, the picture there is staying until the new one is whole. */
  private requestRenewal(): void {
    if (this.moving) this.requestPoints();
    else {
      this.image.renew();
      this.requestFrame();
    }
  }

  private requestDataRedraw(): void {
    if (this.dataTimer !== undefined) return;
    this.dataTimer = setTimeout(() => {
      this.dataTimer = undefined;
      if (this.moving) this.requestPoints();
      else {
        this.image.outdate();
        this.requestFrame();
      }
    }, DATA_REDRAW_MS);
  }

  private readonly frame = (now: number): void => {
    this.frameRequest = 0;
    this.pace.frame(now, this.moving);
    this.rig.advance(performance.now());
    if (this.redraw) this.rig.fitClipping();
    const { camera, frame, parallel } = this.rig;
    this.look.uniforms.uFrame.value = frame;
    if (this.redraw) {
      this.redraw = false;
      this.image.restart(this.layer, camera, this.pace.points);
    } else if (!this.image.complete && !this.moving && this.layer) {
      this.image.refine(this.layer, camera, this.pace.points * 2);
    }
    // Without a graphics card shading costs as much as the points of a moving picture.
    const busy = this.software && (this.moving || !this.image.complete);
    const spacing = this.layer?.spacing ?? 0;
    this.image.compose(camera, frame, this.shading && !busy ? SHADE : 0, spacing);
    const depth = this.image.depth;
    if (depth) {
      const pixels = this.renderer.getDrawingBufferSize(new Vector2());
      const ratio = this.renderer.getPixelRatio();
      this.markers.prepare(depth, pixels, ratio, camera, parallel, spacing * 2.5);
      this.renderer.render(this.guides.scene, camera);
      this.renderer.render(this.markers.scene, camera);
    }
    this.frames++;
    const refining = !this.image.complete && !this.moving;
    if (this.rig.flying || refining) this.requestFrame();
  };

  private resize(): void {
    const width = Math.max(1, this.container.clientWidth);
    const height = Math.max(1, this.container.clientHeight);
    this.renderer.setSize(width, height, false);
    const atHome = this.rig.atHome;
    this.rig.resize(width, height);
    const pixels = this.renderer.getDrawingBufferSize(new Vector2());
    this.image.resize(pixels);
    this.layer?.setPixelsPerUnit(this.rig.pixelsPerUnit(pixels.y));
    if (atHome) this.reset(false);
    this.requestPoints();
  }
}
