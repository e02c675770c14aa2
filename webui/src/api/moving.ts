// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Whole projects as files: packing, and sending one in. */
import { count, flag, integer, nullable, object, text, type Verifier } from "../util/verify";
import { all, apiUrl, NetworkError, request, send, toApiError } from "./client";
import type { components } from "./generated/schema";
import type { Job } from "./types";
import * as verify from "./verify";

export type ArchiveSize = components["schemas"]["ArchiveSize"];
export type Archive = Omit<components["schemas"]["ArchiveRead"], "snapshot">;

const archive: Verifier<Archive> = object({
  id: integer,
  created_at: text,
  created_by: nullable(text),
  filename: text,
  bytes: count,
  sha256: text,
  derived: flag,
});

const size: Verifier<ArchiveSize> = object({ bytes: count, bytes_without_derived: count });

export const archives = {
  list: (projectId: number, signal: AbortSignal) =>
    all(`/projects/${projectId}/archives`, archive, signal),
  size: (projectId: number, signal: AbortSignal) =>
    request("GET", `/projects/${projectId}/archive-size`, size, { signal }),
  start: (projectId: number, derived: boolean) =>
    request("POST", `/projects/${projectId}/archives`, verify.job, { body: { derived } }),
  url: (id: number): string => apiUrl(`/exports/${id}/file`),
  remove: (id: number) => send("DELETE", `/exports/${id}`),
  job: (id: number, signal: AbortSignal) => request("GET", `/jobs/${id}`, verify.job, { signal }),
  send: sendFile,
};

/** By XHR, because `fetch` cannot report the progress of what it sends over HTTP/1.1. */
function sendFile(
  file: File,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<Job> {
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
        resolve(verify.job(JSON.parse(xhr.responseText)));
      } catch (error) {
        reject(error instanceof Error ? error : new NetworkError());
      }
    };
    xhr.onerror = () => reject(new NetworkError());
    xhr.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    xhr.onloadend = () => signal.removeEventListener("abort", abort);
    xhr.open("POST", apiUrl(`/project-archives?filename=${encodeURIComponent(file.name)}`));
    xhr.setRequestHeader("Content-Type", "application/octet-stream");
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    else xhr.send(file);
  });
}
