// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Scan, ScanPage } from "../api/types";
import { ALL_SCANS, type ScanQuery } from "./scan-query";
import { mayMove, PAGE_SIZE, ScanList } from "./scan-list.svelte";

const scan = (id: number, more: Partial<Scan> = {}): Scan =>
  ({
    id,
    name: `scan ${id}`,
    state: "ready",
    points: 10,
    warnings: [],
    queries: { total: 2, open: 2, answered: 0, unsure: 0, skipped: 0, unlisted: 0 },
    answers: 0,
    unexplained: 1,
    answered_at: null,
    prediction: null,
    ...more,
  }) as unknown as Scan;

/** A server with so many scans that notes what it is asked for. */
function serverOf(total: number) {
  const asked: string[] = [];
  let version = 0;
  return {
    asked,
    change: () => version++,
    load: (params: URLSearchParams, signal: AbortSignal): Promise<ScanPage> => {
      const offset = Number(params.get("offset"));
      asked.push(`${params.get("sort")} ${offset}`);
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
        setTimeout(() => {
          const items = Array.from({ length: Math.min(PAGE_SIZE, total - offset) }, (_, i) =>
            scan(offset + i, { name: `${params.get("sort")} ${version}` }),
          );
          const states = { queued: 0, importing: 0, ready: total, failed: 0 };
          resolve({ items, total, scans: total, states });
        }, 10);
      });
    },
  };
}

const plain: ScanQuery = { ...ALL_SCANS, sort: "created", descending: false };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function open(total = 10_000) {
  const server = serverOf(total);
  const list = new ScanList(server.load);
  list.show(plain);
  await vi.advanceTimersByTimeAsync(20);
  return { server, list };
}

it("reads what is in sight, and holds a bounded part of ten thousand", async () => {
  const { server, list } = await open();
  expect([list.total, list.at(0)?.id, list.at(100)]).toEqual([10_000, 0, undefined]);
  for (let first = 0; first < 10_000; first += 50) {
    list.look({ first, end: first + 20 });
    await vi.advanceTimersByTimeAsync(100);
    expect([list.at(first)?.id, list.at(first + 19)?.id]).toEqual([first, first + 19]);
  }
  const held = Array.from({ length: 10_000 }, (_, row) => list.at(row)).filter(Boolean).length;
  expect(held).toBeLessThanOrEqual(1200);
  expect(server.asked).toHaveLength(100);
});

it("asks for nothing that is merely passed by", async () => {
  const { server, list } = await open();
  for (let first = 0; first < 9000; first += 100) list.look({ first, end: first + 20 });
  await vi.advanceTimersByTimeAsync(100);
  expect(server.asked).toEqual(["created 0", "created 8900"]);
});

it("an answer to a question that is not asked any more is not shown", async () => {
  const { list } = await open();
  list.show({ ...plain, sort: "points" });
  await vi.advanceTimersByTimeAsync(5);
  list.show({ ...plain, sort: "name" });
  expect(list.loaded).toBe(false);
  expect(list.at(0)?.name).toBe("created 0"); // What was there stays until the new is.
  await vi.advanceTimersByTimeAsync(20);
  expect([list.loaded, list.at(0)?.name]).toEqual([true, "name 0"]);
});

it("a changed scan is in its place at once, and nothing is read for that", async () => {
  const { server, list } = await open();
  list.put(scan(5, { answers: 1, name: "created 0" }));
  expect(list.at(5)?.answers).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.asked).toHaveLength(1);
});

it("where rows may have moved they are read again, once for a crowd of changes", async () => {
  const { server, list } = await open();
  await vi.advanceTimersByTimeAsync(3000);
  server.change();
  for (let i = 0; i < 200; i++) {
    list.put(scan(i, { state: "importing" }));
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(3000);
  expect(server.asked.length).toBeGreaterThan(1);
  expect(server.asked.length).toBeLessThanOrEqual(4);
  expect(list.at(0)?.name).toBe("created 1");
});

it("a change moves a row only if the order or the filter looks at it", () => {
  const before = scan(1);
  const answered = scan(1, {
    answers: 1,
    answered_at: "2026-01-01T00:00:00Z",
    queries: { ...before.queries, open: 1 },
  });
  expect(mayMove(before, answered, plain)).toBe(false);
  expect(mayMove(before, answered, { ...plain, sort: "answered" })).toBe(true);
  expect(mayMove(before, answered, { ...plain, sort: "active" })).toBe(true);
  expect(mayMove(before, answered, { ...plain, sort: "points" })).toBe(false);
  expect(mayMove(before, answered, { ...plain, progress: "done" })).toBe(true);
  expect(mayMove(before, answered, { ...plain, person: 3 })).toBe(true);
  expect(mayMove(before, answered, { ...plain, warnings: true })).toBe(false);
  expect(mayMove(before, scan(1, { state: "failed" }), plain)).toBe(true);
  expect(mayMove(before, scan(1, { name: "b" }), { ...plain, name: "s" })).toBe(true);
});
