// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { Answer, NewAnswer, Query } from "../api/types";
import {
  type Labels,
  newInstance,
  nextOpen,
  progressOf,
  provisional,
  withAnswer,
  withNote,
  withoutAnswer,
  withPending,
} from "./queue";

const query = (
  id: number,
  state: Query["state"] = "open",
  leased: string | null = null,
): Query => ({
  id,
  round_id: 1,
  rank: id,
  point_index: id * 10,
  position: [id, 0, 0],
  view: { eye: [0, 0, 0], target: [id, 0, 0], up: [0, 0, 1] },
  strategy: "random",
  state,
  answer: null,
  notes: [],
  leased_by: leased,
  sent_back: null,
});

const body = (
  client: string,
  queryId: number | null,
  point: number,
  extra: Partial<NewAnswer> = {},
): NewAnswer => ({
  client_id: client,
  query_id: queryId,
  point_index: point,
  reply: "class",
  class_index: 2,
  instance: null,
  seconds: 1,
  checkpoint_id: null,
  note: null,
  ...extra,
});

const answer = (
  client: string,
  queryId: number | null,
  point: number,
  extra: Partial<Answer> = {},
): Answer => ({
  ...provisional(1, body(client, queryId, point), [0, 0, 0], "Ann", "2026-01-01T00:00:00Z"),
  ...extra,
});

const start: Labels = { queries: [query(1), query(2), query(3)], answers: [] };

describe("answers", () => {
  it("mark their query and can be taken away again", () => {
    const given = withAnswer(start, answer("a", 2, 20));
    expect(given.queries.map((q) => q.state)).toEqual(["open", "answered", "open"]);
    expect(withoutAnswer(given, "a")).toEqual(start);
  });

  it("of one person replace each other, those of two people stay", () => {
    let labels = withAnswer(start, answer("a", 2, 20));
    labels = withAnswer(labels, answer("b", 2, 20, { class_index: 5 }));
    labels = withAnswer(labels, answer("c", 2, 20, { user_name: "Ben" }));
    expect(labels.answers.map((a) => a.client_id)).toEqual(["b", "c"]);
  });

  it("waiting to be sent are shown over what the server knows, once", () => {
    const known = withAnswer(start, answer("a", 1, 10));
    const shown = withPending(
      known,
      [
        { kind: "answer", scanId: 1, body: body("a", 1, 10), position: [1, 0, 0] },
        {
          kind: "answer",
          scanId: 1,
          body: body("b", 3, 30, { reply: "skip", class_index: null }),
          position: null,
        },
        { kind: "answer", scanId: 1, body: body("c", null, 55), position: [5, 5, 5] },
        {
          kind: "note",
          scanId: 1,
          body: { client_id: "n", query_id: 1, point_index: 10, note: "odd" },
        },
        { kind: "undo", scanId: 1, clientId: "u" },
      ],
      "Ann",
    );
    expect(shown.queries.map((q) => q.state)).toEqual(["answered", "open", "skipped"]);
    expect(shown.answers.map((a) => a.position)).toEqual([
      [0, 0, 0],
      [3, 0, 0],
      [5, 5, 5],
    ]);
    expect(shown.answers[0]?.note).toBe("odd");
    expect(shown.queries[0]?.notes.map((n) => [n.user_name, n.text])).toEqual([["Ann", "odd"]]);
  });
});

describe("notes", () => {
  const noted = (labels: Labels, at: number) =>
    labels.queries.find((q) => q.id === at)?.notes.map((n) => `${n.user_name}: ${n.text}`);

  it("of each person are kept apart, and an empty one removes that person's", () => {
    let labels = withNote(start, 10, "Ann", "chair?", "now");
    labels = withNote(labels, 10, "Ben", "stool", "now");
    labels = withNote(labels, 10, "Ann", "bench?", "now");
    expect(noted(labels, 1)).toEqual(["Ben: stool", "Ann: bench?"]);
    expect(noted(withNote(labels, 10, "Ben", "", "now"), 1)).toEqual(["Ann: bench?"]);
  });

  it("stay when the point is answered again without one", () => {
    let labels = withAnswer(start, answer("a", 1, 10, { note: "odd" }));
    expect(noted(labels, 1)).toEqual(["Ann: odd"]);
    labels = withAnswer(labels, answer("b", 1, 10));
    expect(labels.answers.map((a) => a.note)).toEqual(["odd"]);
    expect(labels.queries[0]?.answer?.note).toBe("odd");
  });
});

describe("nextOpen", () => {
  it("goes round once, past answered queries and those others work on", () => {
    const queries = [query(1), query(2, "answered"), query(3, "open", "Ben"), query(4)];
    expect(nextOpen(queries, 0)).toBe(3);
    expect(nextOpen(queries, 3)).toBe(0);
    expect(nextOpen([query(1, "answered"), query(2, "open", "Ben")], 0)).toBe(-1);
    expect(nextOpen([], 0)).toBe(-1);
  });

  it("stays where it is when that is the only open one", () => {
    expect(nextOpen([query(1, "answered"), query(2)], 1)).toBe(1);
  });
});

it("progress counts every state", () => {
  expect(
    progressOf([
      query(1, "answered"),
      query(2, "unsure"),
      query(3, "skipped"),
      query(4, "open", "Ben"),
      query(5),
    ]),
  ).toEqual({ total: 5, answered: 1, unsure: 1, skipped: 1, unlisted: 0, open: 2, leased: 1 });
});

it("a new instance has a number of its own", () => {
  expect(newInstance([], null)).toBe(1);
  expect(newInstance([answer("a", null, 1, { instance: 4 })], 2)).toBe(5);
  expect(newInstance([answer("a", null, 1, { instance: 4 })], 9)).toBe(10);
});
