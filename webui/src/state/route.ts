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
