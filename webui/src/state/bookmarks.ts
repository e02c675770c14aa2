// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Named views of one scan. Plain lists; who keeps them decides where. */
import type { Pose } from "../viewer/camera";
import { flag, object, text, triple, type Verifier } from "../util/verify";

export interface Bookmark {
  name: string;
  pose: Pose;
  parallel: boolean;
}

export const MOST_BOOKMARKS = 30;
export const MOST_LETTERS = 60;

export const bookmark: Verifier<Bookmark> = object({
  name: text,
  pose: object({ eye: triple, target: triple }),
  parallel: flag,
});

/** A name that none of the list has: the wanted one, else with the first free number behind it. */
export function freeName(wanted: string, list: readonly Bookmark[]): string {
  const taken = new Set(list.map((b) => b.name));
  if (!taken.has(wanted)) return wanted;
  for (let n = 2; ; n++) if (!taken.has(`${wanted} ${n}`)) return `${wanted} ${n}`;
}

/** With one more, at the end; the oldest goes where there are too many. */
export function withBookmark(list: readonly Bookmark[], added: Bookmark): Bookmark[] {
  return [...list, { ...added, name: freeName(added.name, list) }].slice(-MOST_BOOKMARKS);
}

/** Under another name; an empty one changes nothing. */
export function renamed(list: readonly Bookmark[], index: number, name: string): Bookmark[] {
  const wanted = name.trim().slice(0, MOST_LETTERS);
  if (wanted === "" || wanted === list[index]?.name) return [...list];
  return list.map((b, i) =>
    i === index
      ? {
          ...b,
          name: freeName(
            wanted,
            list.filter((_, other) => other !== index),
          ),
        }
      : b,
  );
}
