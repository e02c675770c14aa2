// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it, vi } from "vitest";
import { NoteDraft, type NotedPoint } from "./note-draft.svelte";

const query: NotedPoint = { pointIndex: 4, queryId: 9, note: "old", needsAnswer: false };

it("begins with what was noted, and is kept at the point", () => {
  const keepAt = vi.fn();
  const draft = new NoteDraft(() => query, keepAt);
  draft.write();
  expect([draft.writing, draft.text]).toEqual([true, "old"]);
  draft.keep();
  expect(keepAt).not.toHaveBeenCalled(); // Nothing changed.
  draft.write();
  draft.text = " a chair ";
  draft.keep();
  expect(keepAt).toHaveBeenCalledExactlyOnceWith(query, "a chair");
  expect([draft.writing, draft.text]).toEqual([false, ""]);
});

it("waits for the answer of a free point, and goes with it", () => {
  const keepAt = vi.fn();
  const free = { pointIndex: 7, queryId: null, note: "", needsAnswer: true };
  const draft = new NoteDraft(() => free, keepAt);
  draft.write();
  draft.text = "behind the door ";
  draft.keep();
  expect(keepAt).not.toHaveBeenCalled();
  expect([draft.writing, draft.forAnswer]).toEqual([false, "behind the door"]);
  draft.leave();
  expect(draft.forAnswer).toBeNull();
});
