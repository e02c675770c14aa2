// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** CRC-32 as zip archives have it (ISO 3309, reflected polynomial), piece by piece, eight bytes a step. */

const POLYNOMIAL = 0xedb88320;
const STEP = 8;

/** [STEP x 256]: what a byte does to the sum with 0 to 7 more bytes behind it. */
function tables(): Int32Array {
  const table = new Int32Array(STEP * 256); // Signed: so the engine computes with integers.
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
    table[byte] = sum;
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256]!;
    table[i] = (before >>> 8) ^ table[before & 255]!;
  }
  return table;
}

const TABLES = tables();

/** The sum of bytes that follow on bytes of the sum `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const table = TABLES;
  let sum = ~before;
  let at = 0;
  for (const end = bytes.length - STEP; at <= end; at += STEP) {
    sum ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    sum =
      table[1792 + (sum & 255)]! ^
      table[1536 + ((sum >>> 8) & 255)]! ^
      table[1280 + ((sum >>> 16) & 255)]! ^
      table[1024 + (sum >>> 24)]! ^
      table[768 + bytes[at + 4]!]! ^
      table[512 + bytes[at + 5]!]! ^
      table[256 + bytes[at + 6]!]! ^
      table[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) sum = (sum >>> 8) ^ table[(sum ^ bytes[at]!) & 255]!;
  return ~sum >>> 0;
}
