// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { EventHandlers } from "../api/events";
import type { ExportFile, Job, Project } from "../api/types";
import { ProjectStore } from "./project-store.svelte";

/** What the server would answer now. */
const server = { jobs: [] as Job[], exports: [] as ExportFile[], exportsTakeMs: 0 };
let handlers: EventHandlers = {};

vi.mock("./open-uploads", () => ({ uploadsOf: () => ({}) }));
vi.mock("../api/events", () => ({
  ProjectEvents: class {
    constructor(_: number, given: EventHandlers) {
      handlers = given;
    }
    dispose() {}
  },
}));
vi.mock("../api/client", async (original) => ({
  ...(await original<object>()),
  projects: {
    get: async () => ({ id: 1, counts: {} }) as Project,
    checkpoints: async () => [],
    exports: async () => {
      const files = [...server.exports];
      await new Promise((done) => setTimeout(done, server.exportsTakeMs));
      return files;
    },
    nextScan: async () => null,
    jobs: async (_: number, { active }: { active: boolean }) => {
      const items = server.jobs.filter((job) => (job.state === "queued") === active);
      return { items, total: items.length };
    },
    jobGroups: async () => [],
    trainings: async () => [],
  },
}));

const job = (state: Job["state"]) => ({ id: 7, kind: "export", state }) as Job;
const file = (id: number) => ({ id }) as ExportFile;

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(server, { jobs: [], exports: [], exportsTakeMs: 0 });
});
afterEach(() => void vi.useRealTimers());

async function open(): Promise<ProjectStore> {
  const opening = ProjectStore.open(1);
  await vi.advanceTimersByTimeAsync(1);
  return opening;
}

it("lists an export whose end the list of jobs knew before the event said so", async () => {
  const store = await open();
  server.jobs = [job("queued")];
  store.putJob(job("queued"));
  server.jobs = [job("done")];
  server.exports = [file(3)];
  await vi.advanceTimersByTimeAsync(2500); // The board reads again.
  expect(store.jobs.map(({ state }) => state)).toEqual(["done"]);
  handlers.job?.(job("done"));
  await vi.advanceTimersByTimeAsync(200);
  expect(store.exports.map(({ id }) => id)).toEqual([3]);
  store.dispose();
});

it("does not let a slow old answer undo a newer one", async () => {
  const store = await open();
  server.exportsTakeMs = 1000;
  handlers.job?.(job("done"));
  await vi.advanceTimersByTimeAsync(200);
  server.exportsTakeMs = 10;
  server.exports = [file(4)];
  handlers.job?.({ ...job("done"), id: 8 });
  await vi.advanceTimersByTimeAsync(3000);
  expect(store.exports.map(({ id }) => id)).toEqual([4]);
  store.dispose();
});
