// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The 3D view of one scan: camera, points, markers and picking on one canvas. Knows nothing of the page around it; it
 * takes plain values and reports through the callbacks given. Draws only when something changed.
 */
import {
  Color,
  ColorManagement,
  LinearSRGBColorSpace,
  MathUtils,
  MOUSE,
  PerspectiveCamera,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { TileManifest, Triple } from "../api/types";
import { Disposer } from "../util/disposable";
import { dolly, Flight, FLIGHT_MS, orbit, overview, type Pose } from "./camera";
import { MarkerLayer, type Marker } from "./markers";
import { Picker } from "./picking";
import { PointImage } from "./point-image";
import { type ColorMode, PointLayer } from "./point-layer";
import { loadTiles, planLoad } from "./tile-loader";

// Point colours are bytes meant for the screen; nothing here is lit, so nothing is converted.
ColorManagement.enabled = false;

const FOV_DEGREES = 60;
const SETTLE_MS = 160; // Rest after the last movement before the full picture is drawn.
const DATA_REDRAW_MS = 350; // Arriving tiles cause no more redraws than one per this.
const CLICK_PIXELS = 4;
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
}

export class Viewer {
  private readonly disposer = new Disposer();
  private readonly renderer: WebGLRenderer;
  private readonly canvas: HTMLCanvasElement;
  private readonly camera: PerspectiveCamera;
  private readonly controls: OrbitControls;
  private readonly image: PointImage;
  private readonly markers: MarkerLayer;
  private readonly picker: Picker;
  private layer: PointLayer | null = null;
  private flight: Flight | null = null;
  private frameRequest = 0;
  private settleTimer: ReturnType<typeof setTimeout> | undefined;
  private dataTimer: ReturnType<typeof setTimeout> | undefined;
  private lastFrameAt = 0;
  private moving = false;
  private redraw = true;
  private mode: ColorMode = "rgb";
  private pointSize = 1;
  private shading = true;
  private radius = 1;
  private loading = false;
  private movingBudget: number;
  /** Drawn by the processor: machines without a graphics card, remote desktops, test browsers. */
  readonly software: boolean;
  frames = 0;

  /** @param up direction that is up in the scan. Throws where the browser has no WebGL 2. */
  constructor(
    private readonly container: HTMLElement,
    private readonly up: Triple,
    private readonly events: ViewerEvents,
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
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.software = isSoftware(this.renderer.getContext());
    this.movingBudget = this.software ? 80_000 : 1_500_000;
    this.renderer.setPixelRatio(this.software ? 1 : Math.min(devicePixelRatio, 2));

    this.camera = new PerspectiveCamera(FOV_DEGREES, 1, 0.01, 1000);
    this.camera.up.set(...up); // Before the controls: they keep the up they find.
    this.controls = new OrbitControls(this.camera, this.canvas);
    this.controls.zoomToCursor = true;
    this.controls.zoomSpeed = 1.4;
    this.controls.mouseButtons = { LEFT: MOUSE.ROTATE, MIDDLE: MOUSE.DOLLY, RIGHT: MOUSE.PAN };
    this.controls.addEventListener("change", this.onCameraChange);
    this.disposer.add(() => this.controls.dispose());

    this.image = this.disposer.own(new PointImage(this.renderer));
    this.markers = this.disposer.own(new MarkerLayer());
    this.picker = this.disposer.own(new Picker());
    this.listenToPointer();
    // three.js uploads everything again after a lost context; only the picture is missing then.
    const restored = (): void => this.requestPoints();
    this.canvas.addEventListener("webglcontextrestored", restored);
    this.disposer.add(() => this.canvas.removeEventListener("webglcontextrestored", restored));
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(container);
    this.disposer.add(() => observer.disconnect());
    this.resize();
  }

