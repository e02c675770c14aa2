// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "./client";
import { isOutdated, newestRecords, recordFiles, type RecordRange, sourceOf } from "./records";

/** A server with labels of a version; byte i of version v is i + 100 v. */
class Server {
  version = 1;
  asked: Request[] = [];

  readonly fetch = (url: string, init: RequestInit): Promise<Response> => {
    const request = new Request(url, init);
    this.asked.push(request);
    const tag = `"v${this.version}"`;
    const headers = { ETag: tag };
    if (request.headers.get("If-None-Match") === tag)
      return Promise.resolve(new Response(null, { status: 304, headers }));
    const match = request.headers.get("If-Match");
    if (match !== null && match !== tag)
      return Promise.resolve(
        Response.json({ error: { code: "other_version", message: "Gone." } }, { status: 412 }),
      );
    const bytes = (new URL(url).searchParams.get("ranges") ?? "").split(",").flatMap((range) => {
      const [from = 0, to = 0] = range.split("-").map(Number);
      return Array.from({ length: 2 * (to - from) }, (_, i) => 2 * from + i + 100 * this.version);
    });
    return Promise.resolve(new Response(Uint8Array.from(bytes), { headers }));
  };
}

const RANGES: RecordRange[] = [
  { from: 4, to: 6 },
  { from: 0, to: 1 },
];
const file = recordFiles.labels(7);
const { signal } = new AbortController();
let server: Server;

beforeEach(() => {
  server = new Server();
  vi.stubGlobal("document", { baseURI: "http://lab.example/tool/" });
  vi.stubGlobal("fetch", server.fetch);
});
afterEach(() => vi.unstubAllGlobals());

it("the newest labels come with the records that were asked for, once", async () => {
  const news = await newestRecords(file, null, RANGES, signal, () => undefined);
  expect(server.asked[0]?.url).toBe(
    "http://lab.example/tool/api/v1/scans/7/dense.bin?ranges=4-6,0-1",
  );
  const first = news?.source.takeFirst?.();
  expect(first?.ranges).toEqual(RANGES);
  expect([...(first?.bytes ?? [])]).toEqual([108, 109, 110, 111, 100, 101]);
  expect(news?.source.takeFirst?.()).toBeNull();
  expect(
    await newestRecords(file, news?.version ?? "", RANGES, signal, () => undefined),
  ).toBeNull();
  server.version = 2;
  const newer = await newestRecords(file, news?.version ?? "", RANGES, signal, () => undefined);
  expect(newer?.version).not.toBe(news?.version);
});

it("all bytes of a source are of one version; a newer one is told", async () => {
  const outdated = vi.fn();
  const news = await newestRecords(file, null, RANGES, signal, outdated);
  expect([...((await news?.source.fetch(RANGES, signal)) ?? [])][0]).toBe(108);
  server.version = 2;
  const refused = await news?.source.fetch(RANGES, signal).catch((error: unknown) => error);
  expect(isOutdated(refused)).toBe(true);
  expect(outdated).toHaveBeenCalledOnce();
});

it("a source without a version has that of its first answer", async () => {
  const onOutdated = vi.fn();
  const source = sourceOf(recordFiles.prediction(7, 3), { onOutdated });
  await source.fetch(RANGES, signal);
  await source.fetch(RANGES, signal);
  expect(server.asked[0]?.url).toContain("prediction.bin?checkpoint=3&ranges=4-6,0-1");
  expect(server.asked.map((r) => r.headers.get("If-Match"))).toEqual([null, '"v1"']);

  // Two that are under way before either is answered.
  const racing = sourceOf(file, { onOutdated });
  const both = [racing.fetch(RANGES, signal), racing.fetch(RANGES, signal)];
  server.version = 2;
  await Promise.all(both);
  server.version = 3;
  await expect(racing.fetch(RANGES, signal)).rejects.toSatisfy(isOutdated);
  expect(onOutdated).toHaveBeenCalledOnce();
});

it("what is cut short is refused", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(new Uint8Array(5))));
  await expect(sourceOf(file).fetch(RANGES, signal)).rejects.toThrow(ApiError);
});
