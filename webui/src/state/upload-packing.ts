// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Several files of one scan become one file that is sent, without a copy of them. */
import type { CrcMessage } from "../util/crc-worker";
import type { FoundFile } from "../util/scan-files";
import { inOrder, zipParts, zipSize } from "../util/stored-zip";

/** The sums of files, null where one cannot be read; `onRead` is told of bytes. */
export type SumFiles = (
  files: Blob[],
  onRead: (bytes: number) => void,
  signal: AbortSignal,
) => Promise<number[] | null>;

const listed = (parts: readonly FoundFile[]) =>
  inOrder(parts.map(({ path, file }) => ({ name: path, size: file.size, file })));

/** Bytes of the archive, known before a byte of them is read. */
export function packedSize(parts: readonly FoundFile[]): number {
  return zipSize(listed(parts));
}

/** The archive; the same again for the same files, so that an upload of it can go on. Null if one cannot be read. */
export async function packed(
  name: string,
  parts: readonly FoundFile[],
  onRead: (bytes: number) => void,
  signal: AbortSignal,
  sum: SumFiles,
): Promise<File | null> {
  const files = listed(parts);
  const sums = await sum(
    files.map(({ file }) => file),
    onRead,
    signal,
  );
  if (sums === null) return null;
  const entries = files.map((entry, i) => ({ ...entry, crc: sums[i] ?? 0 }));
  const newest = files.reduce((last, { file }) => Math.max(last, file.lastModified), 0);
  return new File(
    zipParts(entries, ({ file }) => file),
    name,
    { lastModified: newest },
  );
}

/** The sums of files from a worker. */
export function sumFiles(
  files: Blob[],
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<number[] | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("../util/crc-worker.ts", import.meta.url), {
      type: "module",
    });
    const end = (sums: number[] | null): void => {
      worker.terminate();
      signal.removeEventListener("abort", stop);
      resolve(sums);
    };
    const stop = (): void => {
      worker.terminate();
      reject(new DOMException("Stopped.", "AbortError"));
    };
    worker.onmessage = ({ data }: MessageEvent<CrcMessage>) => {
      if ("read" in data) onRead(data.read);
      else end(data.sums);
    };
    worker.onerror = () => end(null);
    signal.addEventListener("abort", stop, { once: true });
    worker.postMessage(files);
  });
}
