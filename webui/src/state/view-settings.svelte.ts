// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** How points are drawn. Kept in the browser, as it depends on the screen and the eyes. */
import { readStored, writeStored } from "../util/stored";
import { flag, nullable, number, object } from "../util/verify";

const KEY = "fewpoints:view";
export const SIZES = { min: 0.4, max: 5 } as const;
/** Points held at most. */
export const BUDGETS = { min: 2e5, max: 2e7 } as const;
/** A label never hides the scan's own colours altogether. */
export const STRENGTHS = { min: 0.2, max: 0.9 } as const;

const stored = object({
  pointSize: number,
  fixedSize: flag,
  shading: flag,
  strength: number,
  minimap: flag,
  legend: flag,
  budget: nullable(number),
});

function within({ min, max }: { min: number; max: number }, value: number): number {
  return Math.min(max, Math.max(min, value));
}

export class ViewSettings {
  pointSize = $state(1);
  fixedSize = $state(false); // The same on screen, however far away.
  shading = $state(true);
  strength = $state(0.8);
  minimap = $state(true);
  legend = $state(!matchMedia("(width < 900px)").matches); // It would hide half of a small picture.
  budget = $state<number | null>(null); // Points held at most; null: as the machine allows.

  constructor() {
    const kept = readStored(KEY, stored);
    if (!kept) return;
    this.pointSize = within(SIZES, kept.pointSize);
    this.strength = within(STRENGTHS, kept.strength);
    this.fixedSize = kept.fixedSize;
    this.shading = kept.shading;
    this.minimap = kept.minimap;
    this.legend = kept.legend;
    this.budget = kept.budget === null ? null : within(BUDGETS, kept.budget);
  }

  setPointSize(size: number): void {
    this.pointSize = within(SIZES, Math.round(size * 10) / 10);
    this.keep();
  }

  setStrength(strength: number): void {
    this.strength = within(STRENGTHS, Math.round(strength * 100) / 100);
    this.keep();
  }

  setBudget(points: number): void {
    this.budget = within(BUDGETS, Math.round(points / 1e5) * 1e5);
    this.keep();
  }

  set(name: "fixedSize" | "shading" | "minimap" | "legend", on: boolean): void {
    this[name] = on;
    this.keep();
  }

  private keep(): void {
    const { pointSize, fixedSize, shading, strength, minimap, legend, budget } = this;
    writeStored(KEY, { pointSize, fixedSize, shading, strength, minimap, legend, budget });
  }
}
