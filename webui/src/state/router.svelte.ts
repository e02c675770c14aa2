// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which page the address names. Hash routes, so that the app works wherever it is served. */
export const PROJECT_TABS = ["scans", "dashboard", "models", "exports", "settings"] as const;
export type ProjectTab = (typeof PROJECT_TABS)[number];

export type Route =
  | { page: "projects" }
  | { page: "project"; projectId: number; tab: ProjectTab }
  | { page: "label"; scanId: number }
  | { page: "unknown" };

const unknown: Route = { page: "unknown" };

export function parseRoute(hash: string): Route {
  const parts = hash
    .replace(/^#?\/*/, "")
    .replace(/\/+$/, "")
    .split("/");
  const [first, second, third, ...rest] = parts;
  if (rest.length > 0) return unknown;
  if (second === undefined)
    return first === "" || first === "projects" ? { page: "projects" } : unknown;
  if (!/^[0-9]{1,15}$/.test(second)) return unknown;
  const id = Number(second);
  if (first === "scans") return third === undefined ? { page: "label", scanId: id } : unknown;
  if (first !== "projects") return unknown;
  const tab = PROJECT_TABS.find((name) => name === (third ?? "scans"));
  return tab ? { page: "project", projectId: id, tab } : unknown;
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

/** The scans are what a project opens with. */
export function projectPath(id: number, tab: ProjectTab = "scans"): string {
  return tab === "scans" ? `#/projects/${id}` : `#/projects/${id}/${tab}`;
}

export const labelPath = (id: number): string => `#/scans/${id}`;
