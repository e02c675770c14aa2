// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** How the points look: what colours them, how large they are, which of them are hidden or faded. */
import type { RecordRange, RecordSource } from "../api/records";
import type { Triple } from "../api/types";
import { type Box, cutBox, heightRange } from "./clip";
import type { DrawLoop } from "./draw-loop";
import type { GuideLayer } from "./guides";
import type { PointLook } from "./look";
import { type Attribute, attributeOf, ATTRIBUTES, type ColorMode, OVERLAY_MODES } from "./modes";
import type { ScanPoints } from "./scan-points";

export class Appearance {
  private points: ScanPoints | null = null;
  private mode: ColorMode = "rgb";
  private readonly sources: Record<Attribute, RecordSource | null> = { label: null, channel: null };
  private palette: readonly Triple[] = [];
  private size = 1;
  private fixed = false;

  /** @param ratio device pixels per CSS pixel. */
  constructor(
    private readonly look: PointLook,
    private readonly guides: GuideLayer,
    private readonly drawing: DrawLoop,
    private readonly up: Triple,
    private readonly ratio: () => number,
  ) {}

  /** Other points are to look as those before, or as was said before there were any. */
  dress(points: ScanPoints): void {
    this.points = points;
    points.setMode(this.mode);
    for (const name of ATTRIBUTES) points.setSource(name, this.sources[name]);
    points.layer.setPalette(this.palette);
    this.applySize();
  }

  setMode(mode: ColorMode): void {
    if (mode === this.mode) return;
    this.mode = mode;
    this.points?.setMode(mode);
    this.drawing.points();
  }

  /**
   * Where the modes that read an attribute have its bytes from; they are fetched for the records that the view holds.
   * A tile shows what it showed before until its part is there; null frees them.
   */
  setSource(name: Attribute, source: RecordSource | null): void {
    if (source === this.sources[name]) return;
    this.sources[name] = source;
    const different = this.points?.setSource(name, source);
    // The picture stays until the new one is whole: labels change after every answer.
    if (different && attributeOf(this.mode) === name) this.drawing.renew();
  }

  /** The records whose bytes matter most, as many as one answer may bring; none before there are points. */
  foremost(name: Attribute): RecordRange[] {
    return this.points?.foremost(name) ?? [];
  }

  /** Colours of the classes. */
  setPalette(colors: readonly Triple[]): void {
    this.palette = colors;
    this.points?.layer.setPalette(colors);
    this.drawing.points();
  }

  /** @param scale 1 closes most gaps between neighbours. @param fixed the same on screen however far away. */
  setPointSize(scale: number, fixed = false): void {
    this.size = scale;
    this.fixed = fixed;
    this.applySize();
    this.drawing.points();
  }

  /** After the usual distance between points has become known better. */
  applySize(): void {
    const ratio = this.ratio();
    this.points?.layer.setPointSize(this.size, ratio);
    this.look.uniforms.uFixed.value = this.fixed ? Math.max(1, 2 * this.size * ratio) : 0;
  }

  /** Of what lies over the scan's own colours, 0–1. */
  setStrength(strength: number): void {
    this.look.uniforms.uStrength.value = strength;
    if (OVERLAY_MODES.has(this.mode)) this.drawing.renew();
  }

  /**
   * Hide what is outside a box or above a height. Hidden points cannot be picked.
   *
   * @param ceiling height along the up axis. @param shown whether the box's edges are drawn.
   */
  setClip(box: Box | null, ceiling: number | null, shown: boolean): void {
    const { min, max } = cutBox({ box, ceiling }, this.up);
    this.look.setClip(min, max);
    this.guides.setBox(shown ? box : null);
    this.drawing.points();
  }

  /** Fade what is farther from a place than a radius; null shows everything alike. */
  setNeighbourhood(middle: Triple | null, radius: number): void {
    this.look.setNear(middle ?? [0, 0, 0], middle ? radius : 0);
    this.drawing.points();
  }

  /** Span the ramp between the heights that nearly all of these positions are at, which are returned. */
  spanHeights(positions: readonly Triple[]): [number, number] {
    const range = heightRange(positions, this.up);
    this.look.setHeights(...range);
    return range;
  }
}
