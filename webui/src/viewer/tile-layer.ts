// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** One tile on the graphics card: its first records, with what else is known of each, drawn as points. */
import {
  Box3,
  type BufferAttribute,
  BufferGeometry,
  Points,
  type RawShaderMaterial,
  Vector3,
} from "three";
import type { Tile, Triple } from "../api/types";
import { CHANNEL_BYTES, CHANNEL_MODES, type ColorMode } from "./modes";
import { RecordBuffer } from "./record-buffer";
import { measuredSpacing, recordPosition, WORDS_PER_RECORD } from "./records";

const RECORDS = { components: WORDS_PER_RECORD, wide: true };
const LABELS = { components: 2, wide: false };
const CHANNEL = { components: CHANNEL_BYTES, wide: false };

interface Channel {
  readonly buffer: RecordBuffer;
  readonly source: number; // Which of the channels set so far it is.
  records: number; // Of the tile's first records, how many have it.
}

export class TileLayer {
  readonly box: Box3;
  readonly count: number;
  readonly points: Points<BufferGeometry, RawShaderMaterial>;
  spacing: number;
  loaded = 0;
  visible = false;
  mode: ColorMode = "rgb"; // As drawn last.
  private readonly geometry = new BufferGeometry();
  private readonly sample: Uint32Array; // A copy of the first records, to measure and to frame by.
  private records: RecordBuffer;
  private labels: RecordBuffer | null = null;
  private channel: Channel | null = null;

  /** @param sampled how many records are kept on this side. */
  constructor(
    readonly tile: Tile,
    private readonly gl: WebGL2RenderingContext,
    readonly material: RawShaderMaterial,
    spacing: number,
    sampled: number,
  ) {
    this.spacing = spacing;
    this.count = tile.count;
    const size = new Vector3(...tile.scale).multiplyScalar(65535);
    const low = new Vector3(...tile.lo);
    this.box = new Box3(low, low.clone().add(size));
    this.sample = new Uint32Array(Math.min(tile.count, sampled) * WORDS_PER_RECORD);
    this.records = new RecordBuffer(gl, RECORDS);
    this.points = new Points(this.geometry, material);
    this.points.matrixAutoUpdate = false;
    this.points.frustumCulled = false; // `PointLayer` knows better.
    this.points.visible = false;
  }

  dispose(): void {
    this.forget();
    this.geometry.dispose();
    this.material.dispose();
  }

  /** Nothing is on the card any more, or need be. */
  forget(): void {
    for (const name of ["position", "label", "channel"]) this.geometry.deleteAttribute(name);
    for (const buffer of [this.records, this.labels, this.channel?.buffer]) buffer?.dispose();
    this.records = new RecordBuffer(this.gl, RECORDS);
    this.labels = null;
    this.channel = null;
    this.loaded = 0;
    this.points.visible = false;
  }

  /** Bytes on the card and on this side. */
  get bytes(): number {
    const buffers = [this.records, this.labels, this.channel?.buffer];
    return buffers.reduce((sum, buffer) => sum + (buffer?.bytes ?? 0), this.sample.byteLength);
  }

  append(from: number, words: Uint32Array): void {
    const n = words.length / WORDS_PER_RECORD;
    if (from !== this.loaded || from + n > this.count)
      throw new RangeError(`Records ${from} + ${n} do not continue the ${this.loaded} of a tile`);
    this.resize(from + n);
    this.records.write(from, words);
    const at = from * WORDS_PER_RECORD;
    if (at < this.sample.length) this.sample.set(words.subarray(0, this.sample.length - at), at);
    if (from === 0) this.spacing = measuredSpacing(this.tile, this.sample, this.sampled);
  }

  /** Keep the first `records` only. */
  trim(records: number): void {
    if (records >= this.loaded) return;
    this.resize(records);
    if (this.channel) this.channel.records = Math.min(this.channel.records, records);
  }

  private resize(records: number): void {
    this.loaded = records;
    this.fit("position", this.records);
    if (this.labels) this.fit("label", this.labels);
    if (this.channel) this.fit("channel", this.channel.buffer);
  }

  /** Every buffer has room for all records that are there: the card reads them together. */
  private fit(name: string, buffer: RecordBuffer): void {
    if (!buffer.resize(this.loaded)) return;
    // three.js draws from these like from its own; only its types do not say so.
    this.geometry.setAttribute(name, buffer.attribute() as unknown as BufferAttribute);
  }

  /**
   * @param labels class and confidence per record of the whole scan, in tile order; null takes them away.
   * @param from the first record they are new for.
   */
  setLabels(labels: Uint8Array | null, from = 0): void {
    if (!labels) {
      this.geometry.deleteAttribute("label");
      this.labels?.dispose();
      this.labels = null;
      return;
    }
    if (this.loaded === 0) return;
    this.labels ??= new RecordBuffer(this.gl, LABELS);
    this.fit("label", this.labels);
    const { base } = this.tile;
    this.labels.write(from, labels.subarray((base + from) * 2, (base + this.loaded) * 2));
  }

  dropChannel(): void {
    this.geometry.deleteAttribute("channel");
    this.channel?.buffer.dispose();
    this.channel = null;
    if (CHANNEL_MODES.has(this.mode)) this.mode = "rgb";
  }

  /** How many of the first records have this channel. */
  channelled(source: number): number {
    return this.channel?.source === source ? this.channel.records : 0;
  }

  appendChannel(source: number, from: number, bytes: Uint8Array): void {
    const n = bytes.length / CHANNEL_BYTES;
    if (from !== this.channelled(source) || from + n > this.loaded)
      throw new RangeError(`Channel of ${from} + ${n} does not continue that of a tile`);
    if (this.channel?.source !== source) {
      this.channel?.buffer.dispose();
      this.channel = { buffer: new RecordBuffer(this.gl, CHANNEL), source, records: 0 };
    }
    this.fit("channel", this.channel.buffer);
    this.channel.buffer.write(from, bytes);
    this.channel.records = from + n;
  }

  /** Records that can be drawn as `wanted`; settles what the tile looks like until its channel is there. */
  drawable(wanted: ColorMode, source: number): number {
    if (!CHANNEL_MODES.has(wanted) || this.channelled(source) > 0) this.mode = wanted;
    return CHANNEL_MODES.has(this.mode) ? (this.channel?.records ?? 0) : this.loaded;
  }

  /** Position in the local frame of one of the records that are there. */
  position(local: number): Triple {
    const bytes = this.records.read(local);
    return recordPosition(this.tile, new Uint32Array(bytes.buffer), 0);
  }

  label(local: number): [number, number] | null {
    const bytes = this.labels?.read(local);
    return bytes ? [bytes[0] ?? 0, bytes[1] ?? 0] : null;
  }

  channelOf(local: number): number[] | null {
    if (!this.channel || local >= this.channel.records) return null;
    return [...this.channel.buffer.read(local)];
  }

  private get sampled(): number {
    return Math.min(this.loaded, this.sample.length / WORDS_PER_RECORD);
  }

  /** Positions of up to `n` records. */
  some(n: number): Triple[] {
    return Array.from({ length: Math.min(n, this.sampled) }, (_, i) =>
      recordPosition(this.tile, this.sample, i),
    );
  }
}
