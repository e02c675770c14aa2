// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { giveKeys, resetKeys } from "./keymap";
import { reviewClassKeys, reviewPress } from "./review-keys";

beforeAll(() => {
  vi.stubGlobal("Element", class {});
});

function press(key: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent {
  // A plain object: what is looked at of an event, without a browser.
  return {
    key,
    code: /^\d$/.test(key) ? `Digit${key}` : "",
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    repeat: false,
    defaultPrevented: false,
    isComposing: false,
    target: null,
    ...more,
  } as KeyboardEvent;
}

describe("keys of the review page", () => {
  afterEach(() => resetKeys());

  it("leave verdicts their keys where a class wants the same one", () => {
    const keys = reviewClassKeys([{ key: "A" }, { key: "C" }, { key: null }]);
    expect(keys).not.toContain("A");
    expect(keys[1]).toBe("C");
    expect(reviewPress(press("a"), keys)).toEqual({ action: "reviewApprove" });
    expect(reviewPress(press("c"), keys)).toEqual({ place: 1 });
    expect(reviewPress(press("3"), keys)).toEqual({ place: 2 });
    expect(reviewPress(press("q"), keys)).toBeNull();
  });

  it("give one verdict for a key that is held, and keep moving", () => {
    const keys = reviewClassKeys([{ key: null }]);
    expect(reviewPress(press("a", { repeat: true }), keys)).toBeNull();
    expect(reviewPress(press("1", { repeat: true }), keys)).toBeNull();
    expect(reviewPress(press("ArrowRight", { repeat: true }), keys)).toEqual({
      action: "reviewNext",
    });
  });

  it("can be other ones, which classes leave to them in turn", () => {
    giveKeys("reviewApprove", ["C"]);
    const keys = reviewClassKeys([{ key: "A" }, { key: "C" }]);
    expect(keys).toEqual(["A", null]);
    expect(reviewPress(press("c"), keys)).toEqual({ action: "reviewApprove" });
    expect(reviewPress(press("a"), keys)).toEqual({ place: 0 });
  });
});
