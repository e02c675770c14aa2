// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import type { Answer, Scan } from "../api/types";
import { automaticMode, ENOUGH_LABELS } from "./shown-mode";

const prediction: Scan["prediction"] = {
  checkpoint_id: 1,
  created_at: "",
  version: "1",
  last_event_id: 50,
};
const dense = (last_event_id: number): Scan["dense"] => ({ version: "2", last_event_id });
const answers = (labelled: number): Pick<Answer, "reply">[] => [
  ...Array.from({ length: labelled }, () => ({ reply: "class" as const })),
  { reply: "skip" },
  { reply: "unsure" },
];

it("shows what the answers say while there is no network to ask", () => {
  expect(automaticMode({ prediction: null, dense: null }, [])).toBe("labels");
  expect(automaticMode({ prediction: null, dense: dense(9) }, answers(1))).toBe("labels");
});

it("shows the prediction until the scan has newer answers, and enough of them", () => {
  const enough = answers(ENOUGH_LABELS);
  expect(automaticMode({ prediction, dense: null }, [])).toBe("prediction");
  expect(automaticMode({ prediction, dense: dense(50) }, enough)).toBe("prediction");
  expect(automaticMode({ prediction, dense: dense(51) }, enough)).toBe("labels");
  expect(automaticMode({ prediction, dense: dense(51) }, answers(ENOUGH_LABELS - 1))).toBe(
    "prediction",
  );
});
