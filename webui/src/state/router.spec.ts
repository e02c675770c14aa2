// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { beforeAll, expect, it, vi } from "vitest";

let router: typeof import("./router.svelte");

beforeAll(async () => {
  vi.stubGlobal("location", { hash: "" });
  vi.stubGlobal("window", { addEventListener: () => undefined });
  router = await import("./router.svelte");
});

it("every address that the app makes is understood by it", () => {
  for (const tab of router.PROJECT_TABS)
    expect(router.parseRoute(router.projectPath(7, tab))).toEqual({
      page: "project",
      projectId: 7,
      tab,
    });
  expect(router.parseRoute(router.labelPath(3))).toEqual({ page: "label", scanId: 3 });
  expect(router.parseRoute(router.reviewPath(7, null, "state=approved"))).toEqual({
    page: "project",
    projectId: 7,
    tab: "review",
  });
  for (const answerId of [12, "walk"] as const)
    expect(router.parseRoute(router.reviewPath(7, answerId, "state=approved&class=3"))).toEqual({
      page: "review",
      projectId: 7,
      answerId: answerId === "walk" ? null : 12,
      query: "state=approved&class=3",
    });
  expect(router.parseRoute(router.comparePath(7, 2, 5))).toEqual({
    page: "compare",
    projectId: 7,
    first: 2,
    second: 5,
  });
});

it("a comparison names a project and two versions, no more and no less", () => {
  for (const rest of ["", "/2", "/2/", "/2/x", "/0/1", "/2/3/4"])
    expect(router.parseRoute(`#/projects/7/compare${rest}`)).toEqual({ page: "unknown" });
  expect(router.parseRoute("#/projects/x/compare/1/2")).toEqual({ page: "unknown" });
});

it("knows the start page in each way it may be written, and nothing it does not have", () => {
  for (const hash of ["", "#", "#/", "#/projects", "#/projects/"])
    expect(router.parseRoute(hash)).toEqual({ page: "projects" });
  expect(router.parseRoute("#/projects/7/")).toEqual({
    page: "project",
    projectId: 7,
    tab: "scans",
  });
  for (const hash of [
    "#/x",
    "#/projects/x",
    "#/projects/7/x",
    "#/projects/7/models/1",
    "#/projects/7/review/x",
    "#/scans/7/x",
  ])
    expect(router.parseRoute(hash)).toEqual({ page: "unknown" });
});

it("a query behind the address changes nothing about the page", () => {
  expect(router.parseRoute("#/projects/7?state=failed&name=a/b")).toEqual({
    page: "project",
    projectId: 7,
    tab: "scans",
  });
  expect(router.parseRoute("#/projects/7/?x")).toEqual(router.parseRoute("#/projects/7"));
  expect(Object.fromEntries(router.parseQuery("#/projects/7?state=failed&name=a/b?"))).toEqual({
    state: "failed",
    name: "a/b?",
  });
  expect(router.parseQuery("#/projects/7").toString()).toBe("");
});
