// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { handleKeydown, handleKeyup, type KeyTargets } from "./label-keys";

/** Stands for an element of the page that is, or is inside, one of `selectors`. */
class FakeElement {
  constructor(private readonly kind: string) {}
  closest(selectors: string): FakeElement | null {
    const names = selectors.replace(/:not\([^)]*\)/g, "").split(/,\s*/);
    return names.includes(this.kind) ? this : null;
  }
}

let done: string[] = [];

/** A page on which everything only says that it was called. */
function targets(): KeyTargets {
  const called = (name: string) =>
    new Proxy(
      {},
      {
        get: (_, property) =>
          property === "keys"
            ? ["1", "2"]
            : property === "pointSize"
              ? 1
              : (...values: unknown[]) => done.push([name, property, ...values].join(" ")),
        set: (_, property, value) => {
          done.push(`${name} ${String(property)} = ${value}`);
          return true;
        },
      },
    );
  // Only what a key does is called, and that is there.
  return {
    session: called("session"),
    viewer: called("viewer"),
    settings: called("settings"),
    tools: { modes: called("modes"), showSide: (side: string) => done.push(`tools ${side}`) },
    focus: () => done.push("focus"),
    help: () => done.push("help"),
  } as unknown as KeyTargets;
}

function press(key: string, init: Partial<KeyboardEvent> & { on?: string } = {}): KeyboardEvent {
  const code = /^[0-9]$/.test(key) ? `Digit${key}` : key;
  const { on = "body", ...rest } = init;
  const event = {
    key,
    code,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    repeat: false,
    isComposing: false,
    defaultPrevented: false,
    preventDefault: vi.fn(),
    target: new FakeElement(on),
    ...rest,
  } as unknown as KeyboardEvent;
  handleKeydown(event, targets());
  return event;
}

beforeEach(() => {
  done = [];
  vi.stubGlobal("Element", FakeElement);
});
afterEach(() => vi.unstubAllGlobals());

it("a class key answers by its place, once per press", () => {
  press("2");
  press("2", { repeat: true });
  expect(done).toEqual(["session answerClass 1"]);
});

it("keys of actions act, and those that move act again while held", () => {
  press("u");
  press("u", { repeat: true });
  press("ArrowRight");
  press("ArrowRight", { repeat: true });
  press("Home");
  press("+");
  press("?");
  expect(done).toEqual([
    "session answer unsure",
    "session step 1",
    "session step 1",
    "viewer reset",
    "settings setPointSize 1.2",
    "help",
  ]);
});

it("what is typed into a field stays there", () => {
  for (const on of ["input", "select", "textarea"]) press("1", { on });
  expect(done).toEqual([]);
});

it("Space and Enter press the button that has the focus, other keys still answer", () => {
  const event = press(" ", { on: "button" });
  press("Enter", { on: "a" });
  expect(event.preventDefault).not.toHaveBeenCalled();
  press("1", { on: "button" });
  expect(done).toEqual(["session answerClass 0"]);
});

it("plain colours are shown until the key is let go, with Shift down or not", () => {
  press("p");
  for (const shiftKey of [false, true]) {
    const { session } = targets();
    handleKeyup({ ...press("q"), key: "p", code: "KeyP", shiftKey } as KeyboardEvent, session);
  }
  expect(done).toEqual([
    "session peeking = true",
    "session peeking = false",
    "session peeking = false",
  ]);
});
