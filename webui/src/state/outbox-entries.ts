// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What people did that the server is to hear of, and how it is checked where it comes out of storage. */
import type { NewAnswer, NewNote, Triple } from "../api/types";
import {
  count,
  integer,
  nullable,
  number,
  object,
  oneOf,
  text,
  triple,
  type Verifier,
} from "../util/verify";

/** An answer, and where its point is, so that it can be shown before the server has it. */
export interface GivenAnswer {
  kind: "answer";
  scanId: number;
  body: NewAnswer;
  position: Triple | null; // Not known of answers that an earlier version of the app left.
}

export type Operation =
  | GivenAnswer
  | { kind: "note"; scanId: number; body: NewNote }
  | { kind: "undo"; scanId: number; clientId: string }
  | { kind: "redo"; scanId: number; clientId: string };

/** An operation as it lies in storage. */
export interface Stored {
  seq: number; // Given by storage: the order in which things were done, over all tabs.
  operation: Operation;
  tab: string; // Which page made it.
  tried: boolean; // The server may know it.
}

export function clientIdOf(operation: Operation): string {
  return "body" in operation ? operation.body.client_id : operation.clientId;
}

const kind = object({ kind: oneOf("answer", "note", "undo", "redo") });

const answer = object({
  kind: oneOf("answer"),
  scanId: integer,
  body: object({
    client_id: text,
    query_id: nullable(integer),
    point_index: count,
    reply: oneOf("class", "unsure", "skip", "unlisted"),
    class_index: nullable(count),
    instance: nullable(integer),
    seconds: nullable(number),
    checkpoint_id: nullable(integer),
    note: nullable(text),
  }),
  position: nullable(triple),
});

const note = object({
  kind: oneOf("note"),
  scanId: integer,
  body: object({ client_id: text, query_id: nullable(integer), point_index: count, note: text }),
});

const turn = object({ kind: oneOf("undo", "redo"), scanId: integer, clientId: text });

export const operation: Verifier<Operation> = (value, at = "entry") => {
  switch (kind(value, at).kind) {
    case "answer":
      return answer(value, at);
    case "note":
      return note(value, at);
    default:
      return turn(value, at) as Operation; // A union of two kinds is one of either.
  }
};
