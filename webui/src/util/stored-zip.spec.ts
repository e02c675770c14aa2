// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { crc32 } from "./crc32";
import { inOrder, zipParts, zipSize, type ZipEntry } from "./stored-zip";

const encode = (text: string) => new TextEncoder().encode(text);

describe("crc32", () => {
  it("gives the published sums", () => {
    expect(crc32(encode("123456789"))).toBe(0xcbf43926);
    expect(crc32(encode("The quick brown fox jumps over the lazy dog"))).toBe(0x414fa339);
    expect(crc32(new Uint8Array())).toBe(0);
    expect(crc32(new Uint8Array(32).fill(255))).toBe(0xff6cab0b);
  });

  it("is the same piece by piece, wherever the pieces end", () => {
    const bytes = Uint8Array.from({ length: 1003 }, (_, i) => (i * i + 7) & 255);
    const whole = crc32(bytes);
    for (const cut of [1, 2, 3, 4, 5, 6, 7, 8, 9, 500, 1002])
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(whole);
  });
});

interface Listed {
  name: string;
  size: number;
  crc: number;
  offset: number;
}

/** What an archive's list says, read from its end; `at` gives bytes of the archive. */
function listOf(size: number, at: (from: number, to: number) => Uint8Array): Listed[] {
  const view = (from: number, length: number) => {
    const bytes = at(from, from + length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  const tail = view(size - 22, 22);
  expect(tail.getUint32(0, true)).toBe(0x06054b50);
  let count = tail.getUint16(10, true);
  let place = tail.getUint32(16, true);
  if (count === 0xffff || place === 0xffffffff) {
    const locator = view(size - 42, 20);
    expect(locator.getUint32(0, true)).toBe(0x07064b50);
    const end = view(Number(locator.getBigUint64(8, true)), 56);
    expect(end.getUint32(0, true)).toBe(0x06064b50);
    count = Number(end.getBigUint64(32, true));
    place = Number(end.getBigUint64(48, true));
  }
  const found: Listed[] = [];
  for (let i = 0; i < count; i++) {
    const entry = view(place, 46);
    if (entry.getUint32(0, true) !== 0x02014b50) throw new Error(`no entry at ${place}`);
    const [nameLength, extraLength] = [entry.getUint16(28, true), entry.getUint16(30, true)];
    const name = new TextDecoder().decode(at(place + 46, place + 46 + nameLength));
    let size = entry.getUint32(24, true);
    let offset = entry.getUint32(42, true);
    const extra = view(place + 46 + nameLength, extraLength);
    let next = 4;
    if (size === 0xffffffff) {
      size = Number(extra.getBigUint64(next, true));
      next += 16;
    }
    if (offset === 0xffffffff) offset = Number(extra.getBigUint64(next, true));
    found.push({ name, size, crc: entry.getUint32(16, true), offset });
    place += 46 + nameLength + extraLength;
  }
  return found;
}

const FILES = {
  "room/b.txt": "second",
  "room/a.txt": "",
  "Zebra/ümlaut 点.bin": "first of all",
} as Record<string, string>;
const entries = Object.entries(FILES).map(([name, text]) => ({
  name,
  size: encode(text).length,
  crc: crc32(encode(text)),
}));

describe("zipParts", () => {
  it("makes an archive from which each file comes back", async () => {
    const parts = zipParts(entries, ({ name }) => new Blob([FILES[name] ?? ""]));
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    expect(bytes.length).toBe(zipSize(entries));
    const list = listOf(bytes.length, (from, to) => bytes.slice(from, to));
    expect(list.map(({ name }) => name)).toEqual([
      "Zebra/ümlaut 点.bin",
      "room/a.txt",
      "room/b.txt",
    ]);
    for (const { name, size, crc, offset } of list) {
      const header = new DataView(bytes.buffer, offset, 30);
      expect(header.getUint32(0, true)).toBe(0x04034b50);
      expect([header.getUint32(14, true), header.getUint32(18, true)]).toEqual([crc, size]);
      const start = offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
      const content = bytes.slice(start, start + size);
      expect(new TextDecoder().decode(content)).toBe(FILES[name]);
      expect(crc32(content)).toBe(crc);
    }
  });

  it("is the same whatever order the files were dropped in", async () => {
    const make = async (some: ZipEntry[]) =>
      new Blob(zipParts(some, ({ name }) => new Blob([FILES[name] ?? ""]))).arrayBuffer();
    expect(await make([...entries].reverse())).toEqual(await make(entries));
    expect(inOrder([...entries].reverse())).toEqual(inOrder(entries));
  });

  it("writes sizes, places and counts beyond 32 and 16 bits", () => {
    const GB = 2 ** 30;
    const many: ZipEntry[] = Array.from({ length: 66_000 }, (_, i) => ({
      name: `frames/${String(i).padStart(5, "0")}.png`,
      size: i === 0 ? 5 * GB : 1000,
      crc: i,
    }));
    const parts = zipParts(many, ({ size }) => size); // Content that is only as long.
    const lengths = parts.map((part) => (typeof part === "number" ? part : part.length));
    const size = lengths.reduce((sum, length) => sum + length, 0);
    expect(size).toBe(zipSize(many));
    // The end of the archive, from the list on, is all headers.
    const tail = parts.slice(2 * many.length) as Uint8Array<ArrayBuffer>[];
    const start = size - tail.reduce((sum, part) => sum + part.length, 0);
    const bytes = new Uint8Array(size - start);
    let at = 0;
    for (const part of tail) {
      bytes.set(part, at);
      at += part.length;
    }
    const list = listOf(size, (from, to) => bytes.slice(from - start, to - start));
    expect(list).toHaveLength(66_000);
    expect(list[0]).toEqual({ name: "frames/00000.png", size: 5 * GB, crc: 0, offset: 0 });
    let offset = 0;
    const wrong: Listed[] = [];
    for (const [i, listed] of list.entries()) {
      if (listed.offset !== offset) wrong.push(listed);
      offset += (lengths[2 * i] ?? 0) + (lengths[2 * i + 1] ?? 0);
    }
    expect(wrong).toEqual([]);
    const header = parts[0] as Uint8Array<ArrayBuffer>;
    const view = new DataView(header.buffer);
    expect(view.getUint32(18, true)).toBe(0xffffffff);
    expect(Number(view.getBigUint64(header.length - 8, true))).toBe(5 * GB);
  }, 30_000);

  it("of no file is the shortest archive there is", () => {
    expect(zipParts([], () => "")).toHaveLength(1);
    expect(zipSize([])).toBe(22);
  });
});
