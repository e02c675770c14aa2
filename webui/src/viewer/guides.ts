// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The edges of the clipping box, drawn over the picture of the points. */
import {
  BufferGeometry,
  Float32BufferAttribute,
  LineBasicMaterial,
  LineSegments,
  Scene,
} from "three";
import type { Box } from "./clip";

/** Ends of the twelve edges of a box, (24, 3) in a row. */
export function boxEdges(box: Box): number[] {
  const corner = (i: number): number[] => [
    i & 1 ? box.max[0] : box.min[0],
    i & 2 ? box.max[1] : box.min[1],
    i & 4 ? box.max[2] : box.min[2],
  ];
  const ends: number[] = [];
  for (let i = 0; i < 8; i++)
    for (const bit of [1, 2, 4]) if (!(i & bit)) ends.push(...corner(i), ...corner(i | bit));
  return ends;
}

export class GuideLayer {
  readonly scene = new Scene();
  private geometry = new BufferGeometry();
  private readonly material = new LineBasicMaterial({
    color: 0xffffff,
    transparent: true,
    opacity: 0.7,
    depthTest: false,
    depthWrite: false,
  });
  private readonly lines = new LineSegments(this.geometry, this.material);

  constructor() {
    this.lines.frustumCulled = false;
    this.lines.visible = false;
    this.scene.add(this.lines);
  }

  dispose(): void {
    this.geometry.dispose();
    this.material.dispose();
  }

  setBox(box: Box | null): void {
    this.lines.visible = box !== null;
    if (!box) return;
    this.geometry.dispose();
    this.geometry = new BufferGeometry();
    this.geometry.setAttribute("position", new Float32BufferAttribute(boxEdges(box), 3));
    this.lines.geometry = this.geometry;
  }
}
