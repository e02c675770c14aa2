// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which rows of a long list are in sight, and where to scroll to see one. All rows are equally high. */

/** Rows `first … end` (exclusive). */
export interface Rows {
  first: number;
  end: number;
}

/**
 * Rows to draw. `scrollTop` and `height` are of the box that shows the rows, in pixels; `beyond` rows more are drawn
 * on either side, so that scrolling a little shows rows and not gaps.
 */
export function rowsInSight(
  scrollTop: number,
  height: number,
  rowHeight: number,
  total: number,
  beyond: number,
): Rows {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight) - beyond;
  const end = Math.ceil((Math.max(0, scrollTop) + height) / rowHeight) + beyond;
  const last = Math.max(0, Math.min(total, end));
  return { first: Math.max(0, Math.min(first, last)), end: last };
}

/** Numbers of the pages that rows are on. */
export function pagesOf({ first, end }: Rows, pageSize: number): number[] {
  const pages: number[] = [];
  for (let page = Math.floor(first / pageSize); page * pageSize < end; page++) pages.push(page);
  return pages;
}

/** Where to scroll so that a row is in sight in full, moving as little as can be. */
export function scrollToRow(
  row: number,
  scrollTop: number,
  height: number,
  rowHeight: number,
): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}

/** The row that a key moves to; null for a key that moves nowhere. */
export function rowAfterKey(
  key: string,
  row: number,
  total: number,
  rowsPerPage: number,
): number | null {
  const step = Math.max(1, rowsPerPage - 1); // One row stays in sight, as a landmark.
  const to: Record<string, number> = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + step,
    PageUp: row - step,
    Home: 0,
    End: total - 1,
  };
  const wanted = to[key];
  if (wanted === undefined || total === 0) return null;
  return Math.max(0, Math.min(total - 1, wanted));
}
