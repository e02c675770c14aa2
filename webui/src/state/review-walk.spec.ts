// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../api/client";
import { type ReviewDetail, reviews } from "../api/reviews";
import { ReviewWalk } from "./review-walk.svelte";

beforeEach(() => {
  vi.stubGlobal("document", { hidden: false });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const detail = (id: number) => ({ answer: { id }, live: true }) as unknown as ReviewDetail;

async function walking(): Promise<ReviewWalk> {
  vi.spyOn(reviews, "walk").mockResolvedValue({ answer_ids: [1, 2], total: 2 });
  vi.spyOn(reviews, "get").mockImplementation((id) => Promise.resolve(detail(id)));
  const walk = new ReviewWalk(5, () => undefined);
  await walk.start("", null);
  await vi.waitFor(() => expect(walk.detail?.answer.id).toBe(1));
  return walk;
}

it("a verdict whose answer got lost is sent again under the same id, and a new one under another", async () => {
  const walk = await walking();
  const give = vi.spyOn(reviews, "give");
  give.mockRejectedValueOnce(new NetworkError()).mockResolvedValue(detail(1));
  await walk.give({ verdict: "approve" });
  expect(walk.answerId).toBe(1);
  await walk.give({ verdict: "approve" });
  await vi.waitFor(() => expect(walk.detail?.answer.id).toBe(2));
  await walk.give({ verdict: "approve" });
  const ids = give.mock.calls.map(([, body]) => body.client_id);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[1]);
});

it("an undo whose answer got lost takes back one step, not two", async () => {
  const walk = await walking();
  const undo = vi.spyOn(reviews, "undo").mockRejectedValueOnce(new NetworkError());
  undo.mockResolvedValue({ answers: 1, answer_id: 2 });
  await walk.undo();
  await walk.undo();
  await walk.undo();
  const ids = undo.mock.calls.map(([, id]) => id);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[1]);
});

it("what the server refused is another request the next time", async () => {
  const walk = await walking();
  const give = vi.spyOn(reviews, "give").mockRejectedValueOnce(new ApiError(409, "no", "No."));
  give.mockResolvedValue(detail(1));
  await walk.give({ verdict: "approve" });
  await walk.give({ verdict: "approve" });
  const ids = give.mock.calls.map(([, body]) => body.client_id);
  expect(ids[1]).not.toBe(ids[0]);
});
