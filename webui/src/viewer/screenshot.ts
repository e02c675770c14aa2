// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The view as a picture to keep: the points and markers with a legend beside them. */
import type { Legend } from "../state/legend";

const PAD = 12;
const LINE = 20;
const FONT = "13px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

/**
 * @param picture drawn just now. @param ratio device pixels per CSS pixel. @param title what is on show.
 */
export function withLegend(
  picture: HTMLCanvasElement,
  ratio: number,
  title: string,
  legend: Legend | null,
): HTMLCanvasElement {
  const out = document.createElement("canvas");
  out.width = picture.width;
  out.height = picture.height;
  const context = out.getContext("2d");
  if (!context) throw new Error("This browser has no 2D canvas.");
  context.drawImage(picture, 0, 0);
  context.scale(ratio, ratio);
  context.font = FONT;
  context.textBaseline = "middle";
  const lines: ((x: number, y: number) => void)[] = [(x, y) => context.fillText(title, x, y)];
  let width = context.measureText(title).width;
  const wide = (text: string, more = 0): void => {
    width = Math.max(width, context.measureText(text).width + more);
  };
  if (legend?.ramp) {
    const { colors, low, high } = legend.ramp;
    wide(`${low}${high}`, 130);
    lines.push((x, y) => {
      const start = x + context.measureText(low).width + 8;
      colors.forEach((color, i) => {
        context.fillStyle = color;
        context.fillRect(start + (i * 100) / colors.length, y - 5, 100 / colors.length + 0.5, 10);
      });
      context.fillStyle = "#e8ecf1";
      context.fillText(low, x, y);
      context.fillText(high, start + 108, y);
    });
  }
  for (const entry of legend?.entries ?? []) {
    const text = entry.value ? `${entry.name}  ${entry.value}` : entry.name;
    wide(text, 20);
    lines.push((x, y) => {
      context.fillStyle = entry.color;
      context.fillRect(x, y - 6, 12, 12);
      context.fillStyle = "#e8ecf1";
      context.fillText(text, x + 20, y);
    });
  }
  context.fillStyle = "rgb(16 20 25 / 82%)";
  context.fillRect(PAD, PAD, width + 2 * PAD, lines.length * LINE + PAD);
  context.fillStyle = "#e8ecf1";
  lines.forEach((draw, i) => draw(2 * PAD, PAD * 1.5 + LINE * (i + 0.5)));
  return out;
}

/** Hand a canvas to the browser as a file to save. Rejects where the picture cannot be made. */
export async function download(canvas: HTMLCanvasElement, name: string): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("The browser could not make the picture.");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
