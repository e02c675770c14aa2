// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** How many points a moving picture may hold on this machine. */
export class Pace {
  private budget: number;
  private lastFrameAt = 0;

  /** @param software drawn by the processor: no graphics card, a remote desktop, a test browser. */
  constructor(private readonly software: boolean) {
    this.budget = software ? 80_000 : 1_500_000;
  }

  get points(): number {
    return this.budget;
  }

  /** As many points as keep frames short while moving; frames far apart belong to no movement. */
  frame(nowMs: number, moving: boolean): void {
    const took = nowMs - this.lastFrameAt;
    this.lastFrameAt = nowMs;
    if (!moving || took > 1000) return;
    const wanted = this.software ? 90 : 24;
    const factor = Math.min(1.15, Math.max(0.6, wanted / Math.max(took, 1)));
    this.budget = Math.min(8e6, Math.max(40_000, this.budget * factor));
  }
}

/** Points held at most unless somebody chooses. Drawing takes the processor a second for a million. */
export function defaultPointBudget(software: boolean): number {
  return software ? 1_000_000 : 4_000_000;
}

/** Whether the processor stands in for a graphics card. */
export function isSoftware(gl: WebGLRenderingContext | WebGL2RenderingContext): boolean {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  return /swiftshader|llvmpipe|softpipe|basic render|software/i.test(name);
}
