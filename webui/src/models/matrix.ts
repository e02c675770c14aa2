// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Arithmetic on tables of counts: rows are what was, or one version says, columns what is said instead. */
export type Counts = readonly (readonly number[])[];

/** The full table of (row, column, count) triples, with one row and column more for no class. */
export function filled(triples: readonly [number, number, number][], classes: number): number[][] {
  const table = Array.from({ length: classes + 1 }, () => new Array<number>(classes + 1).fill(0));
  for (const [row, column, n] of triples) {
    const line = table[Math.min(row, classes)];
    const at = Math.min(column, classes);
    if (line) line[at] = (line[at] ?? 0) + n;
  }
  return table;
}

/** Each count as a share of its row; rows without any count stay 0. */
export function byRow(counts: Counts): number[][] {
  return counts.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((n) => (sum > 0 ? n / sum : 0));
  });
}

/** Each count as a share of all. */
export function ofAll(counts: Counts): number[][] {
  const sum = counts.flat().reduce((a, b) => a + b, 0);
  return counts.map((row) => row.map((n) => (sum > 0 ? n / sum : 0)));
}

/** The rows and columns that hold anything, in order; both the same, so that the diagonal stays one. */
export function occurring(counts: Counts): number[] {
  return counts
    .map((_, i) => i)
    .filter((i) =>
      counts.some((row, r) => (row[i] ?? 0) > 0 || (r === i && row.some((n) => n > 0))),
    );
}

/**
 * How strong the colour of a cell is, 0–1: the root of its share among the largest of its kind. Cells off the diagonal
 * are small beside those on it and would hardly be seen on one scale.
 */
export function strengths(shares: readonly (readonly number[])[]): number[][] {
  let on = 0;
  let off = 0;
  shares.forEach((row, r) =>
    row.forEach((share, c) => {
      if (r === c) on = Math.max(on, share);
      else off = Math.max(off, share);
    }),
  );
  return shares.map((row, r) =>
    row.map((share, c) => {
      const most = r === c ? on : off;
      return most > 0 ? Math.sqrt(share / most) : 0;
    }),
  );
}

/**
 * Where an arrow key leads from a cell: to the next one that holds something in that direction, else nowhere.
 *
 * @param filled whether a cell can be stood on, by row and column.
 */
export function step(
  filled: readonly (readonly boolean[])[],
  [row, column]: readonly [number, number],
  key: string,
): [number, number] | null {
  const moves: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  const move = moves[key];
  if (!move) return null;
  let [r, c] = [row + move[0], column + move[1]];
  while (filled[r]?.[c] !== undefined) {
    if (filled[r]?.[c]) return [r, c];
    r += move[0];
    c += move[1];
  }
  return null;
}
