// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Requests about reviews, and the checks on what they answer. */
import {
  count,
  flag,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  text,
  triple,
} from "../util/verify";
import type { Verifier } from "../util/verify";
import { request } from "./client";
import type { components } from "./generated/schema";
import * as verify from "./verify";

type Schemas = components["schemas"];
export type ReviewState = Schemas["ReviewItem"]["state"];
export type ReviewItem = Schemas["ReviewItem"];
export type ReviewDetail = Schemas["ReviewDetail"];
export type ReviewSummary = Schemas["ReviewSummary"];
export type ReviewPage = Schemas["ReviewPage"];
export type Predicted = Schemas["PredictedRead"];
export type Verdict = Schemas["ReviewRead"]["verdict"];
export type NewReview = Schemas["ReviewCreate"];

export const REVIEW_STATES = [
  "unreviewed",
  "approved",
  "sent_back",
  "corrected",
  "correction",
] as const satisfies readonly ReviewState[];

const review = object({
  id: integer,
  verdict: oneOf("approve", "send_back", "correct"),
  note: nullable(text),
  reviewer: text,
  created_at: text,
  correction_id: nullable(integer),
});

const predicted: Verifier<Predicted> = object({
  checkpoint_id: integer,
  checkpoint_name: text,
  class_index: nullable(count),
  confidence: number,
});

const fields = {
  answer: verify.answer,
  scan_name: text,
  state: oneOf(...REVIEW_STATES),
  review: nullable(review),
  own: flag,
  prediction: nullable(predicted),
  contradicted: flag,
};
const item: Verifier<ReviewItem> = object(fields);

const detail: Verifier<ReviewDetail> = object({
  ...fields,
  live: flag,
  view: nullable(object({ eye: triple, target: triple, up: triple })),
  prediction_then: nullable(predicted),
  others: list(item),
});

const summary: Verifier<ReviewSummary> = object({
  answers: count,
  states: object({
    unreviewed: count,
    approved: count,
    sent_back: count,
    corrected: count,
    correction: count,
  }),
  classes: list(object({ index: count, answers: count })),
  users: list(
    object({ name: text, answers: count, sent_back: count, corrected: count, approved: count }),
  ),
  replies: list(object({ reply: oneOf("class", "unsure", "skip", "unlisted"), answers: count })),
  contradicted: count,
  predicted: count,
  people_disagree: count,
  noted: count,
  shared_points: count,
  alpha: nullable(number),
  pairs: list(
    object({
      users: (value: unknown, at = ""): [string, string] => {
        const [a = "", b = ""] = list(text)(value, at);
        return [a, b];
      },
      points: count,
      agreed: number,
      kappa: nullable(number),
    }),
  ),
});

/** @param query what `filterQuery` gives. */
const path = (projectId: number, rest: string, query: string): string =>
  `/projects/${projectId}/reviews${rest}${query === "" ? "" : `?${query}`}`;

export const reviews = {
  list: (
    projectId: number,
    query: string,
    offset: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<ReviewPage> => {
    const page = `${query === "" ? "" : `${query}&`}offset=${offset}&limit=${limit}`;
    const check = object({ items: list(item), total: count, last_answer_id: count });
    return request("GET", path(projectId, "", page), check, { signal });
  },
  /** Ids of all answers to go through, in order. */
  walk: (projectId: number, query: string, signal: AbortSignal) =>
    request(
      "GET",
      path(projectId, "/walk", query),
      object({ answer_ids: list(integer), total: count }),
      { signal },
    ),
  summary: (projectId: number, signal: AbortSignal) =>
    request("GET", path(projectId, "/summary", ""), summary, { signal }),
  get: (answerId: number, signal?: AbortSignal) =>
    request("GET", `/answers/${answerId}/review`, detail, signal ? { signal } : {}),
  give: (answerId: number, body: NewReview) =>
    request("POST", `/answers/${answerId}/reviews`, detail, { body }),
  approveAll: (projectId: number, body: Schemas["ApproveAll"]) =>
    request("POST", path(projectId, "/approve", ""), object({ approved: count }), { body }),
  undo: (projectId: number, clientId: string) =>
    request(
      "POST",
      path(projectId, "/undo", ""),
      object({ answers: count, answer_id: nullable(integer) }),
      { body: { client_id: clientId } },
    ),
};
