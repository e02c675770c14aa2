// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Request bodies that take long, with how far they have got. */
import { NetworkError, toApiError } from "./client";
import type { Verifier } from "../util/verify";

/**
 * Send bytes and read the answer. By XHR, because `fetch` cannot report the progress of what it sends over HTTP/1.1.
 *
 * Rejects with ApiError, NetworkError, InvalidData, or an AbortError when the signal says so.
 */
export function sendBytes<T>(
  method: "PUT" | "POST",
  url: string,
  bytes: Blob | ArrayBuffer,
  verify: Verifier<T>,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = (): void => xhr.abort();
    xhr.upload.onprogress = (event) => onProgress(event.loaded);
    xhr.onload = () => {
      if (xhr.status < 200 || xhr.status > 299) {
        reject(toApiError(xhr.status, xhr.responseText));
        return;
      }
      try {
        resolve(verify(JSON.parse(xhr.responseText)));
      } catch (error) {
        reject(error instanceof Error ? error : new NetworkError());
      }
    };
    xhr.onerror = () => reject(new NetworkError());
    xhr.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    xhr.onloadend = () => signal.removeEventListener("abort", abort);
    xhr.open(method, url);
    xhr.setRequestHeader("Content-Type", "application/octet-stream");
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    else xhr.send(bytes);
  });
}
