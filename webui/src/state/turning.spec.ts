// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import type { GivenAnswer } from "./outbox-entries";
import { Turning } from "./turning";

const given = (id: string): GivenAnswer => ({
  kind: "answer",
  scanId: 1,
  body: {
    client_id: id,
    query_id: 1,
    point_index: 1,
    reply: "class",
    class_index: 0,
    instance: null,
    seconds: null,
    checkpoint_id: null,
    note: null,
  },
  position: [0, 0, 0],
});

function setUp(taken: (string | null)[]) {
  const done: string[] = [];
  const turning = new Turning({
    takeBack: () => {
      done.push("ask to take back");
      const id = taken.shift() ?? null;
      return Promise.resolve(id === null ? null : given(id));
    },
    tookBack: ({ body }) => done.push(`took back ${body.client_id}`),
    giveAgain: ({ body }) => done.push(`give ${body.client_id}`),
    askAgain: () => done.push("ask to give"),
  });
  return { turning, done };
}

it("what the server never saw is given again from here, in turn, and the rest by the server", async () => {
  const { turning, done } = setUp(["b", "a", null]);
  for (let i = 0; i < 3; i++) await turning.undo();
  done.length = 0;
  for (let i = 0; i < 4; i++) await turning.redo();
  expect(done).toEqual(["ask to give", "give a", "give b", "ask to give"]);
});

it("a new answer ends it, also while a taking back is under way", async () => {
  const { turning, done } = setUp(["a", "b"]);
  await turning.undo();
  turning.answered();
  const under = turning.undo();
  turning.answered();
  await under;
  done.length = 0;
  await turning.redo();
  expect(done).toEqual(["ask to give"]);
});

it("asks to take back at once, so that what is answered next comes after it", () => {
  const { turning, done } = setUp([null]);
  void turning.undo();
  expect(done).toEqual(["ask to take back"]);
});
