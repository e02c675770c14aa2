// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Every message exists in every language, takes the same arguments there, and is used. */
import { IntlMessageFormat } from "intl-messageformat";
import { describe, expect, it } from "vitest";
import de from "./de";
import en from "./en";
import { LANGUAGES, languageFor } from "./language";
import zh from "./zh";

const catalogues: Record<string, Record<string, string>> = { en, de, zh };

/** Names of the arguments of a message, wherever they stand in it. */
function argumentsOf(message: string, language: string): string[] {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    else if (typeof node === "object" && node !== null) {
      const { type, value } = node as { type?: number; value?: unknown };
      // 0 is text and 7 the "#" of a plural; everything else names its argument.
      if (typeof value === "string" && type !== 0) names.add(value);
      Object.values(node).forEach(visit);
    }
  };
  visit(new IntlMessageFormat(message, language, undefined, { ignoreTag: true }).getAst());
  return [...names].sort();
}

const files = import.meta.glob<string>("./*/*.json", {
  query: "?raw",
  import: "default",
  eager: true,
});
const sources = import.meta.glob<string>(["../**/*.{ts,svelte}", "!../api/generated/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

describe.each(Object.keys(LANGUAGES))("the catalogue %s", (language) => {
  const catalogue = catalogues[language] ?? {};

  it("has exactly the keys of the English one", () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(en).sort());
  });

  it("has no empty message, and the arguments of the English one in each", () => {
    for (const [key, english] of Object.entries(en)) {
      const message = catalogue[key] ?? "";
      expect(message.trim(), key).not.toBe("");
      expect(argumentsOf(message, language), key).toEqual(argumentsOf(english, "en"));
    }
  });

  it("has each key in one file only", () => {
    const keys = Object.entries(files)
      .filter(([path]) => path.startsWith(`./${language}/`))
      .flatMap(([, text]) => [...text.matchAll(/^ {2}"([^"]+)":/gm)].map((match) => match[1]));
    expect(keys).toHaveLength(new Set(keys).size);
    expect([...keys].sort()).toEqual(Object.keys(catalogue).sort());
  });
});

it("no message is left that nothing uses", () => {
  const all = Object.entries(sources)
    .filter(([path]) => !path.startsWith("./")) // What is in this folder.
    .map(([, text]) => text)
    .join("\n");
  // A key may be put together: `project.tab.${name}` uses all that start like that.
  const stems = [...all.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map((match) => match[1] ?? "");
  const unused = Object.keys(en).filter(
    (key) => !all.includes(`"${key}"`) && !stems.some((stem) => key.startsWith(stem)),
  );
  expect(unused).toEqual([]);
});

describe("languageFor", () => {
  it("takes what was chosen, else the first that the reader asks for, else English", () => {
    expect(languageFor("zh", ["de"])).toBe("zh");
    expect(languageFor(null, ["fr", "de-AT", "en"])).toBe("de");
    expect(languageFor("xx", ["fr"])).toBe("en");
    expect(languageFor(null, ["zh-Hans-CN"])).toBe("zh");
  });
});
