// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Server-sent events of one project. One stream per tab, closed while the tab is hidden: on HTTP/1.1 a browser opens
 * six connections to a host, and streams of forgotten tabs would use them up.
 */
import { apiUrl } from "./client";
import type { Job, Project, Scan } from "./types";
import * as verify from "./verify";

export interface EventHandlers {
  job?: (job: Job) => void;
  scan?: (scan: Scan) => void;
  project?: (project: Project) => void;
  /** Events may have been missed, or were too many to be sent; read again whatever they would have told. */
  reopened?: () => void;
}

export class ProjectEvents {
  private source: EventSource | null = null;
  private wasOpen = false;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly projectId: number,
    private readonly handlers: EventHandlers,
  ) {
    document.addEventListener("visibilitychange", this.onVisibility);
    if (!document.hidden) this.open();
  }

  dispose(): void {
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.close();
  }

  private readonly onVisibility = (): void => {
    if (document.hidden) this.close();
    else if (!this.source) this.open();
  };

  private close(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  private open(): void {
    const source = new EventSource(apiUrl(`/events?project_id=${this.projectId}`));
    this.source = source;
    source.onopen = () => {
      if (this.wasOpen) this.handlers.reopened?.();
      this.wasOpen = true;
    };
    source.onerror = () => {
      // The browser retries by itself unless the server answered with an error.
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      this.source = null;
      this.retry = setTimeout(() => {
        if (!document.hidden && !this.source) this.open();
      }, 5000);
    };
    const listen = <T>(
      name: string,
      check: (value: unknown) => T,
      handle: ((v: T) => void) | undefined,
    ) => {
      if (!handle) return;
      source.addEventListener(name, (event) => {
        let value: T;
        try {
          value = check(JSON.parse((event as MessageEvent<string>).data));
        } catch (error) {
          console.error(`Ignored a malformed "${name}" event`, error);
          return;
        }
        handle(value);
      });
    };
    listen("job", verify.job, this.handlers.job);
    listen("scan", verify.scan, this.handlers.scan);
    listen("project", verify.project, this.handlers.project);
    source.addEventListener("many", () => this.handlers.reopened?.());
  }
}
