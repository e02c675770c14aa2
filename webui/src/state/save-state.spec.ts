// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { savingOf } from "./save-state";

describe("what is said of answers on their way", () => {
  it("counts an answer as waiting when it is on disk, not before", () => {
    const status = { state: "offline", waiting: 5, keeping: 1, unkept: 0 } as const;
    expect(savingOf(status)).toEqual({ state: "offline", count: 4 });
    expect(savingOf({ ...status, keeping: 0 })).toEqual({ state: "offline", count: 5 });
  });

  it("is not saved while something is being kept", () => {
    const status = { state: "saving", waiting: 1, keeping: 1, unkept: 0 } as const;
    expect(savingOf(status).state).toBe("keeping");
    expect(savingOf({ ...status, keeping: 0 }).state).toBe("saving");
    expect(savingOf({ ...status, state: "saved", waiting: 0, keeping: 0 }).state).toBe("saved");
  });

  it("warns of what only the page has before all else", () => {
    const status = { state: "offline", waiting: 5, keeping: 1, unkept: 2 } as const;
    expect(savingOf(status)).toEqual({ state: "unkept", count: 2 });
  });
});
