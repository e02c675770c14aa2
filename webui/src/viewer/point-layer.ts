// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** All tiles of one scan on the GPU. Owns their buffers; draws any prefix of each tile. */
import {
  Box3,
  BufferAttribute,
  BufferGeometry,
  DataTexture,
  Frustum,
  GLSL3,
  IntType,
  Matrix4,
  NoBlending,
  type PerspectiveCamera,
  Points,
  RawShaderMaterial,
  RGBAFormat,
  Scene,
  Sphere,
  UnsignedByteType,
  Vector2,
  Vector3,
} from "three";
import type { Tile, TileManifest, Triple } from "../api/types";
import {
  measuredSpacing,
  median,
  recordLabel,
  recordPosition,
  tileOfRecord,
  roughSpacing,
  WORDS_PER_RECORD,
  writeLabels,
} from "./records";
import { CHANNEL_LOCATION, POINTS_FRAGMENT, POINTS_VERTEX } from "./shaders/points";

export const COLOR_MODES = ["rgb", "labels", "prediction"] as const;
export type ColorMode = (typeof COLOR_MODES)[number];

/** Everything `uMode` of the shader can be, in its order. "channel": the channel's first three bytes are RGB. */
export const DRAWN_MODES = [...COLOR_MODES, "channel"] as const;
export type DrawnMode = (typeof DRAWN_MODES)[number];

/** Modes that read the channel: a tile keeps the look it has until its part of the channel is there. */
const CHANNEL_MODES: ReadonlySet<DrawnMode> = new Set<DrawnMode>(["channel"]);

export const CHANNEL_BYTES = 4;

/** What the shader reads where a tile has no channel. Once per WebGL context, also after a lost one. */
export function prepareContext(gl: WebGL2RenderingContext): void {
  gl.vertexAttribI4ui(CHANNEL_LOCATION, 0, 0, 0, 0);
}

interface TileChannel {
  readonly bytes: Uint8Array;
  readonly attribute: BufferAttribute;
  readonly source: number; // Which of the channels set so far it is.
  records: number; // Of the tile's first records, how many have it.
}

interface TileLayer {
  readonly tile: Tile;
  readonly words: Uint32Array; // Room for as many records as will ever be held.
  readonly attribute: BufferAttribute;
  readonly points: Points<BufferGeometry, RawShaderMaterial>;
  readonly sphere: Sphere;
  loaded: number;
  visible: boolean;
  channel: TileChannel | null;
  mode: DrawnMode; // As drawn last.
}

export class PointLayer {
  readonly scene = new Scene();
  readonly bounds: Box3;
  /** Usual distance between neighbours in the scan's unit; better known once `measureSpacing` was called. */
  spacing: number;
  private readonly layers: TileLayer[] = [];
  private readonly palette: DataTexture;
  private labels: Uint8Array | null = null;
  private mode: DrawnMode = "rgb";
  private channelSource = 0;
  private readonly shared = {
    uSize: { value: 0.01 },
    uPixelsPerUnit: { value: 500 },
    uPixelRange: { value: new Vector2(1, 40) },
    uPick: { value: false },
    uPalette: { value: null as DataTexture | null },
  };

  /** @param held how many records of each tile will be held at most. */
  constructor(
    readonly manifest: TileManifest,
    held: readonly number[],
  ) {
    this.bounds = new Box3(
      new Vector3(...manifest.bounds.min),
      new Vector3(...manifest.bounds.max),
    );
    this.spacing = roughSpacing(manifest.tiles);
    this.palette = new DataTexture(new Uint8Array(256 * 4), 256, 1, RGBAFormat, UnsignedByteType);
    this.shared.uPalette.value = this.palette;
    this.scene.matrixWorldAutoUpdate = false;
    manifest.tiles.forEach((tile, i) => this.addTile(tile, held[i] ?? tile.count));
  }

  dispose(): void {
    for (const layer of this.layers) {
      layer.points.geometry.dispose();
      layer.points.material.dispose();
    }
    this.palette.dispose();
    this.layers.length = 0;
    this.scene.clear();
  }

