// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Uploads in pieces. Pieces go by XHR, because `fetch` cannot report their progress over HTTP/1.1. */
import { all, apiUrl, NetworkError, request, send, toApiError } from "./client";
import type { ImportOptions, Scan, Upload } from "./types";
import * as verify from "./verify";

/** What the list of uploads needs of the server. */
export interface UploadApi {
  begin(projectId: number, file: NewUpload, signal: AbortSignal): Promise<Upload>;
  list(projectId: number): Promise<Upload[]>;
  read(id: number, signal: AbortSignal): Promise<Upload>;
  /** Add bytes at `offset`; `onProgress` is told how many of them are on their way. */
  put(
    id: number,
    offset: number,
    bytes: ArrayBuffer,
    onProgress: (sent: number) => void,
    signal: AbortSignal,
  ): Promise<Upload>;
  /** Look at what has arrived; with other options than before, again. */
  check(
    id: number,
    sha256: string | null,
    options: ImportOptions,
    signal: AbortSignal,
  ): Promise<Upload>;
  /** All scans that are in it: one, unless it is an archive of several. */
  toScans(id: number, options: ImportOptions, signal: AbortSignal): Promise<Scan[]>;
  cancel(id: number): Promise<unknown>;
}

export interface NewUpload {
  name: string;
  bytes: number;
  fingerprint: string;
}

export const uploadApi: UploadApi = {
  begin: (projectId, body, signal) =>
    request("POST", `/projects/${projectId}/uploads`, verify.upload, { body, signal }),
  list: (projectId) => all(`/projects/${projectId}/uploads`, verify.upload),
  read: (id, signal) => request("GET", `/uploads/${id}`, verify.upload, { signal }),
  put,
  check: (id, sha256, options, signal) =>
    request("POST", `/uploads/${id}/check`, verify.upload, { body: { sha256, options }, signal }),
  toScans: (id, options, signal) =>
    request("POST", `/uploads/${id}/scans`, verify.scans, {
      body: { options },
      signal,
    }),
  cancel: (id) => send("DELETE", `/uploads/${id}`),
};

function put(
  id: number,
  offset: number,
  bytes: ArrayBuffer,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<Upload> {
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
        resolve(verify.upload(JSON.parse(xhr.responseText)));
      } catch (error) {
        reject(error instanceof Error ? error : new NetworkError());
      }
    };
    xhr.onerror = () => reject(new NetworkError());
    xhr.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    xhr.onloadend = () => signal.removeEventListener("abort", abort);
    xhr.open("PUT", apiUrl(`/uploads/${id}/bytes?offset=${offset}`));
    xhr.setRequestHeader("Content-Type", "application/octet-stream");
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    else xhr.send(bytes);
  });
}
