// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Numbers, sizes and times as the reader's language writes them. */
import { currentLanguage, t } from "../i18n";

const formats = new Map<number, Intl.NumberFormat>();

/** A number with exactly so many digits after the point. */
function withDigits(n: number, digits: number): string {
  let format = formats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat(currentLanguage(), {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formats.set(digits, format);
  }
  return format.format(n);
}

export function formatCount(n: number): string {
  return withDigits(n, 0);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit++;
  } while (value >= 1000 && unit < units.length - 1);
  return `${withDigits(value, value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** A measured length or time: three digits that count, without noughts at the end. */
export function formatMeasure(value: number): string {
  return new Intl.NumberFormat(currentLanguage(), { maximumSignificantDigits: 3 }).format(value);
}

export function formatPercent(fraction: number): string {
  return `${withDigits(fraction * 100, fraction >= 0.9995 ? 0 : 1)} %`;
}

/** "just now", "5 min ago", then the date; the exact time belongs into a title attribute. */
export function formatAgo(iso: string, now: number = Date.now()): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return iso;
  const seconds = (now - then) / 1000;
  if (seconds < 60) return t("time.now");
  if (seconds < 3600) return t("time.minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return t("time.hours", { n: Math.floor(seconds / 3600) });
  return new Date(then).toLocaleDateString(currentLanguage(), {
    year: "numeric",
    month: "short",
    day: "numeric",
  });
}

export function formatTime(iso: string): string {
  const then = Date.parse(iso);
  return Number.isNaN(then) ? iso : new Date(then).toLocaleString(currentLanguage());
}
