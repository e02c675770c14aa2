// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Finding a thing in a long list by typing some of its name. */
export interface Findable {
  name: string;
  parent: string | null;
  description: string;
}

/** Without case and accents, so that "turzarge" finds "Türzarge". */
export function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

const wordsOf = (text: string): string[] => text.split(/[\s\-_/.,()]+/).filter(Boolean);

/** How well `wanted` fits one text, smaller is better; null: not at all. Both plain. */
function fit(text: string, wanted: string): number | null {
  if (text === wanted) return 0;
  if (text.startsWith(wanted)) return 1;
  const words = wordsOf(text);
  if (words.some((word) => word.startsWith(wanted))) return 2;
  const parts = wordsOf(wanted);
  if (parts.length > 1 && parts.every((part) => words.some((word) => word.startsWith(part))))
    return 2.5;
  if (
    words.length > 1 &&
    words
      .map((word) => word[0])
      .join("")
      .startsWith(wanted)
  )
    return 3;
  if (text.includes(wanted)) return 4;
  // Letters in their order, with others between them: at least two, or everything fits.
  if (wanted.length < 2) return null;
  let at = -1;
  for (const letter of wanted) {
    at = text.indexOf(letter, at + 1);
    if (at < 0) return null;
  }
  return 6 + (at - wanted.length) / 1000;
}

/** The places in the list of what fits, best first; all in their order where nothing is wanted. */
export function find(things: readonly Findable[], wanted: string): number[] {
  const text = plain(wanted);
  if (text === "") return things.map((_, place) => place);
  const found: { place: number; fit: number }[] = [];
  things.forEach((thing, place) => {
    const byName = fit(plain(thing.name), text);
    const byParent = fit(plain(thing.parent ?? ""), text);
    const said = plain(thing.description).includes(text) && text.length > 2 ? 5.5 : null;
    const fits = [byName, byParent !== null && byParent < 5 ? 5 : null, said].filter(
      (value) => value !== null,
    );
    if (fits.length > 0) found.push({ place, fit: Math.min(...fits) });
  });
  return found.sort((a, b) => a.fit - b.fit || a.place - b.place).map(({ place }) => place);
}
