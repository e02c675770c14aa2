// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The tiles of one scan on the graphics card: any prefix of each can be held, and any part of that drawn. */
import {
  Box3,
  type Camera,
  DataTexture,
  GLSL3,
  NoBlending,
  RawShaderMaterial,
  RGBAFormat,
  Scene,
  UnsignedByteType,
  Vector2,
  Vector3,
} from "three";
import type { Tile, TileManifest, Triple } from "../api/types";
import { gapWithin, needOf, planTiles, type TilePlan, viewFrom, within } from "./lod";
import type { PointLook } from "./look";
import { type Attribute, COLOR_MODES, type ColorMode } from "./modes";
import { median, NO_CLASS, roughSpacing, tileOfRecord } from "./records";
import { CHANNEL_LOCATION, LABEL_LOCATION, POINTS_FRAGMENT, POINTS_VERTEX } from "./shaders/points";
import { TileLayer } from "./tile-layer";

const SAMPLED = 8192; // Records of the whole scan kept on this side …
const SAMPLED_LEAST = 128; // … but not fewer of a tile.
/** Diameter in CSS pixels. */
export const LARGEST_POINT = 40;
const LARGEST = 16; // Times a point may be enlarged to make up for those that are not drawn.

/** What the shader reads where a tile has no labels or no channel. Once per context, also after a lost one. */
export function prepareContext(gl: WebGL2RenderingContext): void {
  gl.vertexAttribI4ui(LABEL_LOCATION, NO_CLASS, 0, 0, 0);
  gl.vertexAttribI4ui(CHANNEL_LOCATION, 0, 0, 0, 0);
}

export class PointLayer {
  readonly scene = new Scene();
  readonly bounds: Box3;
  /** Usual distance between neighbours in the scan's unit; better known once `measureSpacing` was called. */
  spacing: number;
  private readonly layers: TileLayer[];
  private readonly palette: DataTexture;
  private mode: ColorMode = "rgb";
  private readonly versions: Record<Attribute, number> = { label: 0, channel: 0 };
  private needs: number[] = []; // As of the last `cull`.
  private readonly shared = {
    uSize: { value: 0.01 },
    uPixelsPerUnit: { value: 500 },
    uPixelRange: { value: new Vector2(1, LARGEST_POINT) },
    uPick: { value: false },
    uPalette: { value: null as DataTexture | null },
  };

  constructor(
    readonly manifest: TileManifest,
    gl: WebGL2RenderingContext,
    private readonly look: PointLook,
  ) {
    this.bounds = new Box3(
      new Vector3(...manifest.bounds.min),
      new Vector3(...manifest.bounds.max),
    );
    this.spacing = roughSpacing(manifest.tiles);
    this.palette = new DataTexture(new Uint8Array(256 * 4), 256, 1, RGBAFormat, UnsignedByteType);
    this.shared.uPalette.value = this.palette;
    this.scene.matrixWorldAutoUpdate = false;
    const sampled = Math.max(SAMPLED_LEAST, Math.ceil(SAMPLED / manifest.tiles.length));
    this.layers = manifest.tiles.map(
      (tile) => new TileLayer(tile, gl, this.materialOf(tile), this.spacing, sampled),
    );
    for (const layer of this.layers) this.scene.add(layer.points);
  }

  dispose(): void {
    for (const layer of this.layers) layer.dispose();
    this.palette.dispose();
    this.layers.length = 0;
    this.scene.clear();
  }

