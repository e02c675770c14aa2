// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Colours of charts as the browser resolves them now: canvases know neither variables nor light-dark(). */
export type Resolve = (color: string) => string;

/** Resolve CSS colours as they are inside `place`. */
export function resolverIn(place: HTMLElement): Resolve {
  return (color) => {
    const probe = document.createElement("span");
    probe.style.color = color;
    probe.hidden = true;
    place.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
}

/** The same colour, so much of it. */
export function faded(color: string, share: number): string {
  return `color-mix(in srgb, ${color} ${Math.round(share * 100)}%, transparent)`;
}

/** Lines of one chart. They differ in lightness as well as in hue, and are told apart by dashes, too. */
export const SERIES_COLORS = [1, 2, 3, 4, 5, 6].map((n) => `var(--chart-${n})`);

export function seriesColor(index: number): string {
  return SERIES_COLORS[index % SERIES_COLORS.length] ?? "var(--text)";
}
