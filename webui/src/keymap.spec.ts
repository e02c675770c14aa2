// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from "vitest";
import {
  actionOf,
  ACTIONS,
  chord,
  classKeys,
  conflicts,
  defaultClassKey,
  fitness,
  giveKeys,
  GROUPS,
  importKeys,
  isChanged,
  keyOf,
  keysOf,
  repeats,
  resetKeys,
  scopeOf,
  scopeOfGroup,
  SHORTCUTS,
  shown,
  withKey,
} from "./keymap";

const press = (key: string, code: string, modifiers: Partial<Parameters<typeof chord>[0]> = {}) =>
  chord({
    key,
    code,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...modifiers,
  });

describe("shortcuts", () => {
  it("give no key to two actions on one page", () => {
    for (const scope of ["label", "review"] as const) {
      const keys = SHORTCUTS.flatMap((s) => (scopeOf(s.action) === scope ? s.keys : []));
      expect(keys.length).toBeGreaterThan(10);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it("are heard on the page that their group is of", () => {
    for (const s of SHORTCUTS) expect(scopeOf(s.action)).toBe(scopeOfGroup(s.group));
    expect([actionOf("Ctrl+Z"), actionOf("Ctrl+Z", "review")]).toEqual(["undo", "reviewUndo"]);
    expect([actionOf("U"), actionOf("U", "review")]).toEqual(["unsure", null]);
    expect([actionOf("A"), actionOf("A", "review")]).toEqual([null, "reviewApprove"]);
  });

  it("list every action exactly once, in a known group", () => {
    expect(SHORTCUTS.map((s) => s.action).sort()).toEqual([...ACTIONS].sort());
    for (const s of SHORTCUTS) {
      expect(GROUPS).toContain(s.group);
      expect(s.keys.length).toBeGreaterThan(0);
    }
  });

  it("leave the digits to the classes", () => {
    for (let place = 0; place < 20; place++)
      expect(actionOf(defaultClassKey(place) ?? "")).toBeNull();
  });
});

describe("chord", () => {
  it("reads Shift+digit by place, whatever the layout makes of it", () => {
    expect(press("!", "Digit1", { shiftKey: true })).toBe("Shift+1");
    expect(press("&", "Digit1")).toBe("1"); // French layout
    expect(press("0", "Numpad0")).toBe("0");
  });

  it("does not take the arrow of a number pad without Num Lock for a digit", () => {
    expect(press("ArrowLeft", "Numpad4")).toBe("ArrowLeft");
    expect(press("Home", "Numpad7")).toBe("Home");
  });

  it("reads the third character of a key as that character", () => {
    const getModifierState = (): boolean => true;
    expect(press("[", "Digit8", { ctrlKey: true, altKey: true, getModifierState })).toBe("[");
  });

  it("finds the actions that people expect", () => {
    expect(actionOf(press(" ", "Space"))).toBe("skip");
    expect(actionOf(press("z", "KeyZ", { ctrlKey: true }))).toBe("undo");
    expect(actionOf(press("z", "KeyZ", { metaKey: true }))).toBe("undo");
    expect(actionOf(press("Backspace", "Backspace"))).toBe("undo");
    expect(actionOf(press("u", "KeyU"))).toBe("unsure");
    expect(actionOf(press("?", "Slash", { shiftKey: true }))).toBe("help");
    expect(actionOf(press("+", "Equal", { shiftKey: true }))).toBe("biggerPoints");
    expect(actionOf(press("=", "Equal"))).toBe("biggerPoints");
    expect(actionOf(press("ArrowLeft", "ArrowLeft", { shiftKey: true }))).toBe("orbitLeft");
    expect(actionOf(press("u", "KeyU", { ctrlKey: true }))).toBeNull();
  });
});

describe("one's own keys", () => {
  afterEach(() => resetKeys());

  it("take the place of those that the app comes with, everywhere", () => {
    giveKeys("skip", ["K"]);
    expect(actionOf("K")).toBe("skip");
    expect(actionOf("Space")).toBeNull();
    expect([keyOf("skip"), withKey("Skip", "skip")]).toEqual(["K", "Skip (K)"]);
    expect([isChanged("skip"), isChanged("undo")]).toEqual([true, false]);
    resetKeys("skip");
    expect(actionOf("Space")).toBe("skip");
    expect(isChanged("skip")).toBe(false);
  });

  it("are taken from the action that had them, which shows none then", () => {
    giveKeys("skip", ["U"]);
    expect(keysOf("unsure")).toEqual([]);
    expect(withKey("Unsure", "unsure")).toBe("Unsure");
    expect(conflicts()).toEqual([]);
    // Given back by a reset, wherever they are now.
    resetKeys("unsure");
    expect([keysOf("skip"), keysOf("unsure")]).toEqual([[], ["U"]]);
  });

  it("mean something else on another page, and take nothing from what is there", () => {
    giveKeys("reviewApprove", ["U"]);
    expect([actionOf("U"), actionOf("U", "review")]).toEqual(["unsure", "reviewApprove"]);
    expect(keysOf("unsure")).toEqual(["U"]);
    giveKeys("reviewSendBack", ["U"]);
    expect([keysOf("reviewApprove"), keysOf("reviewSendBack")]).toEqual([[], ["U"]]);
    importKeys({ reviewNext: ["S"], reviewPrevious: ["S"], skip: ["B"] });
    expect(conflicts()).toEqual([{ key: "S", actions: ["reviewNext", "reviewPrevious"] }]);
  });

  it("are taken from classes, too", () => {
    giveKeys("skip", ["1"]);
    expect(classKeys([{ key: null }, { key: null }, { key: "u" }])).toEqual([null, "2", "3"]);
    giveKeys("unsure", ["Q"]);
    expect(classKeys([{ key: "u" }])).toEqual(["U"]);
  });

  it("from a file may stand for two actions; that is said, and the first one gets it", () => {
    importKeys({ skip: ["Q"], unsure: ["Q"], unknown: ["W"] });
    expect(conflicts()).toEqual([{ key: "Q", actions: ["skip", "unsure"] }]);
    expect(actionOf("Q")).toBe("skip");
    expect(actionOf("W")).toBeNull();
  });

  it("are none that the browser needs, and not Shift alone", () => {
    expect(["Ctrl+W", "Tab", "Shift+Tab", "Escape", "F5"].map(fitness)).toEqual(
      Array.from({ length: 5 }, () => "taken"),
    );
    expect(["Shift+Shift", "Ctrl+Control"].map(fitness)).toEqual(["wait", "wait"]);
    expect(["K", "Ctrl+K", "Shift+1", "F2", "Alt+Q"].map(fitness)).toEqual(
      Array.from({ length: 5 }, () => "fit"),
    );
  });

  it("those of the app are all ones that could be given", () => {
    const keys = SHORTCUTS.flatMap((s) => s.keys).filter((key) => key !== "Escape");
    expect(keys.filter((key) => fitness(key) !== "fit")).toEqual([]);
  });
});

describe("class keys", () => {
  it("are 1–9, 0, Shift+1 … Shift+0 by default and none after twenty", () => {
    const keys = classKeys(Array.from({ length: 21 }, () => ({ key: null })));
    expect(keys.slice(0, 11)).toEqual([
      "1",
      "2",
      "3",
      "4",
      "5",
      "6",
      "7",
      "8",
      "9",
      "0",
      "Shift+1",
    ]);
    expect(keys[19]).toBe("Shift+0");
    expect(keys[20]).toBeNull();
  });

  it("prefer the class's own key and never give one to two classes", () => {
    expect(classKeys([{ key: null }, { key: "1" }, { key: "w" }, { key: "W" }])).toEqual([
      null,
      "1",
      "W",
      "4",
    ]);
  });

  it("never take a key of an action", () => {
    expect(classKeys([{ key: "u" }, { key: "Shift+f" }])).toEqual(["1", "Shift+F"]);
  });
});

it("held keys move again and again but answer once", () => {
  for (const action of ["nextQuery", "orbitLeft", "zoomIn", "biggerPoints"] as const)
    expect(repeats(action)).toBe(true);
  for (const action of ["skip", "unsure", "undo", "newInstance", "peek"] as const)
    expect(repeats(action)).toBe(false);
});

it("keys are shown in words people know", () => {
  expect(shown("Shift+ArrowLeft")).toBe("Shift ←");
  expect(shown("+")).toBe("+");
  expect(shown("Escape")).toBe("Esc");
  expect(shown("PageUp")).toBe("Page Up");
});