  private materialOf(tile: Tile): RawShaderMaterial {
    return new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: POINTS_VERTEX,
      fragmentShader: POINTS_FRAGMENT,
      blending: NoBlending,
      uniforms: {
        ...this.shared,
        ...this.look.uniforms,
        uLo: { value: new Vector3(...tile.lo) },
        uStep: { value: new Vector3(...tile.scale) },
        uBase: { value: tile.base },
        uCoverage: { value: 1 },
        uMode: { value: 0 },
      },
    });
  }

  /** Records from `from` on of one tile have arrived. They must continue what is there. */
  append(tileIndex: number, from: number, records: Uint32Array): void {
    this.at(tileIndex).append(from, records);
  }

  /** Keep the first records of one tile only and free the memory of the others. */
  trim(tileIndex: number, records: number): void {
    this.at(tileIndex).trim(records);
  }

  /** The context was lost, and everything on the card with it. */
  forget(): void {
    for (const layer of this.layers) layer.forget();
  }

  private at(tileIndex: number): TileLayer {
    const layer = this.layers[tileIndex];
    if (!layer) throw new RangeError(`There is no tile ${tileIndex}`);
    return layer;
  }

  setPalette(colors: readonly Triple[]): void {
    const data = this.palette.image.data as Uint8Array; // As created above.
    data.fill(128);
    colors.forEach(([r, g, b], i) => data.set([r, g, b, 255], i * 4));
    this.palette.needsUpdate = true;
  }

  setMode(mode: ColorMode): void {
    this.mode = mode;
  }

  /** Other bytes are on their way. What tiles have of the old ones is shown until theirs are there. */
  renew(name: Attribute): void {
    this.versions[name]++;
  }

  /** Forget the bytes and free their memory. */
  drop(name: Attribute): void {
    this.versions[name]++;
    for (const layer of this.layers) layer.drop(name);
  }

  /** Of how many of a tile's first records the present bytes are there. */
  filled(name: Attribute, tileIndex: number): number {
    return this.at(tileIndex).filled(name, this.versions[name]);
  }

  /** The present bytes of the records from `from` on of one tile, continuing what is there. */
  fill(name: Attribute, tileIndex: number, from: number, bytes: Uint8Array): void {
    this.at(tileIndex).fill(name, this.versions[name], from, bytes);
  }

  /** @param scale 1 closes most gaps between neighbours. @param ratio device pixels per CSS pixel. */
  setPointSize(scale: number, ratio: number): void {
    this.shared.uSize.value = this.spacing * 1.7 * scale;
    this.shared.uPixelRange.value.set(Math.max(1, 1.1 * scale) * ratio, LARGEST_POINT * ratio);
  }

  /** The spacing of the scan is that of most of its tiles, measured on what has been loaded of them. */
  measureSpacing(): void {
    const known = this.layers.filter((layer) => layer.loaded > 0);
    if (known.length > 0) this.spacing = median(known.map((layer) => layer.spacing));
  }

  setPixelsPerUnit(value: number): void {
    this.shared.uPixelsPerUnit.value = value;
  }

  get loaded(): number {
    return this.layers.reduce((sum, layer) => sum + layer.loaded, 0);
  }

  loadedOf(tileIndex: number): number {
    return this.at(tileIndex).loaded;
  }

  /** Bytes held of points and of what is known of them, on the card and on this side. */
  get bytes(): number {
    return this.layers.reduce((sum, layer) => sum + layer.bytes, 0);
  }

  /** What to hold of each tile for a view of this height in device pixels; see `planTiles`. */
  plan(
    camera: Camera,
    height: number,
    limits: { budget: number; root: number; gap: number },
  ): TilePlan {
    return planTiles(this.layers, viewFrom(camera, height), limits);
  }

  /**
   * Find the tiles inside the view; returns how many loaded points they hold.
   *
   * @param height of the picture in device pixels.
   */
  cull(camera: Camera, height: number): number {
    const view = viewFrom(camera, height);
    let total = 0;
    for (const layer of this.layers) {
      layer.visible = layer.loaded > 0 && view.frustum.intersectsBox(layer.box);
      if (layer.visible) total += layer.loaded;
    }
    this.needs = this.layers.map((layer) => (layer.visible ? needOf(layer, view) : 0));
    return total;
  }

  /** Let the next render draw the part `from … to` (0–1) of every tile inside the view. */
  choose(from: number, to: number): void {
    for (const layer of this.layers) {
      const all = layer.drawable(this.mode, this.versions);
      const end = to >= 1 ? all : Math.floor(all * to);
      this.draw(layer, Math.floor(all * from), end, all);
    }
  }

  /** Let the next render draw no more than `budget` points inside the view, where they matter most. */
  chooseFew(budget: number): void {
    const all = this.layers.map((layer) =>
      layer.visible ? layer.drawable(this.mode, this.versions) : 0,
    );
    const few = (i: number, gap: number): number =>
      within((this.needs[i] ?? 0) / gap ** 2, Math.min(all[i] ?? 0, 32), all[i] ?? 0);
    const gap = gapWithin(few, all.length, budget, 1e-3);
    this.layers.forEach((layer, i) => this.draw(layer, 0, few(i, gap), few(i, gap)));
  }

  /** @param shown records of the tile that the finished picture will show; the fewer, the larger each. */
  private draw(layer: TileLayer, start: number, end: number, shown: number): void {
    layer.points.visible = layer.visible && end > start;
    if (!layer.points.visible) return;
    layer.points.geometry.setDrawRange(start, end - start);
    const { uCoverage, uMode } = layer.material.uniforms;
    if (uMode) uMode.value = COLOR_MODES.indexOf(layer.mode);
    const fewer = Math.min(LARGEST, Math.sqrt(layer.count / Math.max(1, shown)));
    if (uCoverage) uCoverage.value = this.relativeSpacing(layer) * fewer;
  }

  /** Where points are sparse each has to be larger; what a tile's few points say is not trusted too far. */
  private relativeSpacing(layer: TileLayer): number {
    return Math.min(4, Math.max(0.5, layer.spacing / this.spacing));
  }

  setPicking(picking: boolean): void {
    this.shared.uPick.value = picking;
  }

  /** The tile of a record that is held and its place in it. */
  private find(recordIndex: number): { layer: TileLayer; local: number } | null {
    const layer = this.layers[tileOfRecord(this.manifest.tiles, recordIndex)];
    const local = recordIndex - (layer?.tile.base ?? 0);
    return layer && local < layer.loaded ? { layer, local } : null;
  }

  /** Local position of a record that is held, else null. */
  position(recordIndex: number): Triple | null {
    const at = this.find(recordIndex);
    return at && at.layer.position(at.local);
  }

  /** What is known of a record; null where nothing is. */
  bytesOf(name: Attribute, recordIndex: number): number[] | null {
    const at = this.find(recordIndex);
    return at && at.layer.bytesOf(name, at.local);
  }

  /** About `n` positions all over what has been loaded. */
  sample(n: number): Triple[] {
    const share = Math.ceil(n / Math.max(1, this.layers.length));
    return this.layers.flatMap((layer) => layer.some(share));
  }
}
