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
  | { page: "compare"; projectId: number; first: number; second: number }
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
  if (first === "projects" && third === "compare") return compareRoute([second, fourth, ...rest]);
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

function compareRoute(parts: readonly (string | undefined)[]): Route {
  const ids = parts.map((part) => (/^[0-9]{1,15}$/.test(part ?? "") ? Number(part) : 0));
  const [projectId, first, second, ...more] = ids;
  if (!projectId || !first || !second || more.length > 0) return unknown;
  return { page: "compare", projectId, first, second };
}

/** What stands behind the "?" of an address: how a page shows what it shows. */
export function parseQuery(hash: string): URLSearchParams {
  const at = hash.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : hash.slice(at + 1));
}

class Router {
  route = $state.raw<Route>(parseRoute(location.hash));
  query = $state.raw<URLSearchParams>(parseQuery(location.hash));

  constructor() {
    window.addEventListener("hashchange", () => {
      const route = parseRoute(location.hash);
      // The same page with another query stays, with all that it holds.
      if (JSON.stringify(route) !== JSON.stringify(this.route)) this.route = route;
      this.query = parseQuery(location.hash);
    });
  }

  /** Say in the address how the page shows what it shows; going back leaves the page. */
  replaceQuery(query: URLSearchParams): void {
    const text = query.toString();
    const path = location.hash.split("?")[0] ?? "";
    history.replaceState(history.state, "", (path || "#/") + (text === "" ? "" : `?${text}`));
    this.query = query;
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

/** Two versions of a project's model against each other. */
export const comparePath = (id: number, first: number, second: number): string =>
  `#/projects/${id}/compare/${first}/${second}`;