  dispose(): void {
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.settleTimer);
    clearTimeout(this.dataTimer);
    this.layer?.dispose();
    this.layer = null;
    this.disposer.dispose();
  }

  /** Show the scan and fetch its tiles. Resolves when all are there; rejects when that failed or was aborted. */
  async load(
    manifest: TileManifest,
    fetchRange: (from: number, to: number, signal: AbortSignal) => Promise<ArrayBuffer>,
    signal: AbortSignal,
    onFirst: () => void,
  ): Promise<void> {
    const plan = planLoad(manifest);
    const layer = new PointLayer(manifest, plan.held);
    this.layer?.dispose();
    this.layer = layer;
    this.radius = Math.max(layer.bounds.min.distanceTo(layer.bounds.max) / 2, 1e-6);
    this.controls.minDistance = this.radius * 1e-4;
    this.controls.maxDistance = this.radius * 20;
    layer.setMode(this.mode);
    layer.setPointSize(this.pointSize, this.renderer.getPixelRatio());
    this.resize();
    this.reset(false);
    this.loading = true;
    const total = plan.held.reduce((sum, n) => sum + n, 0);
    await loadTiles(
      manifest,
      plan,
      {
        fetchRange,
        append: (tile, from, records) => {
          layer.append(tile, from, records);
          this.events.onLoaded(layer.loaded, total);
          this.requestDataRedraw();
        },
        priority: (tile) => layer.distance2(tile, this.controls.target),
      },
      signal,
      () => {
        layer.measureSpacing();
        layer.setPointSize(this.pointSize, this.renderer.getPixelRatio());
        this.requestPoints();
        onFirst();
      },
    );
    this.loading = false;
    this.requestPoints();
  }

  get loadedPoints(): number {
    return this.layer?.loaded ?? 0;
  }

  /** Nothing is moving, waiting or left to draw. */
  get settled(): boolean {
    return (
      !this.loading &&
      !this.moving &&
      !this.flight &&
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

  setPointSize(scale: number): void {
    this.pointSize = scale;
    this.layer?.setPointSize(scale, this.renderer.getPixelRatio());
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

  setPrediction(prediction: Uint8Array | null): void {
    this.layer?.setPrediction(prediction);
    this.requestPoints();
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
    return { eye: this.camera.position.toArray(), target: this.controls.target.toArray() };
  }

  /** Fly to a pose, or be there at once when motion is not wanted. A new flight takes over from a running one. */
  flyTo(pose: Pose, animate = true): void {
    const still = !animate || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.flight = new Flight(this.pose, pose, this.up, performance.now(), still ? 0 : FLIGHT_MS);
    if (still) this.advanceFlight(performance.now());
    this.requestFrame();
  }

  reset(animate = true): void {
    if (!this.layer) return;
    const { min, max } = this.layer.bounds;
    const fov = MathUtils.degToRad(FOV_DEGREES);
    this.flyTo(overview(min.toArray(), max.toArray(), this.up, fov, this.camera.aspect), animate);
  }

  /** Look at a position from the present side, from near enough to see single points. */
  approach(position: Triple): void {
    const { eye, target } = this.pose;
    const offset = new Vector3(...eye).sub(new Vector3(...target));
    const near = Math.min(
      offset.length(),
      Math.max(this.radius * 0.15, 30 * (this.layer?.spacing ?? 0)),
    );
    const moved = new Vector3(...position).add(offset.setLength(near));
    this.flyTo({ eye: moved.toArray(), target: position });
  }

  orbitBy(yaw: number, pitch: number): void {
    this.place(orbit(this.flight?.to ?? this.pose, this.up, yaw, pitch));
  }

  dollyBy(factor: number): void {
    this.place(dolly(this.flight?.to ?? this.pose, factor));
  }

  /** Where a local position is on the canvas, CSS pixels; null behind the camera. */
  project(position: Triple): { x: number; y: number } | null {
    this.camera.updateMatrixWorld();
    const v = new Vector3(...position).applyMatrix4(this.camera.matrixWorldInverse);
    if (v.z >= 0) return null;
    v.applyMatrix4(this.camera.projectionMatrix);
    return {
      x: ((v.x + 1) / 2) * this.container.clientWidth,
      y: ((1 - v.y) / 2) * this.container.clientHeight,
    };
  }

  /** @param x,y CSS pixels from the top left of the canvas. */
  pick(x: number, y: number): PickedRecord | null {
    if (!this.layer) return null;
    const record = this.picker.pick(this.renderer, this.layer, this.camera, x, y);
    const position = record < 0 ? null : this.layer.position(record);
    return position ? { record, position } : null;
  }

  positionOf(record: number): Triple | null {
    return this.layer?.position(record) ?? null;
  }

  private place(pose: Pose): void {
    this.flight = null;
    this.camera.position.set(...pose.eye);
    this.controls.target.set(...pose.target);
    this.controls.update();
    this.onCameraChange();
  }

  private readonly onCameraChange = (): void => {
    this.moving = true;
    this.redraw = true;
    clearTimeout(this.settleTimer);
    this.settleTimer = setTimeout(() => {
      this.moving = false;
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

  private requestDataRedraw(): void {
    if (this.dataTimer !== undefined) return;
    this.dataTimer = setTimeout(() => {
      this.dataTimer = undefined;
      if (this.loading) this.requestPoints();
    }, DATA_REDRAW_MS);
  }

  private readonly frame = (now: number): void => {
    this.frameRequest = 0;
    this.adaptBudget(now);
    this.advanceFlight(performance.now());
    if (this.redraw) {
      this.redraw = false;
      this.fitClipping();
      this.image.restart(this.layer, this.camera, this.movingBudget);
    } else if (!this.image.complete && !this.moving && !this.loading && this.layer) {
      this.image.refine(this.layer, this.camera, this.movingBudget * 2);
    }
    // Without a graphics card shading costs as much as the points of a moving picture.
    const busy = this.software && (this.moving || !this.image.complete);
    const spacing = this.layer?.spacing ?? 0;
    this.image.compose(this.camera, this.shading && !busy ? SHADE : 0, spacing);
    const depth = this.image.depth;
    if (depth) {
      const pixels = this.renderer.getDrawingBufferSize(new Vector2());
      const { near, far } = this.camera;
      const ratio = this.renderer.getPixelRatio();
      this.markers.prepare(depth, pixels, ratio, near, far, spacing * 2.5);
      this.renderer.render(this.markers.scene, this.camera);
    }
    this.frames++;
    const refining = !this.image.complete && !this.moving && !this.loading;
    if (this.flight || refining) this.requestFrame();
  };

  /** While moving, draw as many points as keep frames short; frames far apart belong to no movement. */
  private adaptBudget(now: number): void {
    const took = now - this.lastFrameAt;
    this.lastFrameAt = now;
    if (!this.moving || took > 1000) return;
    const wanted = this.software ? 90 : 24;
    const factor = Math.min(1.15, Math.max(0.6, wanted / Math.max(took, 1)));
    this.movingBudget = Math.min(8e6, Math.max(40_000, this.movingBudget * factor));
  }

  private advanceFlight(now: number): void {
    if (!this.flight) return;
    const { pose, done } = this.flight.at(now);
    if (done) this.flight = null;
    this.camera.position.set(...pose.eye);
    this.controls.target.set(...pose.target);
    this.controls.update();
    this.onCameraChange();
  }

  private fitClipping(): void {
    const distance = this.camera.position.distanceTo(this.controls.target);
    const center = this.layer?.bounds.getCenter(new Vector3()) ?? new Vector3();
    const near = Math.max(this.radius * 2e-5, Math.min(distance * 0.03, this.radius * 0.01));
    const far = this.camera.position.distanceTo(center) + this.radius * 1.05;
    if (near === this.camera.near && far === this.camera.far) return;
    this.camera.near = near;
    this.camera.far = Math.max(far, near * 10);
    this.camera.updateProjectionMatrix();
  }

  private resize(): void {
    const width = Math.max(1, this.container.clientWidth);
    const height = Math.max(1, this.container.clientHeight);
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    const pixels = this.renderer.getDrawingBufferSize(new Vector2());
    this.image.resize(pixels);
    this.layer?.setPixelsPerUnit(pixels.y / (2 * Math.tan(MathUtils.degToRad(FOV_DEGREES) / 2)));
    this.requestPoints();
  }

  private listenToPointer(): void {
    let down: { x: number; y: number; id: number } | null = null;
    const stopFlight = (): void => {
      this.flight = null;
    };
    // Capture, so that the controls start from where the flight was stopped.
    this.disposer.listen(
      this.canvas,
      "pointerdown",
      (event) => {
        stopFlight();
        down =
          event.button === 0 && event.isPrimary
            ? { x: event.offsetX, y: event.offsetY, id: event.pointerId }
            : null;
      },
      { capture: true },
    );
    this.disposer.listen(this.canvas, "wheel", stopFlight, { capture: true, passive: true });
    this.disposer.listen(this.canvas, "pointerup", (event) => {
      const start = down;
      down = null;
      if (!start || start.id !== event.pointerId) return;
      if (Math.hypot(event.offsetX - start.x, event.offsetY - start.y) > CLICK_PIXELS) return;
      this.events.onClick(this.pick(event.offsetX, event.offsetY));
    });
    this.disposer.listen(this.canvas, "dblclick", (event) =>
      this.events.onDoubleClick(this.pick(event.offsetX, event.offsetY)),
    );
    this.disposer.listen(this.canvas, "contextmenu", (event) => event.preventDefault());
  }
}

function isSoftware(gl: WebGLRenderingContext | WebGL2RenderingContext): boolean {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  return /swiftshader|llvmpipe|softpipe|basic render|software/i.test(name);
}
