// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The 3D view of one scan: camera, points, markers and picking on one canvas. Knows nothing of the page around it; it
 * takes plain values and reports through the callbacks given. Draws only when something changed.
 */
import { Vector2, type WebGLRenderer } from "three";
import type { TileSource } from "../api/tiles";
import type { TileManifest, Triple } from "../api/types";
import { Disposer } from "../util/disposable";
import { Appearance } from "./appearance";
import type { Pose } from "./camera";
import { contextOf, newRenderer } from "./canvas";
import { listenToClicks } from "./clicks";
import { DrawLoop } from "./draw-loop";
import { cornersOf, type Side } from "./framing";
import { GuideLayer } from "./guides";
import { PointLook } from "./look";
import { MarkerLayer, type Marker } from "./markers";
import { defaultPointBudget, isSoftware } from "./pace";
import { Picker } from "./picking";
import type { PointLayer } from "./point-layer";
import { NO_CLASS } from "./records";
import { CameraRig } from "./rig";
import { ScanPoints } from "./scan-points";

const FRAMED_POINTS = 4000; // Looked at to find the view of the whole scan.
const HEIGHT_POINTS = 20_000; // Looked at to find the range of heights.
const BAR_PIXELS = 64; // Height of the buttons over the bottom of the view.

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
  /** The labels or the channel that were set cannot be had; what there is of them stays. */
  onAttributeFailed?: (error: unknown) => void;
}

export class Viewer {
  private readonly disposer = new Disposer();
  private readonly renderer: WebGLRenderer;
  private readonly canvas: HTMLCanvasElement;
  private readonly rig: CameraRig;
  private readonly drawing: DrawLoop;
  private readonly markers: MarkerLayer;
  private readonly guides: GuideLayer;
  private readonly look: PointLook;
  private readonly picker: Picker;
  private points: ScanPoints | null = null;
  private pointBudget: number;
  private readonly observer = new ResizeObserver(() => this.resize());
  readonly appearance: Appearance;
  readonly software: boolean;

  /** @param up direction that is up in the scan. Throws where the browser has no WebGL 2. */
  constructor(
    private container: HTMLElement,
    up: Triple,
    private events: ViewerEvents,
  ) {
    this.renderer = newRenderer(this.disposer, container, () => {
      this.points?.restart(); // They have to be fetched once more.
      this.drawing.points();
    });
    this.canvas = this.renderer.domElement;
    this.software = isSoftware(this.renderer.getContext());
    this.pointBudget = defaultPointBudget(this.software);
    this.rig = this.disposer.own(new CameraRig(this.canvas, up, this.onCameraChange));
    this.markers = this.disposer.own(new MarkerLayer());
    this.guides = this.disposer.own(new GuideLayer());
    this.look = new PointLook(up);
    this.drawing = this.disposer.own(
      new DrawLoop(this.renderer, this.software, {
        rig: this.rig,
        look: this.look,
        markers: this.markers,
        guides: this.guides,
        layer: () => this.layer,
        onRest: () => this.points?.cameraRests(),
      }),
    );
    this.appearance = new Appearance(this.look, this.guides, this.drawing, up, () =>
      this.renderer.getPixelRatio(),
    );
    this.picker = this.disposer.own(new Picker());
    listenToClicks(
      this.disposer,
      this.canvas,
      (x, y) => this.events.onClick(this.pick(x, y)),
      (x, y) => this.events.onDoubleClick(this.pick(x, y)),
    );
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
        contextOf(this.renderer),
        this.look,
        source,
        this.pointBudget,
        this.viewed,
        {
          onRoot: () => {
            this.appearance.applySize();
            this.drawing.points();
            if (!first) return;
            first = false;
            if (this.rig.atHome) this.reset(false); // Now on points instead of boxes.
            onFirst();
          },
          onChange: () => {
            const { loaded, wanted } = points.progress;
            if (!complete) this.events.onLoaded(loaded, wanted);
            this.drawing.arrived();
          },
          onComplete: () => {
            complete = true;
            resolve();
          },
          onFailed: (error) => {
            if (complete) this.events.onLoadFailed?.(error);
            else reject(error as Error);
          },
          onAttributeFailed: (error) => this.events.onAttributeFailed?.(error),
        },
      );
      signal.addEventListener("abort", () => {
        points.stop();
        reject(signal.reason as Error);
      });
      this.points = points;
      this.rig.setBounds(points.layer.bounds);
      this.appearance.dress(points);
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
    return !this.points?.waiting && this.drawing.idle;
  }

  /** Pictures drawn so far. */
  get frames(): number {
    return this.drawing.frames;
  }

  setShading(on: boolean): void {
    this.drawing.setShading(on);
  }

  get shaded(): boolean {
    return this.drawing.shading;
  }

  setMarkers(markers: readonly Marker[]): void {
    this.markers.set(markers);
    this.drawing.request();
  }

  setRingOnly(on: boolean): void {
    this.markers.setRingOnly(on);
    this.drawing.request();
  }

  setBackground(css: string): void {
    this.drawing.setBackground(css);
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
    return this.appearance.spanHeights(this.sample(HEIGHT_POINTS));
  }

  /** The canvas as it is now, drawn afresh so that it may be read at once. */
  picture(): HTMLCanvasElement {
    this.drawing.now();
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

  /** Class, 255 for none, and confidence 0–255 that the view holds of a record; null where it has none such. */
  labelOf(record: number): [number, number] | null {
    const bytes = this.layer?.bytesOf("label", record);
    if (bytes) return [bytes[0] ?? NO_CLASS, bytes[1] ?? 0];
    return this.positionOf(record) && [NO_CLASS, 0];
  }

  /** The bytes that the view holds of a record's channel; null where there are none. */
  channelOf(record: number): number[] | null {
    return this.layer?.bytesOf("channel", record) ?? null;
  }

  private readonly viewed = () => ({
    camera: this.rig.camera,
    height: this.renderer.getDrawingBufferSize(new Vector2()).y,
  });

  private readonly onCameraChange = (): void => {
    this.points?.cameraMoved();
    this.events.onView?.();
    this.drawing.cameraMoved();
  };

  private resize(): void {
    const width = Math.max(1, this.container.clientWidth);
    const height = Math.max(1, this.container.clientHeight);
    this.renderer.setSize(width, height, false);
    const atHome = this.rig.atHome;
    this.rig.resize(width, height);
    const pixels = this.renderer.getDrawingBufferSize(new Vector2());
    this.layer?.setPixelsPerUnit(this.rig.pixelsPerUnit(pixels.y));
    if (atHome) this.reset(false);
    this.drawing.resize(pixels);
  }
}