  private addTile(tile: Tile, held: number): void {
    const words = new Uint32Array(held * WORDS_PER_RECORD);
    const attribute = new BufferAttribute(words, WORDS_PER_RECORD);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", attribute);
    geometry.setDrawRange(0, 0);
    const size = new Vector3(...tile.scale).multiplyScalar(65535);
    const sphere = new Sphere(
      new Vector3(...tile.lo).addScaledVector(size, 0.5),
      size.length() / 2 + this.spacing,
    );
    geometry.boundingSphere = sphere;
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: POINTS_VERTEX,
      fragmentShader: POINTS_FRAGMENT,
      blending: NoBlending,
      uniforms: {
        ...this.shared,
        uLo: { value: new Vector3(...tile.lo) },
        uStep: { value: new Vector3(...tile.scale) },
        uBase: { value: tile.base },
        uCoverage: { value: 1 },
        uMode: { value: 0 },
      },
    });
    const points = new Points(geometry, material);
    points.matrixAutoUpdate = false;
    points.visible = false;
    this.scene.add(points);
    this.layers.push({
      tile,
      words,
      attribute,
      points,
      sphere,
      loaded: 0,
      visible: false,
      channel: null,
      mode: "rgb",
    });
  }

  /** Records from `from` on of one tile have arrived. They must continue what is there. */
  append(tileIndex: number, from: number, records: Uint32Array): void {
    const layer = this.layers[tileIndex];
    const n = records.length / WORDS_PER_RECORD;
    if (!layer || from !== layer.loaded || from + n > layer.words.length / WORDS_PER_RECORD)
      throw new RangeError(`Records ${from} + ${n} do not continue tile ${tileIndex}`);
    layer.words.set(records, from * WORDS_PER_RECORD);
    writeLabels(layer.tile, layer.words, from, from + n, this.labels);
    layer.loaded = from + n;
    layer.attribute.addUpdateRange(from * WORDS_PER_RECORD, records.length);
    layer.attribute.needsUpdate = true;
  }

  /** Class and confidence per record in tile order; null removes them. */
  setLabels(labels: Uint8Array | null): void {
    this.labels = labels;
    for (const layer of this.layers) {
      writeLabels(layer.tile, layer.words, 0, layer.loaded, labels);
      layer.attribute.addUpdateRange(0, layer.loaded * WORDS_PER_RECORD);
      layer.attribute.needsUpdate = true;
    }
  }

  setPalette(colors: readonly Triple[]): void {
    const data = this.palette.image.data as Uint8Array; // As created above.
    data.fill(128);
    colors.forEach(([r, g, b], i) => data.set([r, g, b, 255], i * 4));
    this.palette.needsUpdate = true;
  }

  setMode(mode: DrawnMode): void {
    this.mode = mode;
  }

  /** Another channel is on its way. What tiles have of the old one is shown until the new one is there. */
  renewChannel(): void {
    this.channelSource++;
  }

  /** Forget the channel and free its memory. */
  dropChannel(): void {
    this.channelSource++;
    for (const layer of this.layers) {
      layer.points.geometry.deleteAttribute("channel");
      layer.channel = null;
      if (CHANNEL_MODES.has(layer.mode)) layer.mode = "rgb";
    }
  }

  /** How many of a tile's first records have the present channel. */
  channelled(tileIndex: number): number {
    const channel = this.layers[tileIndex]?.channel;
    return channel?.source === this.channelSource ? channel.records : 0;
  }

  /**
   * Bytes of the present channel arrived for the records from `from` on of one tile. They must continue what is there.
   *
   * @param bytes four per record.
   */
  appendChannel(tileIndex: number, from: number, bytes: Uint8Array): void {
    const layer = this.layers[tileIndex];
    const n = bytes.length / CHANNEL_BYTES;
    if (!layer || from !== this.channelled(tileIndex) || from + n > layer.loaded)
      throw new RangeError(`Channel of ${from} + ${n} does not continue tile ${tileIndex}`);
    let { channel } = layer;
    if (channel?.source !== this.channelSource) {
      const held = layer.words.length / WORDS_PER_RECORD;
      const room = new Uint8Array(held * CHANNEL_BYTES);
      const attribute = new BufferAttribute(room, CHANNEL_BYTES);
      attribute.gpuType = IntType;
      channel = { bytes: room, attribute, source: this.channelSource, records: 0 };
      layer.channel = channel;
      layer.points.geometry.setAttribute("channel", attribute);
    }
    channel.bytes.set(bytes, from * CHANNEL_BYTES);
    channel.records = from + n;
    channel.attribute.addUpdateRange(from * CHANNEL_BYTES, bytes.length);
    channel.attribute.needsUpdate = true;
  }

  /** The four bytes that the view holds of a record; null where there are none. */
  channelOf(recordIndex: number): number[] | null {
    const layer = this.layers[this.tileOf(recordIndex)];
    if (!layer?.channel) return null;
    const local = recordIndex - layer.tile.base;
    if (local >= layer.channel.records) return null;
    return [...layer.channel.bytes.subarray(local * CHANNEL_BYTES, (local + 1) * CHANNEL_BYTES)];
  }

  get tileCount(): number {
    return this.layers.length;
  }

  loadedOf(tileIndex: number): number {
    return this.layers[tileIndex]?.loaded ?? 0;
  }

  /** Records of a tile that can be drawn as the mode wants it; settles what the tile looks like until then. */
  private drawable(layer: TileLayer): number {
    const channel = layer.channel;
    const ready = channel !== null && channel.source === this.channelSource && channel.records > 0;
    if (!CHANNEL_MODES.has(this.mode) || ready) layer.mode = this.mode;
    const uniform = layer.points.material.uniforms.uMode;
    if (uniform) uniform.value = DRAWN_MODES.indexOf(layer.mode);
    return CHANNEL_MODES.has(layer.mode)
      ? Math.min(layer.loaded, channel?.records ?? 0)
      : layer.loaded;
  }

  /** @param scale 1 closes most gaps between neighbours. @param ratio device pixels per CSS pixel. */
  setPointSize(scale: number, ratio: number): void {
    this.shared.uSize.value = this.spacing * 1.7 * scale;
    this.shared.uPixelRange.value.set(Math.max(1, 1.1 * scale) * ratio, 40 * ratio);
  }

  /** Measure the spacing on what has been loaded of some tiles all over the scan. */
  measureSpacing(): void {
    const step = Math.ceil(this.layers.length / 12);
    const spacings = this.layers
      .filter((layer, i) => i % step === 0 && layer.loaded > 0)
      .map((layer) => measuredSpacing(layer.tile, layer.words, layer.loaded));
    if (spacings.length > 0) this.spacing = median(spacings);
  }

  setPixelsPerUnit(value: number): void {
    this.shared.uPixelsPerUnit.value = value;
  }

  get loaded(): number {
    return this.layers.reduce((sum, layer) => sum + layer.loaded, 0);
  }

  /** Find the tiles inside the view; returns how many loaded points they hold. */
  cull(camera: PerspectiveCamera): number {
    camera.updateMatrixWorld();
    const frustum = new Frustum().setFromProjectionMatrix(
      new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse),
    );
    let total = 0;
    for (const layer of this.layers) {
      layer.visible = layer.loaded > 0 && frustum.intersectsSphere(layer.sphere);
      if (layer.visible) total += layer.loaded;
    }
    return total;
  }

  /**
   * Choose what the next render draws: the part `from … to` (0–1) of every tile inside the view.
   *
   * @param coverage the part of the points the finished picture will show; fewer points are drawn larger.
   */
  choose(from: number, to: number, coverage: number): void {
    for (const layer of this.layers) {
      const drawable = this.drawable(layer);
      const start = Math.floor(drawable * from);
      const end = to >= 1 ? drawable : Math.floor(drawable * to);
      layer.points.visible = layer.visible && end > start;
      layer.points.geometry.setDrawRange(start, end - start);
      const drawn = (drawable / Math.max(1, layer.tile.count)) * coverage;
      const uniform = layer.points.material.uniforms.uCoverage;
      if (uniform) uniform.value = Math.min(4, 1 / Math.sqrt(Math.max(drawn, 1e-3)));
    }
  }

  setPicking(picking: boolean): void {
    this.shared.uPick.value = picking;
  }

  /** Local position of a record that has been loaded, else null. */
  position(recordIndex: number): Triple | null {
    const layer = this.layers[tileOfRecord(this.manifest.tiles, recordIndex)];
    if (!layer || recordIndex - layer.tile.base >= layer.loaded) return null;
    return recordPosition(layer.tile, layer.words, recordIndex - layer.tile.base);
  }

  /** Class, 255 for none, and confidence 0–255 of a record that has been loaded, else null. */
  label(recordIndex: number): [number, number] | null {
    const layer = this.layers[tileOfRecord(this.manifest.tiles, recordIndex)];
    if (!layer || recordIndex - layer.tile.base >= layer.loaded) return null;
    return recordLabel(layer.words, recordIndex - layer.tile.base);
  }

  /** About `n` positions all over what has been loaded; each tile gives its share. */
  sample(n: number): Triple[] {
    const share = Math.min(1, n / Math.max(1, this.loaded));
    return this.layers.flatMap(({ tile, words, loaded }) =>
      // Records of a tile are in random order, so its first ones are a sample of it.
      Array.from({ length: Math.ceil(loaded * share) }, (_, i) => recordPosition(tile, words, i)),
    );
  }

  tileOf(recordIndex: number): number {
    return tileOfRecord(this.manifest.tiles, recordIndex);
  }

  /** Squared distance of a tile's middle from a position. */
  distance2(tileIndex: number, position: Vector3): number {
    return this.layers[tileIndex]?.sphere.center.distanceToSquared(position) ?? Infinity;
  }
}
