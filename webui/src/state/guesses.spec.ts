// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import type { Answer } from "../api/types";
import { hidesGuesses } from "./guesses";

const by = (user_name: string): { answer: Answer } => ({ answer: { user_name } as Answer });

it("guesses are hidden until the person has answered the query on screen", () => {
  const hide = { hide_predictions: true };
  expect(hidesGuesses(hide, { answer: null }, "Ann")).toBe(true);
  expect(hidesGuesses(hide, by("Bob"), "Ann")).toBe(true);
  expect(hidesGuesses(hide, by("Ann"), "Ann")).toBe(false);
  expect(hidesGuesses(hide, null, "Ann")).toBe(false);
  expect(hidesGuesses({ hide_predictions: false }, { answer: null }, "Ann")).toBe(false);
});
