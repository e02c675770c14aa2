// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * `window.__fewpoints` on the label page: what browser tests need to know that the page does not say. Read-only apart
 * from `pick`, which has no effect either, and `viewer`. Not an interface for anything else.
 */
import type { Query, Triple } from "./api/types";
import type { Pose } from "./viewer/camera";
import type { PickedRecord, Viewer } from "./viewer/viewer";

export interface TestHooks {
  /** The scan can be seen and answered: first prefix of every tile drawn, queries loaded. */
  readonly ready: boolean;
  /** Milliseconds from opening the label page until `ready`; null before. */
  readonly readyAfterMs: number | null;
  readonly pointsLoaded: number;
  readonly pointsTotal: number;
  /** No flight, no download, nothing left to draw. */
  readonly settled: boolean;
  /** Pictures drawn so far; stands still while nothing changes. */
  readonly frames: number;
  readonly mode: string;
  readonly currentQuery: Query | null;
  readonly camera: Pose;
  /** Canvas position in CSS pixels of a local position, null behind the camera. */
  project(position: Triple): { x: number; y: number } | null;
  /** Local position of a record in tile order, null until loaded. */
  recordPosition(record: number): Triple | null;
  /** Class, 255 for none, and confidence 0–255 that the view holds of a record; null until loaded. */
  recordLabel(record: number): [number, number] | null;
  /** The record under a canvas position, as a click would find it. */
  pick(x: number, y: number): PickedRecord | null;
  /** What draws the scan, for tests of itself. */
  readonly viewer: Viewer;
}

declare global {
  interface Window {
    __fewpoints?: TestHooks;
  }
}

export interface HookSources {
  viewer: Viewer;
  readyAfterMs: () => number | null;
  pointsTotal: () => number;
  mode: () => string;
  currentQuery: () => Query | null;
}

/** Returns the function that takes the hooks away. */
export function installTestHooks(from: HookSources): () => void {
  const hooks: TestHooks = {
    get ready() {
      return from.readyAfterMs() !== null;
    },
    get readyAfterMs() {
      return from.readyAfterMs();
    },
    get pointsLoaded() {
      return from.viewer.loadedPoints;
    },
    get pointsTotal() {
      return from.pointsTotal();
    },
    get settled() {
      return from.viewer.settled;
    },
    get frames() {
      return from.viewer.frames;
    },
    get mode() {
      return from.mode();
    },
    get currentQuery() {
      return from.currentQuery();
    },
    get camera() {
      return from.viewer.pose;
    },
    project: (position) => from.viewer.project(position),
    recordPosition: (record) => from.viewer.positionOf(record),
    recordLabel: (record) => from.viewer.labelOf(record),
    pick: (x, y) => from.viewer.pick(x, y),
    viewer: from.viewer,
  };
  window.__fewpoints = hooks;
  return () => {
    if (window.__fewpoints === hooks) delete window.__fewpoints;
  };
}
