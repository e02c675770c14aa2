// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** A chart as a picture of its own: title, what the colours mean, the plot, all on an opaque ground. */
import { type Bars, type ChartData, longest } from "./chart-data";
import type { Resolve } from "./colors";

const FONT = 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const PAD = 20;

export interface Picture {
  title: string;
  data: ChartData;
  plot: HTMLCanvasElement | null; // As drawn on the page, in device pixels.
  resolve: Resolve;
  scale: number; // Device pixels per CSS pixel.
}

export function draw({ title, data, plot, resolve, scale }: Picture): HTMLCanvasElement {
  const width = Math.max(480, plot ? plot.width / scale + 2 * PAD : 640);
  const legend = data.kind === "bars" ? [] : data.series;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser does not draw pictures.");
  const font = (size: number, weight = 400): string => `${weight} ${size}px ${FONT}`;

  context.font = font(13);
  const rows: { x: number; y: number; label: string; color: string }[] = [];
  let x = PAD;
  let y = PAD + 34;
  for (const series of legend) {
    const room = 22 + context.measureText(series.label).width + 16;
    if (x + room > width - PAD && x > PAD) {
      x = PAD;
      y += 20;
    }
    rows.push({ x, y, label: series.label, color: series.color });
    x += room;
  }
  const top = legend.length > 0 ? y + 20 : PAD + 40;
  const body = plot ? plot.height / scale : data.kind === "bars" ? data.rows.length * 26 : 0;

  canvas.width = Math.round(width * scale);
  canvas.height = Math.round((top + body + PAD) * scale);
  context.scale(scale, scale);
  context.fillStyle = resolve("var(--surface)");
  context.fillRect(0, 0, width, top + body + PAD);
  context.textBaseline = "middle";
  context.fillStyle = resolve("var(--text)");
  context.font = font(16, 620);
  context.fillText(title, PAD, PAD + 8, width - 2 * PAD);
  context.font = font(13);
  for (const entry of rows) {
    context.fillStyle = resolve(entry.color);
    context.fillRect(entry.x, entry.y - 5, 14, 10);
    context.fillStyle = resolve("var(--text)");
    context.fillText(entry.label, entry.x + 20, entry.y);
  }
  if (plot) context.drawImage(plot, PAD, top, plot.width / scale, body);
  else if (data.kind === "bars") drawBars(context, data, { top, width, resolve });
  return canvas;
}

function drawBars(
  context: CanvasRenderingContext2D,
  data: Bars,
  { top, width, resolve }: { top: number; width: number; resolve: Resolve },
): void {
  const names = Math.min(
    220,
    Math.max(...data.rows.map((r) => context.measureText(r.label).width)),
  );
  const values = Math.max(...data.rows.map((r) => context.measureText(data.format(r.value)).width));
  const most = longest(data);
  const left = PAD + names + 12;
  const room = width - left - values - 12 - PAD;
  data.rows.forEach((row, i) => {
    const middle = top + i * 26 + 13;
    context.fillStyle = resolve("var(--text)");
    context.fillText(row.label, PAD, middle, names);
    context.fillStyle = resolve(row.color);
    const at = (value: number): number => left + (room * value) / most;
    context.fillRect(left, middle - 7, at(row.value) - left, 14);
    context.fillStyle = resolve("var(--text)");
    if (row.range) {
      context.fillRect(at(row.range[0]), middle - 1, at(row.range[1]) - at(row.range[0]), 2);
      for (const end of row.range) context.fillRect(at(end) - 1, middle - 5, 2, 10);
    }
    const end = at(Math.max(row.value, row.range?.[1] ?? 0));
    context.fillText(data.format(row.value), end + 8, middle);
  });
}

export function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => {
      if (blob) done(blob);
      else failed(new Error("The picture could not be made. Make the window smaller."));
    }, "image/png");
  });
}
