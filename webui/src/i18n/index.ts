// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the app says, in the language of whoever reads it. Catalogues are JSON files by area, one folder per language;
 * entries are ICU messages. English is always there; another language is fetched before the first page is made, so
 * that `t` may be called anywhere, also while a module loads.
 */
import { IntlMessageFormat, type PrimitiveType } from "intl-messageformat";
import english from "./en";
import { type Language, languageFor, storedLanguage } from "./language";

export type Key = keyof typeof english;
export type Catalogue = Record<Key, string>;

const OTHERS: Record<Exclude<Language, "en">, () => Promise<{ default: Catalogue }>> = {
  de: () => import("./de"),
  zh: () => import("./zh"),
};

let language: Language = "en";
let catalogue: Catalogue = english;
const compiled = new Map<Key, IntlMessageFormat>();

export function currentLanguage(): Language {
  return language;
}

/** Take over the reader's language. Where its catalogue does not arrive, the app speaks English. */
export async function loadLanguage(): Promise<void> {
  const wanted = languageFor(storedLanguage(), navigator.languages);
  if (wanted !== "en") {
    try {
      catalogue = (await OTHERS[wanted]()).default;
      language = wanted;
    } catch (error) {
      console.error("The messages could not be loaded", error);
    }
  }
  document.documentElement.lang = language;
}

/** The message of `key` with its arguments filled in. */
export function t(key: Key, values?: Record<string, PrimitiveType>): string {
  let message = compiled.get(key);
  if (!message) {
    message = new IntlMessageFormat(catalogue[key], language, undefined, { ignoreTag: true });
    compiled.set(key, message);
  }
  return String(message.format(values));
}
