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
import { ATTRIBUTE_BYTES, type Attribute, attributeOf, ATTRIBUTES, type ColorMode } from "./modes";
import { RecordBuffer } from "./record-buffer";
import { measuredSpacing, recordPosition, WORDS_PER_RECORD } from "./records";

const RECORDS = { components: WORDS_PER_RECORD, wide: true };

/** What is known of the first records beside the records themselves. */
interface Beside {
  readonly buffer: RecordBuffer;
  version: number;
  records: number;
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
  private readonly beside: Record<Attribute, Beside | null> = { label: null, channel: null };

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
    for (const name of ATTRIBUTES) this.drop(name);
    this.geometry.deleteAttribute("position");
    this.records.dispose();
    this.records = new RecordBuffer(this.gl, RECORDS);
    this.loaded = 0;
    this.points.visible = false;
  }

  /** Bytes on the card and on this side. */
  get bytes(): number {
    const beside = ATTRIBUTES.reduce(
      (sum, name) => sum + (this.beside[name]?.buffer.bytes ?? 0),
      0,
    );
    return this.records.bytes + beside + this.sample.byteLength;
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
    for (const name of ATTRIBUTES) {
      const beside = this.beside[name];
      if (beside) beside.records = Math.min(beside.records, records);
    }
  }

  private resize(records: number): void {
    this.loaded = records;
    this.fit("position", this.records);
    for (const name of ATTRIBUTES) {
      const beside = this.beside[name];
      if (beside) this.fit(name, beside.buffer);
    }
  }

  /** Every buffer has room for all records that are there: the card reads them together. */
  private fit(name: string, buffer: RecordBuffer): void {
    if (!buffer.resize(this.loaded)) return;
    // three.js draws from these like from its own; only its types do not say so.
    this.geometry.setAttribute(name, buffer.attribute() as unknown as BufferAttribute);
  }

  drop(name: Attribute): void {
    this.geometry.deleteAttribute(name);
    this.beside[name]?.buffer.dispose();
    this.beside[name] = null;
    if (attributeOf(this.mode) === name) this.mode = "rgb";
  }

  /** Of how many of the first records the bytes of this version are there. */
  filled(name: Attribute, version: number): number {
    const beside = this.beside[name];
    return beside?.version === version ? beside.records : 0;
  }

  /** The bytes of the records from `from` on, continuing those of their version or in place of an older one. */
  fill(name: Attribute, version: number, from: number, bytes: Uint8Array): void {
    const n = bytes.length / ATTRIBUTE_BYTES[name];
    if (from !== this.filled(name, version) || from + n > this.loaded)
      throw new RangeError(`The ${name} of ${from} + ${n} does not continue that of a tile`);
    const beside = (this.beside[name] ??= {
      buffer: new RecordBuffer(this.gl, { components: ATTRIBUTE_BYTES[name], wide: false }),
      version,
      records: 0,
    });
    this.fit(name, beside.buffer);
    beside.buffer.write(from, bytes);
    beside.version = version;
    beside.records = from + n;
  }

  /** Records that can be drawn as `wanted`; settles what the tile looks like until what that reads is there. */
  drawable(wanted: ColorMode, versions: Readonly<Record<Attribute, number>>): number {
    const needs = attributeOf(wanted);
    // Classes are classes, whichever version; one channel drawn as another would be nonsense.
    const there =
      needs === "label" ? this.beside.label?.records : this.filled("channel", versions.channel);
    if (!needs || there) this.mode = wanted;
    const reads = attributeOf(this.mode);
    return reads ? (this.beside[reads]?.records ?? 0) : this.loaded;
  }

  /** Position in the local frame of one of the records that are there. */
  position(local: number): Triple {
    const bytes = this.records.read(local);
    return recordPosition(this.tile, new Uint32Array(bytes.buffer), 0);
  }

  /** What is known of one record; null where nothing is. */
  bytesOf(name: Attribute, local: number): number[] | null {
    const beside = this.beside[name];
    return beside && local < beside.records ? [...beside.buffer.read(local)] : null;
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
