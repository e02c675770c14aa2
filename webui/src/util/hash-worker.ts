// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The SHA-256 of a file, off the main thread. Takes a File, posts the digest, or null where it cannot be read. */
import { Sha256 } from "./sha256";

const PIECE = 8 * 1024 * 1024;

self.onmessage = async (event: MessageEvent<File>): Promise<void> => {
  const file = event.data;
  try {
    const hash = new Sha256();
    for (let at = 0; at < file.size; at += PIECE)
      hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    self.postMessage(hash.digest());
  } catch {
    self.postMessage(null);
  }
};
