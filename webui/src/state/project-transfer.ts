// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The way of a project's file from the browser to the job that imports it. */
import { projectUploads, type ProjectUploadApi } from "../api/moving";
import type { Job, Upload } from "../api/types";
import { keepTrying, present, sendRest, waitOrOnline, type Wait } from "./pieces";

/** What a page shows meanwhile. */
export interface Told {
  sent(bytes: number): void;
  began(upload: Upload): void;
  offline(reason: string | null): void; // Null once it goes on.
}

/** Send a file, on from where it stopped before, and have it imported. */
export async function sendProject(
  file: File,
  told: Told,
  signal: AbortSignal,
  api: ProjectUploadApi = projectUploads,
  wait: Wait = waitOrOnline,
): Promise<Job> {
  let upload: Upload | null = null;
  const take = (now: Upload): void => {
    upload = now;
    told.sent(now.received);
    told.offline(null);
  };
  const work = async (): Promise<Job> => {
    const begin = (body: Parameters<ProjectUploadApi["begin"]>[0]) => api.begin(body, signal);
    let now = await present(api, upload, file, file.name, begin, signal);
    take(now);
    told.began(now);
    if (now.state === "receiving")
      now = await sendRest(api, now, file, { sent: told.sent, arrived: take }, signal);
    return api.toProject(now.id, signal);
  };
  const arrived = (): number => upload?.received ?? 0;
  return keepTrying(work, { arrived, offline: told.offline, wait, signal });
}
