// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../api/client";
import type { NewestRecords } from "../api/records";
import { LiveLabels, RETRY_MS } from "./live-labels";

interface Request {
  known: string | null;
  signal: AbortSignal;
  resolve: (labels: NewestRecords | null) => void;
  reject: (error: unknown) => void;
}

/** A server whose replies the test gives, and a view that writes down what it is told. */
function page() {
  const requests: Request[] = [];
  const shown: (string | null)[] = []; // Versions.
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
      show: (newest) => shown.push(newest?.version ?? null),
      preparing: (on) => (state.preparing = on),
      failed: (message) => told.push(message),
    },
  );
  return { labels, requests, shown, told, state };
}

const made = (version: string): NewestRecords => ({
  version,
  source: { fetch: () => Promise.reject(new Error("Nobody looks at it.")) },
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
  requests[0]?.resolve(made("a"));
  await settle();
  expect(shown).toEqual(["a"]);
  labels.want();
  expect(requests[1]?.known).toBe("a");
  requests[1]?.resolve(null);
  await settle();
  expect(shown).toEqual(["a"]);
});

it("never has two requests on their way, and ends with the newest labels", async () => {
  const { labels, requests, shown } = page();
  for (let i = 0; i < 5; i++) labels.want();
  await settle();
  expect(requests).toHaveLength(1);
  labels.want(); // An answer while the request is on its way: what comes back may not know it.
  requests[0]?.resolve(made("a"));
  await settle();
  expect(requests).toHaveLength(2);
  requests[1]?.resolve(made("b"));
  await settle();
  expect(shown).toEqual(["a", "b"]);
  expect(requests).toHaveLength(2);
});

it("does not draw again what is shown", async () => {
  const { labels, requests, shown } = page();
  for (const version of ["a", "a", "b"]) {
    labels.want();
    requests.at(-1)?.resolve(made(version));
    await settle();
  }
  expect(shown).toEqual(["a", "b"]);
});

it("takes the labels away with the last answer, and brings them back", async () => {
  const { labels, requests, shown, told } = page();
  labels.want();
  requests[0]?.resolve(made("a"));
  await settle();
  for (let i = 1; i < 3; i++) {
    labels.want();
    requests[i]?.reject(refused("no_answers"));
    await settle();
  }
  labels.want();
  expect(requests[3]?.known).toBeNull();
  requests[3]?.resolve(made("a"));
  await settle();
  expect(shown).toEqual(["a", null, "a"]);
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
  requests[3]?.resolve(made("a"));
  await settle();
  expect(state.preparing).toBe(false);
  expect(shown).toEqual(["a"]);
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
  requests[0]?.resolve(made("a"));
  await settle();
  labels.want();
  requests[1]?.reject(new NetworkError());
  await settle();
  expect(requests).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  requests[2]?.reject(new ApiError(503, "busy", "Busy."));
  await settle();
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  requests[3]?.resolve(made("b"));
  await settle();
  await vi.advanceTimersByTimeAsync(3 * RETRY_MS);
  expect(requests).toHaveLength(4);
  expect(shown).toEqual(["a", "b"]);
  expect(told).toEqual([]);
});

it("tells the same trouble once until it is over", async () => {
  const { labels, requests, told } = page();
  const replies = ["odd", "odd", null, "odd"];
  for (const [i, code] of replies.entries()) {
    labels.want();
    if (code) requests[i]?.reject(refused(code));
    else requests[i]?.resolve(made("a"));
    await settle();
  }
  expect(told).toEqual(["It is odd.", "It is odd."]);
});

it("is silent once the page is gone", async () => {
  const { labels, requests, shown, told } = page();
  labels.want();
  labels.dispose();
  expect(requests[0]?.signal.aborted).toBe(true);
  requests[0]?.resolve(made("a"));
  await settle();
  labels.want();
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect(requests).toHaveLength(1);
  expect([...shown, ...told]).toEqual([]);
});
