// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** How points are drawn. The size is kept in the browser, as it depends on the screen and the eyes. */
const KEY = "fewpoints:point-size";
const SMALLEST = 0.4;
const LARGEST = 5;

export class ViewSettings {
  pointSize = $state(stored());
  shading = $state(true);

  setPointSize(size: number): void {
    this.pointSize = Math.min(LARGEST, Math.max(SMALLEST, Math.round(size * 10) / 10));
    try {
      localStorage.setItem(KEY, String(this.pointSize));
    } catch {
      // Only a convenience.
    }
  }
}

function stored(): number {
  try {
    const size = Number(localStorage.getItem(KEY));
    return size >= SMALLEST && size <= LARGEST ? size : 1;
  } catch {
    return 1;
  }
}
