// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The CRC-32 of files, off the main thread. Takes a list of files; posts now and then how many bytes are read, at the
 * end the list of sums, or null where a file cannot be read.
 */
import { crc32 } from "./crc32";

const PIECE = 8 * 1024 * 1024;

/** What the worker posts. */
export type CrcMessage = { read: number } | { sums: number[] | null };

self.onmessage = async (event: MessageEvent<Blob[]>): Promise<void> => {
  const sums: number[] = [];
  let read = 0;
  try {
    for (const file of event.data) {
      let sum = 0;
      for (let at = 0; at < file.size; at += PIECE) {
        const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
        sum = crc32(bytes, sum);
        read += bytes.length;
        self.postMessage({ read } satisfies CrcMessage);
      }
      sums.push(sum);
    }
    self.postMessage({ sums } satisfies CrcMessage);
  } catch {
    self.postMessage({ sums: null } satisfies CrcMessage);
  }
};
