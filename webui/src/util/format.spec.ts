// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { formatAgo, formatBytes, formatCount, formatMeasure, formatPercent } from "./format";

it("sizes have one digit after the point below ten of a unit, none above", () => {
  expect(formatBytes(999)).toBe("999 B");
  expect(formatBytes(1000)).toBe("1.0 kB");
  expect(formatBytes(9_949_000)).toBe("9.9 MB");
  expect(formatBytes(123_400_000)).toBe("123 MB");
  expect(formatBytes(5e15)).toBe("5,000 TB");
});

it("counts are grouped, and percentages keep one digit until they are all", () => {
  expect(formatCount(1_234_567)).toBe("1,234,567");
  expect(formatPercent(0.123)).toBe("12.3 %");
  expect(formatPercent(1)).toBe("100 %");
});

it("measures have three digits that count", () => {
  expect([0.08, 4.2178, 1234.5, 3].map(formatMeasure)).toEqual(["0.08", "4.22", "1,230", "3"]);
});

it("a time is how long ago, until it is a day", () => {
  const now = Date.parse("2026-11-30T12:00:00Z");
  expect(formatAgo("2026-11-30T11:59:30Z", now)).toBe("just now");
  expect(formatAgo("2026-11-30T11:55:00Z", now)).toBe("5 min ago");
  expect(formatAgo("2026-11-30T09:59:00Z", now)).toBe("2 h ago");
  expect(formatAgo("2026-11-02T09:59:00Z", now)).toBe("Nov 2, 2026");
  expect(formatAgo("no time", now)).toBe("no time");
});
