// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which language the app speaks: what was chosen in this browser, else what the browser asks for, else English. */
export const LANGUAGES = { en: "English", de: "Deutsch", zh: "中文" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "fewpoints:language";

export function isLanguage(name: string): name is Language {
  return Object.hasOwn(LANGUAGES, name);
}

/** The first language asked for that the app speaks, by its first part: "de-AT" is German. */
export function languageFor(chosen: string | null, wanted: readonly string[]): Language {
  for (const tag of chosen === null ? wanted : [chosen, ...wanted]) {
    const name = tag.toLowerCase().split("-")[0] ?? "";
    if (isLanguage(name)) return name;
  }
  return "en";
}

export function storedLanguage(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // A browser that keeps nothing for the page.
  }
}

/** Another language comes with a reload: every page is made anew, and what was not sent yet is kept in the browser. */
export function chooseLanguage(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    return;
  }
  location.reload();
}
