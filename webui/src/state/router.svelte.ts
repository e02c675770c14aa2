// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which page the address names. Hash routes, so that the app works wherever it is served. */
export type Route =
  | { page: "projects" }
  | { page: "project"; projectId: number }
  | { page: "label"; scanId: number }
  | { page: "unknown" };

export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/, "").replace(/\/+$/, "") || "/";
  if (path === "/" || path === "/projects") return { page: "projects" };
  const match = /^\/(projects|scans)\/([0-9]{1,15})$/.exec(path);
  if (!match) return { page: "unknown" };
  const id = Number(match[2]);
  return match[1] === "projects"
    ? { page: "project", projectId: id }
    : { page: "label", scanId: id };
}

class Router {
  route = $state.raw<Route>(parseRoute(location.hash));

  constructor() {
    window.addEventListener("hashchange", () => {
      this.route = parseRoute(location.hash);
    });
  }

  go(path: string): void {
    location.hash = path;
  }
}

export const router = new Router();
export const projectPath = (id: number): string => `#/projects/${id}`;
export const labelPath = (id: number): string => `#/scans/${id}`;
