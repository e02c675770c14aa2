// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Tells clicks from drags on the canvas of the view. */
import type { Disposer } from "../util/disposable";

const CLICK_PIXELS = 4;

/** @param onClick,onDoubleClick get CSS pixels from the top left of the canvas. */
export function listenToClicks(
  disposer: Disposer,
  canvas: HTMLCanvasElement,
  onClick: (x: number, y: number) => void,
  onDoubleClick: (x: number, y: number) => void,
): void {
  let down: { x: number; y: number; id: number } | null = null;
  disposer.listen(canvas, "pointerdown", (event) => {
    const isClick = event.button === 0 && event.isPrimary;
    down = isClick ? { x: event.offsetX, y: event.offsetY, id: event.pointerId } : null;
  });
  disposer.listen(canvas, "pointerup", (event) => {
    const start = down;
    down = null;
    if (!start || start.id !== event.pointerId) return;
    if (Math.hypot(event.offsetX - start.x, event.offsetY - start.y) > CLICK_PIXELS) return;
    onClick(event.offsetX, event.offsetY);
  });
  disposer.listen(canvas, "dblclick", (event) => onDoubleClick(event.offsetX, event.offsetY));
  disposer.listen(canvas, "contextmenu", (event) => event.preventDefault());
}
