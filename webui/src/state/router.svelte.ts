// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The page that is shown: what the address names. */
import { parseQuery, parseRoute, type ProjectTab, type Route } from "./route";

export * from "./route";

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
