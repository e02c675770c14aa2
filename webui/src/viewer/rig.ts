// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The camera of the 3D view, the mouse controls that move it, and flights. Says when anything moved. */
import { Box3, MathUtils, MOUSE, PerspectiveCamera, Vector3 } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Triple } from "../api/types";
import { dolly, Flight, FLIGHT_MS, orbit, type Pose } from "./camera";
import { overview } from "./framing";

const FOV_DEGREES = 60;

export class CameraRig {
  readonly camera = new PerspectiveCamera(FOV_DEGREES, 1, 0.01, 1000);
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
    this.camera.up.set(...up); // Before the controls: they keep the up they find.
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.zoomToCursor = true;
    this.controls.zoomSpeed = 1.4;
    this.controls.mouseButtons = { LEFT: MOUSE.ROTATE, MIDDLE: MOUSE.DOLLY, RIGHT: MOUSE.PAN };
    this.controls.addEventListener("change", this.onChange);
    // Capture, so that the controls start from where the flight was stopped.
    canvas.addEventListener("pointerdown", this.stop, { capture: true });
    canvas.addEventListener("wheel", this.stop, { capture: true, passive: true });
  }

  dispose(): void {
    this.canvas.removeEventListener("pointerdown", this.stop, { capture: true });
    this.canvas.removeEventListener("wheel", this.stop, { capture: true });
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
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
  }

  /** How many of `pixels` one unit of length covers at distance 1, `pixels` being the height of the picture. */
  pixelsPerUnit(pixels: number): number {
    return pixels / (2 * Math.tan(MathUtils.degToRad(FOV_DEGREES) / 2));
  }

  get pose(): Pose {
    return { eye: this.camera.position.toArray(), target: this.controls.target.toArray() };
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
    return this.camera.position.distanceTo(new Vector3(...eye)) < this.radius * 1e-6;
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
    this.home = overview(points, this.up, {
      fovRadians: MathUtils.degToRad(FOV_DEGREES),
      aspect: this.camera.aspect,
      bottom: Math.min(0.3, covered / this.height),
    });
    this.flyTo(this.home, animate);
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
    this.camera.updateMatrixWorld();
    const v = new Vector3(...position).applyMatrix4(this.camera.matrixWorldInverse);
    if (v.z >= 0) return null;
    v.applyMatrix4(this.camera.projectionMatrix);
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
    const distance = this.camera.position.distanceTo(this.controls.target);
    const center = this.bounds.getCenter(new Vector3());
    const near = Math.max(this.radius * 2e-5, Math.min(distance * 0.03, this.radius * 0.01));
    const far = this.camera.position.distanceTo(center) + this.radius * 1.05;
    if (near === this.camera.near && far === this.camera.far) return;
    this.camera.near = near;
    this.camera.far = Math.max(far, near * 10);
    this.camera.updateProjectionMatrix();
  }

  private readonly stop = (): void => {
    this.flight = null;
  };

  private moveTo(pose: Pose): void {
    this.flight = null;
    this.place(pose);
  }

  private place(pose: Pose): void {
    this.camera.position.set(...pose.eye);
    this.controls.target.set(...pose.target);
    this.controls.update();
    this.onChange();
  }
}
