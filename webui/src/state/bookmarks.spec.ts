// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import { type Bookmark, MOST_BOOKMARKS, renamed, withBookmark } from "./bookmarks";

const view = (name: string): Bookmark => ({
  name,
  pose: { eye: [1, 2, 3], target: [0, 0, 0] },
  parallel: false,
});

it("every bookmark has a name of its own", () => {
  let list = withBookmark([], view("View"));
  list = withBookmark(list, view("View"));
  list = withBookmark(list, view("View"));
  expect(list.map((b) => b.name)).toEqual(["View", "View 2", "View 3"]);
  expect(renamed(list, 1, " View ").map((b) => b.name)).toEqual(["View", "View 2", "View 3"]);
  expect(renamed(list, 1, "Door")[1]?.name).toBe("Door");
  expect(renamed(list, 1, "  ")[1]?.name).toBe("View 2");
});

it("the oldest goes where there are too many", () => {
  let list: Bookmark[] = [];
  for (let i = 0; i <= MOST_BOOKMARKS; i++) list = withBookmark(list, view(`v${i}`));
  expect(list).toHaveLength(MOST_BOOKMARKS);
  expect(list[0]?.name).toBe("v1");
});
