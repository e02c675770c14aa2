// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import {
  actionOf,
  ACTIONS,
  chord,
  classKeys,
  defaultClassKey,
  GROUPS,
  repeats,
  SHORTCUTS,
  shown,
} from "./keymap";

const press = (key: string, code: string, modifiers: Partial<Record<string, boolean>> = {}) =>
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
  it("give no key to two actions", () => {
    const keys = SHORTCUTS.flatMap((s) => s.keys);
    expect(new Set(keys).size).toBe(keys.length);
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
