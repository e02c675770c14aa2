// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it, vi } from "vitest";
import { projects } from "../api/client";
import type { Project } from "../api/types";
import { models } from "./api";
import { ComparisonStore } from "./comparison-store.svelte";

vi.mock("../api/events", () => ({
  ProjectEvents: class {
    dispose(): void {}
  },
}));

afterEach(() => vi.restoreAllMocks());

function counted(compared: number, common: number) {
  return {
    first_id: 1,
    second_id: 2,
    counts: [[0]],
    points: 0,
    flipped: 0,
    agreement: null,
    per_class: [],
    compared,
    common,
    lacking: [0, 0] as [number, number],
    scans: { items: [], total: 0 },
  };
}

function opened(): Promise<ComparisonStore> {
  vi.spyOn(projects, "get").mockResolvedValue({ id: 5, classes: [] } as unknown as Project);
  vi.spyOn(projects, "checkpoints").mockResolvedValue([]);
  return ComparisonStore.open(5, [1, 2]);
}

it("asks until every scan is counted, and shows how far that is meanwhile", async () => {
  const compare = vi.spyOn(models, "compare");
  for (const n of [1, 2, 3]) compare.mockResolvedValueOnce(counted(n, 3));
  const store = await opened();
  await vi.waitFor(() => expect(store.result?.compared).toBe(3));
  expect(compare).toHaveBeenCalledTimes(3);
});

it("stops asking where a scan is never counted", async () => {
  const compare = vi.spyOn(models, "compare").mockResolvedValue(counted(2, 3));
  const store = await opened();
  await vi.waitFor(() => expect(store.result?.compared).toBe(2));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(compare).toHaveBeenCalledTimes(2);
});
