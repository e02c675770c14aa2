// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Refresher } from "./refresher";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("runs once for many wishes, and is not put off by them", async () => {
  const task = vi.fn(() => Promise.resolve());
  const refresher = new Refresher(task, 100);
  for (let i = 0; i < 9; i++) {
    refresher.soon();
    await vi.advanceTimersByTimeAsync(11);
  }
  expect(task).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(task).toHaveBeenCalledTimes(1);
});

it("runs once more for wishes that came while it ran", async () => {
  let finish = (): void => undefined;
  const task = vi.fn(() => new Promise<void>((done) => (finish = done)));
  const refresher = new Refresher(task, 100);
  refresher.soon();
  await vi.advanceTimersByTimeAsync(100);
  refresher.soon();
  refresher.soon();
  await vi.advanceTimersByTimeAsync(1000);
  expect(task).toHaveBeenCalledTimes(1);
  finish();
  await vi.advanceTimersByTimeAsync(100);
  expect(task).toHaveBeenCalledTimes(2);
  finish();
  await vi.advanceTimersByTimeAsync(1000);
  expect(task).toHaveBeenCalledTimes(2);
});

it("does nothing once it is disposed of", async () => {
  const task = vi.fn(() => Promise.resolve());
  const refresher = new Refresher(task, 100);
  refresher.soon();
  refresher.dispose();
  await vi.advanceTimersByTimeAsync(200);
  expect(task).not.toHaveBeenCalled();
});
