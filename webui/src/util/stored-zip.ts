// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Zip archives of files as they are, not compressed: headers between files that stay where they are, so that nothing
 * large is in memory. The same files give the same bytes: names are sorted, dates are fixed.
 */

/** A file of an archive; `name` has "/" between its parts. */
export interface ZipEntry {
  name: string;
  size: number; // Bytes.
  crc: number; // CRC-32 of its bytes.
}

const UTF8_NAMES = 0x0800;
const PLAIN_VERSION = 20;
const ZIP64_VERSION = 45;
const UNIX = 3 << 8;
const REGULAR_FILE = 0o100644;
const FIRST_DAY = 0x0021; // 1980-01-01, where the format begins to count.
const NONE_32 = 0xffffffff; // Larger numbers, and this one, stand in fields of 64 bits.
const NONE_16 = 0xffff;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const END64_BYTES = 56 + 20;

/** A field behind a header, with numbers that have no room in it. */
function zip64(numbers: readonly number[]): Uint8Array<ArrayBuffer> {
  if (numbers.length === 0) return new Uint8Array();
  const bytes = new Uint8Array(4 + 8 * numbers.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 1, true);
  view.setUint16(2, 8 * numbers.length, true);
  numbers.forEach((value, i) => view.setBigUint64(4 + 8 * i, BigInt(value), true));
  return bytes;
}

const large = (value: number): boolean => value >= NONE_32;
const or32 = (value: number): number => Math.min(value, NONE_32);

/** Bytes from [width, value] pairs, 2 or 4 bytes each, and what follows them. */
function record(
  fields: readonly (readonly [2 | 4, number])[],
  ...rest: Uint8Array<ArrayBuffer>[]
): Uint8Array<ArrayBuffer> {
  const head = fields.reduce((sum, [width]) => sum + width, 0);
  const bytes = new Uint8Array(rest.reduce((sum, part) => sum + part.length, head));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  for (const part of rest) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What the header of a file and its line in the list have in common. */
function description(entry: ZipEntry, name: Uint8Array, extra: Uint8Array, is64: boolean) {
  return [
    [2, is64 ? ZIP64_VERSION : PLAIN_VERSION],
    [2, UTF8_NAMES],
    [2, 0], // Stored.
    [2, 0], // Midnight.
    [2, FIRST_DAY],
    [4, entry.crc],
    [4, or32(entry.size)],
    [4, or32(entry.size)],
    [2, name.length],
    [2, extra.length],
  ] as const;
}

function localHeader(entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(entry.name);
  const extra = zip64(large(entry.size) ? [entry.size, entry.size] : []);
  const described = description(entry, name, extra, extra.length > 0);
  return record([[4, 0x04034b50], ...described], name, extra);
}

function centralHeader(entry: ZipEntry, offset: number): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(entry.name);
  const sizes = large(entry.size) ? [entry.size, entry.size] : [];
  const extra = zip64(large(offset) ? [...sizes, offset] : sizes);
  return record(
    [
      [4, 0x02014b50],
      [2, UNIX | ZIP64_VERSION],
      ...description(entry, name, extra, extra.length > 0),
      [2, 0], // No comment.
      [2, 0], // On this disk.
      [2, 0],
      [2, 0], // Low half of the attributes; the file's mode is the high one.
      [2, REGULAR_FILE],
      [4, or32(offset)],
    ],
    name,
    extra,
  );
}

function end(count: number, length: number, offset: number): Uint8Array<ArrayBuffer> {
  const is64 = count >= NONE_16 || large(length) || large(offset);
  const short = Math.min(count, NONE_16);
  const last = record([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, short],
    [2, short],
    [4, or32(length)],
    [4, or32(offset)],
    [2, 0],
  ]);
  if (!is64) return last;
  const place = offset + length;
  const bytes = new Uint8Array(END64_BYTES + last.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x06064b50, true);
  view.setBigUint64(4, 44n, true); // Bytes of this record behind this field.
  view.setUint16(12, UNIX | ZIP64_VERSION, true);
  view.setUint16(14, ZIP64_VERSION, true);
  [count, count, length, offset].forEach((value, i) =>
    view.setBigUint64(24 + 8 * i, BigInt(value), true),
  );
  view.setUint32(56, 0x07064b50, true);
  view.setBigUint64(64, BigInt(place), true);
  view.setUint32(72, 1, true); // One disk.
  bytes.set(last, END64_BYTES);
  return bytes;
}

/** Files in the order in which they are in an archive. */
export function inOrder<T extends { name: string }>(entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** An archive as parts: headers, and the files themselves in between, which `content` gives. */
export function zipParts<E extends ZipEntry, C>(
  entries: readonly E[],
  content: (entry: E) => C,
): (Uint8Array<ArrayBuffer> | C)[] {
  const parts: (Uint8Array<ArrayBuffer> | C)[] = [];
  const list: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const entry of inOrder(entries)) {
    const header = localHeader(entry);
    list.push(centralHeader(entry, offset));
    parts.push(header, content(entry));
    offset += header.length + entry.size;
  }
  const length = list.reduce((sum, part) => sum + part.length, 0);
  return [...parts, ...list, end(list.length, length, offset)];
}

/** How many bytes an archive of these files has; their sums do not matter. */
export function zipSize(entries: readonly Omit<ZipEntry, "crc">[]): number {
  let offset = 0;
  let length = 0;
  for (const { name, size } of inOrder(entries)) {
    const bytes = new TextEncoder().encode(name).length;
    const sizes = large(size) ? 2 : 0;
    const numbers = sizes + (large(offset) ? 1 : 0);
    length += CENTRAL_BYTES + bytes + (numbers > 0 ? 4 + 8 * numbers : 0);
    offset += LOCAL_BYTES + bytes + (sizes > 0 ? 4 + 8 * sizes : 0) + size;
  }
  const is64 = entries.length >= NONE_16 || large(length) || large(offset);
  return offset + length + END_BYTES + (is64 ? END64_BYTES : 0);
}
