// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import type { Answer, LabelClass, Query } from "../api/types";
import { markersFor } from "./markers";

const classes: LabelClass[] = [
  {
    index: 4,
    name: "chair",
    color: "#102030",
    key: null,
    instanceable: true,
    external_id: null,
    parent: null,
    description: "",
  },
];
const answer = (reply: Answer["reply"], class_index: number | null): Answer => ({
  id: 1,
  client_id: reply,
  scan_id: 1,
  query_id: null,
  point_index: 1,
  position: [1, 2, 3],
  reply,
  class_index,
  instance: null,
  user_name: "Ann",
  created_at: "",
  seconds: null,
  strategy: null,
  checkpoint_id: null,
  note: null,
});
const query = (id: number, state: Query["state"]): Query => ({
  id,
  round_id: 1,
  rank: id,
  point_index: id,
  position: [id, 0, 0],
  view: { eye: [0, 0, 0], target: [0, 0, 0], up: [0, 0, 1] },
  strategy: "random",
  state,
  answer: null,
  notes: [],
  leased_by: null,
  sent_back: null,
});

const first = query(1, "open");
const labels = {
  queries: [first, query(2, "open"), query(3, "answered")],
  answers: [answer("class", 4), answer("unsure", null)],
};

it("outside the labels view only the ring is shown, so that nothing sways the answer", () => {
  expect(markersFor(labels, classes, first, null, "rgb").map((m) => m.kind)).toEqual(["query"]);
  expect(markersFor(labels, classes, first, null, "prediction")).toHaveLength(1);
});

it("the labels view shows answers in the colour of their class and what is still open", () => {
  const markers = markersFor(labels, classes, first, null, "labels");
  expect(markers.map((m) => m.kind)).toEqual(["query", "open", "answer", "no-class"]);
  expect(markers[2]?.color).toEqual([16, 32, 48]);
});

it("a free point takes the ring away from the query", () => {
  const markers = markersFor(labels, classes, first, { position: [7, 7, 7] }, "rgb");
  expect(markers).toEqual([{ kind: "picked", position: [7, 7, 7], color: [110, 220, 255] }]);
});
