// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The points of one scan and all that arrives for them: tiles as the view is worth them, and a channel. */
import type { Camera } from "three";
import type { TileSource } from "../api/tiles";
import type { TileManifest } from "../api/types";
import { ChannelFeed, type ChannelSource } from "./channel";
import type { TilePlan } from "./lod";
import type { PointLook } from "./look";
import { PointLayer } from "./point-layer";
import { TileStream } from "./tile-loader";

const GAP_PIXELS = 1.4; // Between points; with less, more points would not be seen.
const MOVING_GAP = 4 * GAP_PIXELS; // A sixteenth of the points: what is passed by is gone before it could be looked at.
const PLAN_MS = 120; // A moving camera has what to fetch decided again no more often than this.

export interface ScanPointsEvents {
  /** The first records of every tile are there, or there again. */
  onRoot: () => void;
  /** Points or their channel came or went. */
  onChange: () => void;
  /** All that the view is worth is there; called once. */
  onComplete: () => void;
  onFailed: (error: unknown) => void;
  onChannelFailed: (error: unknown) => void;
}

export class ScanPoints {
  readonly layer: PointLayer;
  private stream: TileStream;
  private feed: ChannelFeed | null = null;
  private channel: ChannelSource | null = null;
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
    this.feed?.dispose();
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

  setChannel(source: ChannelSource | null): void {
    if (source === this.channel) return;
    this.channel = source;
    this.feed?.dispose();
    this.feed = null;
    if (!source) {
      this.layer.dropChannel();
      return;
    }
    this.layer.renewChannel();
    this.feed = new ChannelFeed(
      source,
      {
        tiles: this.manifest.tiles,
        loadedOf: (tile) => this.layer.loadedOf(tile),
        channelled: (tile) => this.layer.channelled(tile),
        appendChannel: (tile, from, bytes) => this.layer.appendChannel(tile, from, bytes),
        worth: (tile) => this.plan?.worth[tile] ?? 0,
      },
      this.events.onChange,
      this.events.onChannelFailed,
    );
    this.feed.update();
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
