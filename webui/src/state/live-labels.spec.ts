// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../api/client";
import type { DenseLabels } from "../api/types";
import { LiveLabels, RETRY_MS } from "./live-labels";

interface Request {
  known: string | null;
  signal: AbortSignal;
  resolve: (labels: DenseLabels | null) => void;
  reject: (error: unknown) => void;
}

/** A server whose replies the test gives, and a view that writes down what it is told. */
function page() {
  const requests: Request[] = [];
  const shown: (number | null)[] = []; // First byte of what is shown.
  const told: string[] = [];
  const state = { preparing: false, prepared: 0, refusal: null as Error | null };
  const labels = new LiveLabels(
    {
      fetch: (known, signal) =>
        new Promise((resolve, reject) => requests.push({ known, signal, resolve, reject })),
      prepare: () => {
        state.prepared++;
        return state.refusal ? Promise.reject(state.refusal) : Promise.resolve();
      },
    },
    {
      show: (pairs) => shown.push(pairs ? (pairs[0] ?? -1) : null),
      preparing: (on) => (state.preparing = on),
      failed: (message) => told.push(message),
    },
  );
  return { labels, requests, shown, told, state };
}

const made = (version: string, first: number): DenseLabels => ({
  version,
  pairs: new Uint8Array([first, 255]),
});
const refused = (code: string): ApiError => new ApiError(404, code, `It is ${code}.`);
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("shows what comes and says next time what it has", async () => {
  const { labels, requests, shown } = page();
  labels.want();
  expect(requests).toHaveLength(1);
  expect(requests[0]?.known).toBeNull();
  requests[0]?.resolve(made("a", 4));
  await settle();
  expect(shown).toEqual([4]);
  labels.want();
  expect(requests[1]?.known).toBe("a");
  requests[1]?.resolve(null);
  await settle();
  expect(shown).toEqual([4]);
});

it("never has two requests on their way, and ends with the newest labels", async () => {
  const { labels, requests, shown } = page();
  for (let i = 0; i < 5; i++) labels.want();
  await settle();
  expect(requests).toHaveLength(1);
  labels.want(); // An answer while the request is on its way: what comes back may not know it.
  requests[0]?.resolve(made("a", 1));
  await settle();
  expect(requests).toHaveLength(2);
  requests[1]?.resolve(made("b", 2));
  await settle();
  expect(shown).toEqual([1, 2]);
  expect(requests).toHaveLength(2);
});

it("does not draw again what is shown", async () => {
  const { labels, requests, shown } = page();
  for (const version of ["a", "a", "b"]) {
    labels.want();
    requests.at(-1)?.resolve(made(version, 7));
    await settle();
  }
  expect(shown).toEqual([7, 7]);
});

it("takes the labels away with the last answer, and brings them back", async () => {
  const { labels, requests, shown, told } = page();
  labels.want();
  requests[0]?.resolve(made("a", 1));
  await settle();
  for (let i = 1; i < 3; i++) {
    labels.want();
    requests[i]?.reject(refused("no_answers"));
    await settle();
  }
  labels.want();
  expect(requests[3]?.known).toBeNull();
  requests[3]?.resolve(made("a", 1));
  await settle();
  expect(shown).toEqual([1, null, 1]);
  expect(told).toEqual([]);
});

it("asks once for what is missing and waits for it", async () => {
  const { labels, requests, shown, told, state } = page();
  for (let i = 0; i < 3; i++) {
    labels.want();
    requests[i]?.reject(refused("superpoints_missing"));
    await settle();
    expect(state).toMatchObject({ preparing: true, prepared: 1 });
  }
  labels.want();
  requests[3]?.resolve(made("a", 3));
  await settle();
  expect(state.preparing).toBe(false);
  expect(shown).toEqual([3]);
  expect(told).toEqual([]);
});

it("says why a scan cannot be prepared", async () => {
  const { labels, requests, told, state } = page();
  state.refusal = new Error("The scan is being imported.");
  labels.want();
  requests[0]?.reject(refused("superpoints_missing"));
  await settle();
  expect(told).toEqual(["The scan is being imported."]);
});

it("keeps the labels while the server is away, and asks again by itself", async () => {
  const { labels, requests, shown, told } = page();
  labels.want();
  requests[0]?.resolve(made("a", 1));
  await settle();
  labels.want();
  requests[1]?.reject(new NetworkError());
  await settle();
  expect(requests).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  requests[2]?.reject(new ApiError(503, "busy", "Busy."));
  await settle();
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  requests[3]?.resolve(made("b", 2));
  await settle();
  await vi.advanceTimersByTimeAsync(3 * RETRY_MS);
  expect(requests).toHaveLength(4);
  expect(shown).toEqual([1, 2]);
  expect(told).toEqual([]);
});

it("tells the same trouble once until it is over", async () => {
  const { labels, requests, told } = page();
  const replies = ["odd", "odd", null, "odd"];
  for (const [i, code] of replies.entries()) {
    labels.want();
    if (code) requests[i]?.reject(refused(code));
    else requests[i]?.resolve(made("a", 1));
    await settle();
  }
  expect(told).toEqual(["It is odd.", "It is odd."]);
});

it("is silent once the page is gone", async () => {
  const { labels, requests, shown, told } = page();
  labels.want();
  labels.dispose();
  expect(requests[0]?.signal.aborted).toBe(true);
  requests[0]?.resolve(made("a", 1));
  await settle();
  labels.want();
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect(requests).toHaveLength(1);
  expect([...shown, ...told]).toEqual([]);
});
