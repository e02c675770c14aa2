// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Uploads outlive the pages that show them. */
import { session } from "./session.svelte";
import { Uploads } from "./uploads.svelte";

const open = new Map<string, Uploads>();

/** The uploads of a person to a project, the same as long as the app runs. */
export function uploadsOf(projectId: number): Uploads {
  const key = `${session.user?.id ?? 0} ${projectId}`;
  let uploads = open.get(key);
  if (!uploads) {
    uploads = new Uploads(projectId);
    if (open.size === 0)
      window.addEventListener("beforeunload", (event) => {
        if ([...open.values()].some((each) => each.busy)) event.preventDefault();
      });
    open.set(key, uploads);
  }
  return uploads;
}
