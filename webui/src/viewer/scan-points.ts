// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The points of one scan and all that arrives for them: tiles as the view is worth them, and what colours read. */
import type { Camera } from "three";
import type { RecordRange, RecordSource } from "../api/records";
import type { TileSource } from "../api/tiles";
import type { TileManifest } from "../api/types";
import type { TilePlan } from "./lod";
import type { PointLook } from "./look";
import { type Attribute, ATTRIBUTE_BYTES, attributeOf, ATTRIBUTES, type ColorMode } from "./modes";
import { PointLayer } from "./point-layer";
import { type FeedTarget, foremost, RecordFeed } from "./record-feed";
import { TileStream } from "./tile-loader";

const GAP_PIXELS = 1.4; // Between points; with less, more points would not be seen.
const MOVING_GAP = 4 * GAP_PIXELS; // A sixteenth of the points: what is passed by is gone before it could be looked at.
const PLAN_MS = 120; // A moving camera has what to fetch decided again no more often than this.

export interface ScanPointsEvents {
  /** The first records of every tile are there, or there again. */
  onRoot: () => void;
  /** Points, or what colours read of them, came or went. */
  onChange: () => void;
  /** All that the view is worth is there; called once. */
  onComplete: () => void;
  onFailed: (error: unknown) => void;
  /** Bytes of an attribute cannot be had; what there is of them stays. */
  onAttributeFailed: (error: unknown) => void;
}

export class ScanPoints {
  readonly layer: PointLayer;
  private stream: TileStream;
  private readonly feeds: Record<Attribute, RecordFeed | null> = { label: null, channel: null };
  private reads: Attribute | null = null; // What the present mode reads.
  private plan: TilePlan | null = null;
  private planTimer: ReturnType<typeof setTimeout> | undefined;
  private complete = false;
  private moving = false;

  /** @param view the camera and the height of the picture in device pixels, as they are when asked. */
  constructor(
    private readonly manifest: TileManifest,
    gl: WebGL2RenderingContext,
    look: PointLook,
    private readonly source: TileSource,
    private budget: number,
    private readonly view: () => { camera: Camera; height: number },
    private readonly events: ScanPointsEvents,
  ) {
    this.layer = new PointLayer(manifest, gl, look);
    this.stream = this.newStream();
  }

  dispose(): void {
    this.stop();
    this.layer.dispose();
  }

  /** Fetch nothing any more; what is there stays. */
  stop(): void {
    clearTimeout(this.planTimer);
    this.stream.dispose();
    for (const name of ATTRIBUTES) this.feeds[name]?.dispose();
  }

  start(): void {
    const { stream } = this;
    stream.start().catch((error: unknown) => {
      if (stream === this.stream) this.events.onFailed(error);
    });
  }

  /** After a lost context: nothing is on the card any more. */
  restart(): void {
    this.stream.dispose();
    this.layer.forget();
    this.stream = this.newStream();
    this.start();
  }

  get waiting(): boolean {
    return this.stream.waiting || this.feed?.waiting === true;
  }

  get progress(): { loaded: number; wanted: number } {
    return this.stream.progress;
  }

  /** Most records to hold at once. */
  setBudget(records: number): void {
    this.budget = records;
    this.stream.setBudget(records);
  }

  cameraMoved(): void {
    this.moving = true;
    this.planTimer ??= setTimeout(() => {
      this.planTimer = undefined;
      this.stream.update();
    }, PLAN_MS);
  }

  /** The camera rests: what is in view now is worth all its detail. */
  cameraRests(): void {
    this.moving = false;
    clearTimeout(this.planTimer);
    this.planTimer = undefined;
    this.stream.update();
    this.finish();
  }

  /** What the records are drawn by: only what that reads is fetched. */
  setMode(mode: ColorMode): void {
    this.layer.setMode(mode);
    this.reads = attributeOf(mode);
    this.feed?.update();
  }

  /** Where the bytes of an attribute come from; null forgets them. Returns whether points look different at once. */
  setSource(name: Attribute, source: RecordSource | null): boolean {
    this.feeds[name]?.dispose();
    this.feeds[name] = null;
    if (!source) {
      this.layer.drop(name);
      return true;
    }
    this.layer.renew(name);
    const feed = new RecordFeed(source, this.target(name), this.events.onChange, (error: unknown) =>
      this.events.onAttributeFailed(error),
    );
    this.feeds[name] = feed;
    const first = source.takeFirst?.();
    if (first) feed.take(first);
    this.feed?.update();
    return first != null;
  }

  /** The records that other bytes of an attribute are best asked for first. */
  foremost(name: Attribute): RecordRange[] {
    return foremost(this.target(name));
  }

  private get feed(): RecordFeed | null {
    return this.reads && this.feeds[this.reads];
  }

  private target(name: Attribute): FeedTarget {
    const { layer } = this;
    return {
      itemBytes: ATTRIBUTE_BYTES[name],
      tiles: this.manifest.tiles,
      loadedOf: (tile) => layer.loadedOf(tile),
      filledOf: (tile) => layer.filled(name, tile),
      fill: (tile, from, bytes) => layer.fill(name, tile, from, bytes),
      worth: (tile) => this.plan?.worth[tile] ?? 0,
    };
  }

  private newStream(): TileStream {
    this.plan = null;
    const { layer } = this;
    return new TileStream(
      this.manifest,
      this.source,
      {
        loadedOf: (tile) => layer.loadedOf(tile),
        append: (tile, from, records) => layer.append(tile, from, records),
        trim: (tile, records) => layer.trim(tile, records),
        plan: (budget, root) => {
          const { camera, height } = this.view();
          const gap = this.moving ? MOVING_GAP : GAP_PIXELS;
          this.plan = layer.plan(camera, height, { budget, root, gap });
          return this.plan;
        },
      },
      this.budget,
      {
        onRoot: () => {
          layer.measureSpacing();
          this.events.onRoot();
        },
        onChange: this.changed,
        onFailed: this.events.onFailed,
      },
    );
  }

  private readonly changed = (): void => {
    this.feed?.update();
    this.events.onChange();
    this.finish();
  };

  private finish(): void {
    if (this.complete || this.moving || this.stream.waiting) return;
    this.complete = true;
    this.events.onComplete();
  }
}
