// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** "The same object as the last one": which class and number that is. */
import type { Answer, LabelClass } from "../api/types";
import { newInstance } from "./queue";

export interface SameObject {
  labelClass: LabelClass;
  instance: number | null;
  /** The last answer, where it has to be given again because it had no number yet. */
  numbered: Answer | null;
}

/** @param here the point that is answered now, which is not compared with itself. */
export function sameObject(
  answers: readonly Answer[],
  classes: readonly LabelClass[],
  userName: string,
  here: number,
): SameObject | null {
  const last = answers.findLast(
    (a) => a.reply === "class" && a.user_name === userName && a.point_index !== here,
  );
  const labelClass = classes.find((c) => c.index === last?.class_index);
  if (!last || !labelClass) return null;
  if (!labelClass.instanceable) return { labelClass, instance: null, numbered: null };
  if (last.instance !== null) return { labelClass, instance: last.instance, numbered: null };
  return { labelClass, instance: newInstance(answers, null), numbered: last };
}
