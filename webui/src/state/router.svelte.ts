// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which page the address names. Hash routes, so that the app works wherever it is served. */
export const PROJECT_TABS = [
  "scans",
  "dashboard",
  "models",
  "review",
  "exports",
  "settings",
] as const;
export type ProjectTab = (typeof PROJECT_TABS)[number];

export type Route =
  | { page: "projects" }
  | { page: "project"; projectId: number; tab: ProjectTab }
  | { page: "review"; projectId: number; answerId: number | null; query: string }
  | { page: "label"; scanId: number }
  | { page: "unknown" };

const unknown: Route = { page: "unknown" };

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.split("?", 2);
  const parts = path
    .replace(/^#?\/*/, "")
    .replace(/\/+$/, "")
    .split("/");
  const [first, second, third, fourth, ...rest] = parts;
  if (rest.length > 0) return unknown;
  if (second === undefined)
    return first === "" || first === "projects" ? { page: "projects" } : unknown;
  if (!/^[0-9]{1,15}$/.test(second)) return unknown;
  const id = Number(second);
  if (first === "scans") return third === undefined ? { page: "label", scanId: id } : unknown;
  if (first !== "projects") return unknown;
  if (fourth !== undefined) {
    const walks = third === "review" && /^(?:walk|[0-9]{1,15})$/.test(fourth);
    const answerId = fourth === "walk" ? null : Number(fourth);
    return walks ? { page: "review", projectId: id, answerId, query } : unknown;
  }
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

  /** Another address for the page that is shown: nothing is loaded, and going back skips it. */
  replace(path: string): void {
    history.replaceState(history.state, "", path);
  }
}

export const router = new Router();

/** The scans are what a project opens with. */
export function projectPath(id: number, tab: ProjectTab = "scans"): string {
  return tab === "scans" ? `#/projects/${id}` : `#/projects/${id}/${tab}`;
}

export const labelPath = (id: number): string => `#/scans/${id}`;

/** The list of answers, or one of them; `query` is what `formatFilter` gives. */
export function reviewPath(id: number, answerId: number | "walk" | null, query = ""): string {
  const rest = query === "" ? "" : `?${query}`;
  return `#/projects/${id}/review${answerId === null ? "" : `/${answerId}`}${rest}`;
}
