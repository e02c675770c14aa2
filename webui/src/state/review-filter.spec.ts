// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { filterQuery, formatFilter, parseFilter, serverFilter, START } from "./review-filter";

describe("the filter in the address", () => {
  it("comes back as it was, whatever is chosen", () => {
    const chosen = {
      ...START,
      state: "" as const,
      classIndex: 0,
      user: "Ann & Bob",
      scanId: 7,
      reply: "unsure",
      disagrees: "people" as const,
      after: "2026-01-31",
      before: "2026-02-01",
      noted: true,
      sort: "contradicted" as const,
    };
    expect(parseFilter(formatFilter(chosen))).toEqual(chosen);
    expect(formatFilter(START)).toBe("");
    expect(parseFilter("")).toEqual(START);
  });

  it("leaves out what makes no sense", () => {
    expect(parseFilter("class=x&scan=-1&sort=odd&disagrees=cats&after=soon")).toEqual(START);
    expect(parseFilter("state=odd").state).toBe("");
  });
});

describe("what the server is asked for", () => {
  it("names only what is chosen, and whole days in the reader's time", () => {
    expect(serverFilter(START)).toEqual({ state: ["unreviewed"] });
    const { after, before } = serverFilter({ ...START, after: "2026-01-31", before: "2026-01-31" });
    expect(Date.parse(before ?? "") - Date.parse(after ?? "")).toBe(24 * 3600 * 1000);
    expect(new Date(after ?? "").getHours()).toBe(0);
  });

  it("is the query of a request", () => {
    const query = new URLSearchParams(filterQuery({ ...START, classIndex: 3, noted: true }));
    expect(Object.fromEntries(query)).toEqual({
      sort: "newest",
      state: "unreviewed",
      class_index: "3",
      noted: "true",
    });
  });
});
