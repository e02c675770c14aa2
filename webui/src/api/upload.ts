// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Upload of one scan. XHR because `fetch` cannot report upload progress over HTTP/1.1. */
import { ApiError, apiUrl, NetworkError, toApiError } from "./client";
import type { Scan } from "./types";
import * as verify from "./verify";

export interface Upload {
  readonly done: Promise<Scan>;
  cancel(): void;
}

export class UploadCancelled extends Error {}

export function uploadScan(
  projectId: number,
  file: File,
  onProgress: (fraction: number) => void,
): Upload {
  const xhr = new XMLHttpRequest();
  const done = new Promise<Scan>((resolve, reject) => {
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    xhr.onload = () => {
      if (xhr.status < 200 || xhr.status > 299) {
        reject(toApiError(xhr.status, xhr.responseText));
        return;
      }
      try {
        resolve(verify.scan(JSON.parse(xhr.responseText)));
      } catch (error) {
        reject(
          error instanceof Error ? error : new ApiError(xhr.status, "unexpected", "Bad reply"),
        );
      }
    };
    xhr.onerror = () => reject(new NetworkError());
    xhr.onabort = () => reject(new UploadCancelled());
    xhr.open("POST", apiUrl(`/projects/${projectId}/scans?name=${encodeURIComponent(file.name)}`));
    xhr.setRequestHeader("Content-Type", "application/octet-stream");
    xhr.send(file);
  });
  return { done, cancel: () => xhr.abort() };
}
