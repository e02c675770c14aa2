// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, isPassing, NetworkError, scans, toApiError } from "./client";

/** Answers every request with this; returns what was asked for. */
function serve(status: number, body: unknown): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("document", { baseURI: "http://lab.example/tool/" });
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push(new Request(url, init));
    return Promise.resolve(Response.json(body, { status }));
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

describe("a refused action", () => {
  it("carries the server's sentence as it is", async () => {
    const message = "room.ply is ready; only a failed import can be tried again.";
    serve(409, { error: { code: "cannot_retry", message } });
    await expect(scans.retry(3)).rejects.toThrow(new ApiError(409, "cannot_retry", message));
  });

  it("says something useful when a proxy answered instead of the server", () => {
    expect(toApiError(413, "<html>nginx</html>").message).toMatch(/answered 413/);
  });
});

it("only what nobody refused is worth the same try again", () => {
  expect(isPassing(new NetworkError())).toBe(true);
  for (const status of [408, 425, 429, 500, 502, 503, 507])
    expect(isPassing(new ApiError(status, "x", "x"))).toBe(true);
  for (const status of [400, 401, 403, 404, 409, 413, 422])
    expect(isPassing(new ApiError(status, "x", "x"))).toBe(false);
  expect(isPassing(new Error("odd"))).toBe(false);
});

it("a file of answers is sent as CSV under its own name", async () => {
  const asked = serve(200, { imported: 2, skipped: 1, problems: ["answers & more.csv: line 4"] });
  const file = new File(["index,class\n1,wall\n"], "answers & more.csv");
  const result = await scans.importAnswers(7, file);
  expect(result).toEqual({ imported: 2, skipped: 1, problems: ["answers & more.csv: line 4"] });
  const request = asked[0];
  expect(request?.method).toBe("POST");
  expect(request?.url).toBe(
    "http://lab.example/tool/api/v1/scans/7/answers/import?name=answers%20%26%20more.csv",
  );
  expect(request?.headers.get("Content-Type")).toBe("text/csv");
  expect(await request?.text()).toBe("index,class\n1,wall\n");
});
