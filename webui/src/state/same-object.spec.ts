// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import type { Answer, LabelClass } from "../api/types";
import { sameObject } from "./same-object";

const labelClass = (index: number, instanceable: boolean): LabelClass => ({
  ...({} as LabelClass), // Only what is looked at matters.
  index,
  name: `class ${index}`,
  instanceable,
});
const CLASSES = [labelClass(0, false), labelClass(1, true)];

const answer = (point: number, classIndex: number | null, extra: Partial<Answer> = {}): Answer => ({
  id: point,
  client_id: `id-${point}`,
  scan_id: 1,
  query_id: null,
  point_index: point,
  position: [0, 0, 0],
  reply: classIndex === null ? "skip" : "class",
  class_index: classIndex,
  instance: null,
  user_name: "Ann",
  created_at: "",
  seconds: null,
  strategy: null,
  checkpoint_id: null,
  note: null,
  ...extra,
});

const same = (answers: Answer[], here = 99) => sameObject(answers, CLASSES, "Ann", here);

it("is the class and number of my last answer with a class", () => {
  const answers = [
    answer(1, 1, { instance: 4 }),
    answer(2, null),
    answer(3, 0, { user_name: "Ben" }),
  ];
  expect(same(answers)).toMatchObject({ labelClass: { index: 1 }, instance: 4, numbered: null });
});

it("numbers the last answer where it had none, with a number that no object has", () => {
  const last = answer(2, 1);
  const found = same([answer(1, 1, { instance: 7, user_name: "Ben" }), last]);
  expect(found).toMatchObject({ instance: 8, numbered: last });
});

it("has no number for a class without instances", () => {
  expect(same([answer(1, 0)])).toMatchObject({ instance: null, numbered: null });
});

it("does not compare the point with itself, and is nothing without an answer", () => {
  expect(same([answer(1, 0), answer(2, 1)], 2)).toMatchObject({ labelClass: { index: 0 } });
  expect(same([answer(2, null)])).toBeNull();
  expect(same([answer(2, 9)])).toBeNull(); // Of a class that is gone.
});
