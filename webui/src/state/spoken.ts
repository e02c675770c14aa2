// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Answers in words, as cards show them and as they are read to those who do not see the page. */
import type { Answer, LabelClass } from "../api/types";
import { t } from "../i18n";
import { STATE_OF_REPLY } from "./queue";

export type Said = Pick<Answer, "reply" | "class_index" | "instance">;

/** A class and the number of its object, or the kind of reply; "open" without an answer. */
export function replyWords(answer: Said | null, classes: readonly LabelClass[]): string {
  if (!answer) return t("query.state.open");
  if (answer.reply !== "class") return t(`query.state.${STATE_OF_REPLY[answer.reply]}`);
  const index = answer.class_index ?? -1;
  const name = classes.find((c) => c.index === index)?.name ?? t("query.unknownClass", { index });
  return answer.instance === null ? name : `${name} ${answer.instance}`;
}
