// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Whole projects as files: packing, and sending one in. */
import { count, flag, integer, nullable, object, text, type Verifier } from "../util/verify";
import { all, apiUrl, request, send } from "./client";
import type { components } from "./generated/schema";
import type { Job, Upload } from "./types";
import { uploadApi, type NewUpload, type UploadApi } from "./upload";
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
};

/** What sending a project in needs of the server. */
export interface ProjectUploadApi extends Pick<UploadApi, "read" | "put" | "cancel"> {
  begin(file: NewUpload, signal: AbortSignal): Promise<Upload>;
  /** The job that imports what has arrived; asked for again, the same one. */
  toProject(id: number, signal: AbortSignal): Promise<Job>;
}

export const projectUploads: ProjectUploadApi = {
  read: uploadApi.read,
  put: uploadApi.put,
  cancel: uploadApi.cancel,
  begin: (body, signal) =>
    request("POST", "/project-archives/uploads", verify.upload, { body, signal }),
  toProject: (id, signal) =>
    request("POST", `/uploads/${id}/project`, verify.job, { body: {}, signal }),
};
