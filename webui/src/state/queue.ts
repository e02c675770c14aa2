// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Pure bookkeeping of the label page: queries, answers, and where to go next. */
import type { Answer, NewAnswer, Query, Reply, Triple } from "../api/types";
import type { Operation } from "./outbox-entries";

export interface Labels {
  queries: readonly Query[]; // In the order asked.
  answers: readonly Answer[]; // Live, one per point and person.
}

export const STATE_OF_REPLY = {
  class: "answered",
  unsure: "unsure",
  skip: "skipped",
  unlisted: "unlisted",
} as const satisfies Record<Reply, Query["state"]>;

/** The answer as it will be once the server has it. */
export function provisional(
  scanId: number,
  body: NewAnswer,
  position: Triple,
  userName: string,
  now: string,
): Answer {
  return {
    ...body,
    id: -1,
    scan_id: scanId,
    position,
    user_name: userName,
    created_at: now,
    strategy: null,
  };
}

/** With one more answer. It replaces an earlier one of the same person for the same point. */
export function withAnswer(labels: Labels, answer: Answer): Labels {
  const earlier = labels.answers.find((a) => isOf(a, answer.point_index, answer.user_name));
  const kept = { ...answer, note: answer.note ?? earlier?.note ?? null };
  const answered: Labels = {
    queries: labels.queries.map((query) =>
      query.id === answer.query_id
        ? { ...query, state: STATE_OF_REPLY[answer.reply], answer: kept, leased_by: null }
        : query,
    ),
    answers: [
      ...labels.answers.filter((a) => !isOf(a, answer.point_index, answer.user_name)),
      kept,
    ],
  };
  if (answer.note === null) return answered;
  return withNote(answered, answer.point_index, answer.user_name, answer.note, answer.created_at);
}

function isOf(answer: Answer, pointIndex: number, userName: string): boolean {
  return answer.point_index === pointIndex && answer.user_name === userName;
}

/** With what somebody noted at a point; an empty note removes theirs. */
export function withNote(
  labels: Labels,
  pointIndex: number,
  userName: string,
  note: string,
  now: string,
): Labels {
  const noted = (a: Answer): Answer =>
    isOf(a, pointIndex, userName) ? { ...a, note: note || null } : a;
  return {
    queries: labels.queries.map((query) => {
      if (query.point_index !== pointIndex) return query;
      const others = query.notes.filter((n) => n.user_name !== userName);
      const mine = note ? [{ text: note, user_name: userName, created_at: now }] : [];
      return {
        ...query,
        notes: [...others, ...mine],
        answer: query.answer && noted(query.answer),
      };
    }),
    answers: labels.answers.map(noted),
  };
}

/** Without one answer, by its client id; its query is open again. */
export function withoutAnswer(labels: Labels, clientId: string): Labels {
  return {
    queries: labels.queries.map((query) =>
      query.answer?.client_id === clientId ? { ...query, state: "open", answer: null } : query,
    ),
    answers: labels.answers.filter((a) => a.client_id !== clientId),
  };
}

/** What the server said, plus the answers it does not have yet. Undos show once the server has done them. */
export function withPending(
  labels: Labels,
  pending: readonly Operation[],
  userName: string,
): Labels {
  return pending.reduce<Labels>((result, operation) => {
    const now = new Date().toISOString();
    if (operation.kind === "note") {
      const { point_index: point, note } = operation.body;
      return withNote(result, point, userName, note, now);
    }
    if (operation.kind !== "answer") return result;
    const { body } = operation;
    if (result.answers.some((a) => a.client_id === body.client_id)) return result;
    const query = result.queries.find((q) => q.id === body.query_id);
    const position = query?.position ?? operation.position;
    if (!position) return result;
    return withAnswer(result, provisional(operation.scanId, body, position, userName, now));
  }, labels);
}

/** Next open query after `from` that nobody else works on, going round once; -1 when there is none. */
export function nextOpen(queries: readonly Query[], from: number): number {
  for (let step = 1; step <= queries.length; step++) {
    const i = (from + step) % queries.length;
    const query = queries[i];
    if (query?.state === "open" && query.leased_by === null) return i;
  }
  return -1;
}

export interface Progress {
  total: number;
  answered: number; // With a class.
  unsure: number;
  skipped: number;
  unlisted: number; // Of no class in the list.
  open: number;
  leased: number; // Open, but someone else is at it.
}

export function progressOf(queries: readonly Query[]): Progress {
  const progress: Progress = {
    total: queries.length,
    answered: 0,
    unsure: 0,
    skipped: 0,
    unlisted: 0,
    open: 0,
    leased: 0,
  };
  for (const query of queries) {
    progress[query.state]++;
    if (query.state === "open" && query.leased_by !== null) progress.leased++;
  }
  return progress;
}

/** A number no instance of this scan has yet. */
export function newInstance(answers: readonly Answer[], present: number | null): number {
  return Math.max(present ?? 0, 0, ...answers.map((a) => a.instance ?? 0)) + 1;
}
