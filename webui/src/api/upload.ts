// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Uploads in pieces. */
import { all, apiUrl, request, send } from "./client";
import { sendBytes } from "./send-bytes";
import type { ImportOptions, Scan, TextLayout, Upload } from "./types";
import * as verify from "./verify";

/** Of an archive, by the member that names each kind of tables. */
export type Layouts = Readonly<Record<string, TextLayout>>;

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
  /** Look at what has arrived; with other options or layouts of an archive's tables than before, again. */
  check(
    id: number,
    sha256: string | null,
    options: ImportOptions,
    tables: Layouts,
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
  put: (id, offset, bytes, onProgress, signal) => {
    const url = apiUrl(`/uploads/${id}/bytes?offset=${offset}`);
    return sendBytes("PUT", url, bytes, verify.upload, onProgress, signal);
  },
  check: (id, sha256, options, tables, signal) =>
    request("POST", `/uploads/${id}/check`, verify.upload, {
      body: { sha256, options, tables },
      signal,
    }),
  toScans: (id, options, signal) =>
    request("POST", `/uploads/${id}/scans`, verify.scans, {
      body: { options },
      signal,
    }),
  cancel: (id) => send("DELETE", `/uploads/${id}`),
};
