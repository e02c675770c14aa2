// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The camera of the 3D view, the mouse controls that move it, and flights. Says when anything moved. */
import { Box3, MathUtils, MOUSE, OrthographicCamera, PerspectiveCamera, Vector3 } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Triple } from "../api/types";
import { dolly, Flight, FLIGHT_MS, orbit, type Pose, type ViewCamera, zoomAt } from "./camera";
import { type Frame, overview, type Side, sideDirection, viewAlong } from "./framing";

const FOV_DEGREES = 60;

const HALF_TAN = Math.tan(MathUtils.degToRad(FOV_DEGREES) / 2);
const ZOOM_SPEED = 1.4;

export class CameraRig {
  // Moved by the controls; the parallel one follows it, so that both always frame the same.
  private readonly eye = new PerspectiveCamera(FOV_DEGREES, 1, 0.01, 1000);
  private readonly flat = new OrthographicCamera();
  private isParallel = false;
  private readonly controls: OrbitControls;
  private flight: Flight | null = null;
  private home: Pose | null = null; // The view of the whole scan, for as long as nobody left it.
  private bounds = new Box3(new Vector3(0, 0, 0), new Vector3(1, 1, 1));
  private radius = 1;
  private height = 1; // Of the picture, CSS pixels.

  /** @param up direction that is up in the scan. */
  constructor(
    private readonly canvas: HTMLElement,
    private readonly up: Triple,
    private readonly onChange: () => void,
  ) {
    this.eye.up.set(...up); // Before the controls: they keep the up they find.
    this.controls = new OrbitControls(this.eye, canvas);
    this.controls.zoomToCursor = true;
    this.controls.zoomSpeed = ZOOM_SPEED;
    this.controls.mouseButtons = { LEFT: MOUSE.ROTATE, MIDDLE: MOUSE.DOLLY, RIGHT: MOUSE.PAN };
    this.controls.addEventListener("change", this.onChange);
    // Capture, so that the controls start from where the flight was stopped.
    canvas.addEventListener("pointerdown", this.stop, { capture: true });
    canvas.addEventListener("wheel", this.onWheel, { capture: true, passive: false });
  }

  dispose(): void {
    this.canvas.removeEventListener("pointerdown", this.stop, { capture: true });
    this.canvas.removeEventListener("wheel", this.onWheel, { capture: true });
    this.controls.dispose();
  }

  setBounds(bounds: Box3): void {
    this.bounds = bounds;
    this.radius = Math.max(bounds.min.distanceTo(bounds.max) / 2, 1e-6);
    this.controls.minDistance = this.radius * 1e-4;
    this.controls.maxDistance = this.radius * 20;
  }

  /** CSS pixels. */
  resize(width: number, height: number): void {
    this.height = height;
    this.eye.aspect = width / height;
    this.eye.updateProjectionMatrix();
  }

  /** The camera to draw with, as it stands now. */
  get camera(): ViewCamera {
    if (!this.isParallel) return this.eye;
    const { eye, flat } = this;
    flat.position.copy(eye.position);
    flat.quaternion.copy(eye.quaternion);
    flat.near = this.distance * 1e-3;
    flat.far = eye.far;
    flat.top = this.distance * HALF_TAN;
    flat.bottom = -flat.top;
    flat.right = flat.top * eye.aspect;
    flat.left = -flat.right;
    flat.updateProjectionMatrix();
    return flat;
  }

  get parallel(): boolean {
    return this.isParallel;
  }

  /** The distance at which parallel projection draws everything; 0 in perspective. */
  get frame(): number {
    return this.isParallel ? this.distance : 0;
  }

  /** Parallel projection or perspective; what is at the target keeps its size. */
  setParallel(on: boolean): void {
    if (on === this.isParallel) return;
    this.isParallel = on;
    this.onChange();
  }

  private get distance(): number {
    return this.eye.position.distanceTo(this.controls.target);
  }

  /** How many of `pixels` one unit of length covers at distance 1, `pixels` being the height of the picture. */
  pixelsPerUnit(pixels: number): number {
    return pixels / (2 * HALF_TAN);
  }

  get pose(): Pose {
    return { eye: this.eye.position.toArray(), target: this.controls.target.toArray() };
  }

  get target(): Vector3 {
    return this.controls.target;
  }

  get flying(): boolean {
    return this.flight !== null;
  }

  /** The whole scan is shown, or about to be, and nobody has moved since. */
  get atHome(): boolean {
    if (!this.home) return false;
    if (this.flight) return this.flight.to === this.home;
    const { eye } = this.home;
    return this.eye.position.distanceTo(new Vector3(...eye)) < this.radius * 1e-6;
  }

