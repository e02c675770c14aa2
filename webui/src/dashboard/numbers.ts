// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Numbers as the reader's language writes them. */
import { currentLanguage } from "../i18n";

function formatter(options: Intl.NumberFormatOptions): (value: number) => string {
  let made: Intl.NumberFormat | undefined; // The language is not known while modules load.
  return (value) => (made ??= new Intl.NumberFormat(currentLanguage(), options)).format(value);
}

export const whole = formatter({ maximumFractionDigits: 0 });
export const tenths = formatter({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const percent = formatter({ style: "percent", maximumFractionDigits: 0 });
export const percentTenths = formatter({
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

const minutes = formatter({ style: "unit", unit: "minute", maximumFractionDigits: 0 });
const hours = formatter({ style: "unit", unit: "hour", maximumFractionDigits: 1 });
const seconds = formatter({ style: "unit", unit: "second", maximumFractionDigits: 1 });

export { seconds };

/** "42 min", "3.5 hr". */
export function duration(s: number): string {
  if (s < 60) return seconds(Math.round(s));
  return s < 2 * 3600 ? minutes(s / 60) : hours(s / 3600);
}

export type Bucket = "hour" | "day" | "week";

function dayOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(currentLanguage(), { timeZone, month: "short", day: "numeric" });
}

function hourOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(currentLanguage(), {
    ...{ timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
}

/** A moment, in seconds since 1970, in full: "Nov 24 14:00", or "Nov 24" where buckets are days. */
export function moment(bucket: Bucket, timeZone: string): (at: number) => string {
  const day = dayOf(timeZone);
  if (bucket !== "hour") return (at) => day.format(at * 1000);
  const hour = hourOf(timeZone);
  return (at) => `${day.format(at * 1000)} ${hour.format(at * 1000)}`;
}

/** The same for an axis: the day where it begins, else the hour. */
export function tick(bucket: Bucket, timeZone: string): (at: number) => string {
  const day = dayOf(timeZone);
  const hour = hourOf(timeZone);
  return (at) => {
    const time = hour.format(at * 1000);
    return bucket !== "hour" || time === "00:00" ? day.format(at * 1000) : time;
  };
}
