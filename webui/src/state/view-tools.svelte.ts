// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What can be done to the view of one scan: cuts, neighbourhood, projection, bookmarks. Kept in the browser by scan. */
import type { Scan, Triple } from "../api/types";
import { t } from "../i18n";
import { readStored, writeStored } from "../util/stored";
import { flag, list, nullable, number, object, triple } from "../util/verify";
import type { Side } from "../viewer/framing";
import { type Box, guessCeiling, withSide } from "../viewer/clip";
import type { Viewer } from "../viewer/viewer";
import { type Bookmark, bookmark, renamed, withBookmark } from "./bookmarks";
import { toasts } from "./toasts.svelte";
import type { ViewModes } from "./view-modes.svelte";

const stored = object({
  clipping: flag,
  box: nullable(object({ min: triple, max: triple })),
  cutting: flag,
  ceiling: nullable(number),
  fading: flag,
  radius: nullable(number),
  parallel: flag,
  bookmarks: list(bookmark),
});

const SAMPLED = 20_000;
const NEAR_PART = 0.12; // Of the scan's size: the neighbourhood until somebody chooses.

export class ViewTools {
  viewer = $state.raw<Viewer | null>(null);
  modes = $state.raw<ViewModes | null>(null);
  screenshot: () => void = () => undefined; // Set by the view.
  open = $state(false); // The panel with all of this.
  /** Bounds that sliders span; null until the first points are there. */
  heights = $state.raw<[number, number] | null>(null);

  clipping = $state(false);
  box = $state.raw<Box>({ min: [0, 0, 0], max: [1, 1, 1] });
  cutting = $state(false);
  ceiling = $state(0); // Height along the up axis.
  fading = $state(false);
  radius = $state(1);
  parallel = $state(false);
  bookmarks = $state.raw<readonly Bookmark[]>([]);

  readonly bounds: Box;
  readonly size: number; // Of the scan, corner to corner.
  private readonly up: Triple;
  private readonly key: string;
  private ceilingKnown = false;
  private lastBookmark = -1;

  constructor(scan: Pick<Scan, "id" | "version" | "bounds" | "up">) {
    this.key = `fewpoints:scan-view:${scan.version ?? scan.id}`;
    this.bounds = scan.bounds ?? { min: [0, 0, 0], max: [1, 1, 1] };
    this.up = scan.up ?? [0, 0, 1];
    const { min, max } = this.bounds;
    this.size = Math.max(Math.hypot(...max.map((m, i) => m - (min[i] ?? 0))), 1e-6);
    this.box = this.bounds;
    this.radius = this.size * NEAR_PART;
    const kept = readStored(this.key, stored);
    if (!kept) return;
    this.clipping = kept.clipping;
    if (kept.box) this.box = kept.box;
    this.cutting = kept.cutting && kept.ceiling !== null;
    if (kept.ceiling !== null) {
      this.ceiling = kept.ceiling;
      this.ceilingKnown = true;
    }
    this.fading = kept.fading;
    if (kept.radius !== null && kept.radius > 0) this.radius = kept.radius;
    this.parallel = kept.parallel;
    this.bookmarks = kept.bookmarks;
  }

  /** The first points are there. */
  ready(viewer: Viewer): void {
    this.heights = viewer.measureHeights();
  }

  setClipping(on: boolean): void {
    this.clipping = on;
    this.keep();
  }

  setSide(axis: 0 | 1 | 2, side: "min" | "max", value: number): void {
    this.box = withSide(this.box, axis, side, value, this.bounds);
    this.keep();
  }

  resetBox(): void {
    this.box = this.bounds;
    this.keep();
  }

  /** The first time, the height is guessed from the points. */
  setCutting(on: boolean): void {
    if (on && !this.ceilingKnown) this.guess();
    this.cutting = on;
    this.keep();
  }

  guess(): void {
    if (!this.viewer) return;
    this.ceiling = guessCeiling(this.viewer.sample(SAMPLED), this.up);
    this.ceilingKnown = true;
    this.keep();
  }

  setCeiling(height: number): void {
    this.ceiling = height;
    this.ceilingKnown = true;
    this.keep();
  }

  setFading(on: boolean): void {
    this.fading = on;
    this.keep();
  }

  setRadius(radius: number): void {
    this.radius = Math.max(radius, this.size * 1e-3);
    this.keep();
  }

  setParallel(on: boolean): void {
    this.parallel = on;
    this.keep();
  }

  showSide(side: Side): void {
    this.viewer?.showSide(side);
  }

  addBookmark(): void {
    if (!this.viewer) return;
    this.bookmarks = withBookmark(this.bookmarks, {
      name: t("view.bookmark.name", { n: this.bookmarks.length + 1 }),
      pose: this.viewer.pose,
      parallel: this.parallel,
    });
    this.lastBookmark = this.bookmarks.length - 1;
    this.keep();
    toasts.info(t("view.bookmark.saved", { name: this.bookmarks.at(-1)?.name ?? "" }));
  }

  goTo(index: number): void {
    const chosen = this.bookmarks[index];
    if (!chosen) return;
    this.lastBookmark = index;
    this.parallel = chosen.parallel;
    this.viewer?.setParallel(chosen.parallel);
    this.viewer?.flyTo(chosen.pose);
  }

  /** One after the other, round and round. */
  nextBookmark(): void {
    if (this.bookmarks.length === 0) toasts.info(t("view.bookmark.none"));
    else this.goTo((this.lastBookmark + 1) % this.bookmarks.length);
  }

  renameBookmark(index: number, name: string): void {
    this.bookmarks = renamed(this.bookmarks, index, name);
    this.keep();
  }

  removeBookmark(index: number): void {
    this.bookmarks = this.bookmarks.filter((_, i) => i !== index);
    this.lastBookmark = -1;
    this.keep();
  }

  private keep(): void {
    const { clipping, box, cutting, fading, radius, parallel, bookmarks } = this;
    const ceiling = this.ceilingKnown ? this.ceiling : null;
    const kept = { clipping, box, cutting, ceiling, fading, radius, parallel, bookmarks };
    writeStored(this.key, kept);
  }
}
