// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Words that people read come from the catalogues: none stands in the markup of a component. */
import { parse } from "svelte/compiler";
import { expect, it } from "vitest";
import notYet from "./not-yet.txt?raw";

const components = Object.entries(
  import.meta.glob<string>("../**/*.svelte", { query: "?raw", import: "default", eager: true }),
).map(([path, source]): [string, string] => [path.replace("../", ""), source]);
const SPOKEN = new Set(["title", "aria-label", "placeholder", "alt", "text", "label"]);
// Names and units that are the same in every language.
const SAME_EVERYWHERE =
  /^(?:fewpoints|RGB|mIoU|IoU|PLY|PCD|LAS|LAZ|CSV|PNG|JSON|PCA|EDL|Esc|m|s|ms|kB|MB|GB|px|x|y|z|X|Y|Z)$/;

/** Files whose words are not in the catalogues yet. It only ever gets shorter. */
const NOT_YET = new Set(notYet.split("\n").filter(Boolean));

interface AnyNode {
  type?: string;
  name?: string;
  data?: string;
  [key: string]: unknown;
}

function wordsIn(source: string): string[] {
  const found: string[] = [];
  const say = (text: string): void => {
    const words = text.split(/[\s·–—…×+()/:,.%#&;→←↑↓“”"'!?-]+/).filter((w) => /\p{L}/u.test(w));
    if (words.some((word) => !SAME_EVERYWHERE.test(word))) found.push(text.trim());
  };
  const visit = (node: unknown, spoken: boolean): void => {
    if (Array.isArray(node)) {
      for (const child of node) visit(child, spoken);
      return;
    }
    if (typeof node !== "object" || node === null) return;
    const { type, name, data } = node as AnyNode;
    if (type === "Text" && typeof data === "string" && spoken) say(data);
    let inside = spoken;
    if (type === "Attribute") inside = SPOKEN.has(name ?? "");
    if (type === "RegularElement" && (name === "kbd" || name === "code")) inside = false;
    for (const [key, child] of Object.entries(node)) if (key !== "parent") visit(child, inside);
  };
  visit(parse(source, { modern: true }).fragment, true);
  return found;
}

it("no component says words of its own", () => {
  const problems = components
    .filter(([name]) => !NOT_YET.has(name))
    .flatMap(([name, source]) => wordsIn(source).map((text) => `${name}: ${text}`));
  expect(problems).toEqual([]);
});

it("no component is excused that says none any more, or is gone", () => {
  const says = new Set(
    components.filter(([, source]) => wordsIn(source).length > 0).map(([name]) => name),
  );
  expect([...NOT_YET].filter((name) => !says.has(name))).toEqual([]);
});

it("notices words in text and in attributes that are read, and nothing else", () => {
  expect(wordsIn('<p class="muted">Hello <b>you</b></p>')).toEqual(["Hello", "you"]);
  expect(wordsIn('<button title="Save it" data-testid="save">{t("x")}</button>')).toEqual([
    "Save it",
  ]);
  expect(wordsIn('<p>{t("a")} · 5 % RGB</p><kbd>Shift</kbd>')).toEqual([]);
});
