// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Colours for new classes, the same that the server gives out. The first eight are Okabe and Ito's set, which stays
 * apart under the common forms of colour blindness; the rest are Paul Tol's "muted" and "vibrant" tones.
 */
export const PALETTE: readonly string[] = [
  "#e69f00",
  "#56b4e9",
  "#009e73",
  "#f0e442",
  "#0072b2",
  "#d55e00",
  "#cc79a7",
  "#646464",
  "#332288",
  "#ddcc77",
  "#117733",
  "#88ccee",
  "#882255",
  "#44aa99",
  "#ee3377",
  "#999933",
  "#33bbee",
  "#aa4499",
  "#bbcc33",
  "#66332b",
];

/** The first colour that is not taken yet; where all are, they come again. */
export function nextColor(taken: readonly string[]): string {
  const used = new Set(taken.map((color) => color.toLowerCase()));
  const free = PALETTE.find((color) => !used.has(color));
  return free ?? (PALETTE[taken.length % PALETTE.length] as string); // The palette is not empty.
}