  /** Fly to a pose, or be there at once when motion is not wanted. A new flight takes over from a running one. */
  flyTo(pose: Pose, animate = true): void {
    const still = !animate || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.flight = new Flight(this.pose, pose, this.up, performance.now(), still ? 0 : FLIGHT_MS);
    if (still) this.advance(performance.now());
    this.onChange();
  }

  /**
   * Show the whole scan.
   *
   * @param points positions all over it. @param covered height of the controls over the bottom of the picture, CSS
   *   pixels.
   */
  showAll(points: readonly Triple[], covered: number, animate: boolean): void {
    this.home = overview(points, this.up, this.frameOf(covered));
    this.flyTo(this.home, animate);
  }

  /** Show the whole scan from one side. Parameters as of `showAll`. */
  showSide(side: Side, points: readonly Triple[], covered: number): void {
    this.flyTo(viewAlong(points, sideDirection(side, this.up), this.up, this.frameOf(covered)));
  }

  private frameOf(covered: number): Frame {
    return {
      fovRadians: MathUtils.degToRad(FOV_DEGREES),
      aspect: this.eye.aspect,
      bottom: Math.min(0.3, covered / this.height),
      parallel: this.isParallel,
    };
  }

  /** Look at a position from the present side, from near enough to see single points. */
  approach(position: Triple, spacing: number): void {
    const { eye, target } = this.pose;
    const offset = new Vector3(...eye).sub(new Vector3(...target));
    const near = Math.min(offset.length(), Math.max(this.radius * 0.15, 30 * spacing));
    const moved = new Vector3(...position).add(offset.setLength(near));
    this.flyTo({ eye: moved.toArray(), target: position });
  }

  orbitBy(yaw: number, pitch: number): void {
    this.moveTo(orbit(this.flight?.to ?? this.pose, this.up, yaw, pitch));
  }

  dollyBy(factor: number): void {
    this.moveTo(dolly(this.flight?.to ?? this.pose, factor));
  }

  /** Where a local position is in a picture of this size; null behind the camera. */
  project(position: Triple, width: number, height: number): { x: number; y: number } | null {
    const { camera } = this;
    camera.updateMatrixWorld();
    const v = new Vector3(...position).applyMatrix4(camera.matrixWorldInverse);
    if (v.z >= 0) return null;
    v.applyMatrix4(camera.projectionMatrix);
    return { x: ((v.x + 1) / 2) * width, y: ((1 - v.y) / 2) * height };
  }

  /** Go on with the flight. */
  advance(now: number): void {
    if (!this.flight) return;
    const { pose, done } = this.flight.at(now);
    if (done) this.flight = null;
    this.place(pose);
  }

  /** Let the depth range hold the scan and little else, for the sake of its precision. */
  fitClipping(): void {
    const distance = this.eye.position.distanceTo(this.controls.target);
    const center = this.bounds.getCenter(new Vector3());
    const near = Math.max(this.radius * 2e-5, Math.min(distance * 0.03, this.radius * 0.01));
    const far = this.eye.position.distanceTo(center) + this.radius * 1.05;
    if (near === this.eye.near && far === this.eye.far) return;
    this.eye.near = near;
    this.eye.far = Math.max(far, near * 10);
    this.eye.updateProjectionMatrix();
  }

  private readonly stop = (): void => {
    this.flight = null;
  };

  /** The controls zoom as an eye moves; a parallel picture is zoomed about what is under the cursor. */
  private readonly onWheel = (event: WheelEvent): void => {
    this.stop();
    if (!this.isParallel) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const factor = 0.95 ** ((-ZOOM_SPEED * event.deltaY) / 100);
    const { minDistance, maxDistance } = this.controls;
    const wanted = MathUtils.clamp(this.distance * factor, minDistance, maxDistance);
    const across = (2 * event.offsetX) / Math.max(1, this.canvas.clientWidth) - 1;
    const above = 1 - (2 * event.offsetY) / Math.max(1, this.canvas.clientHeight);
    const half = this.distance * HALF_TAN;
    const under = new Vector3(across * half * this.eye.aspect, above * half, -this.distance);
    under.applyQuaternion(this.eye.quaternion).add(this.eye.position);
    this.place(zoomAt(this.pose, under.toArray(), wanted / this.distance));
  };

  private moveTo(pose: Pose): void {
    this.flight = null;
    this.place(pose);
  }

  private place(pose: Pose): void {
    this.eye.position.set(...pose.eye);
    this.controls.target.set(...pose.target);
    this.controls.update();
    this.onChange();
  }
}
