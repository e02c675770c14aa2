// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from "vitest";
import type { LabelClass } from "../api/types";
import { classMapping, toJson, withClass } from "./class-mapping";

const classes = ["wall", "floor"].map((name, index) => ({ name, index }) as LabelClass);
const read = classMapping(classes);
const raw = {
  format: "class_mapping",
  version: 1,
  field: "label",
  packed: false,
  instance: { field: "object", none: -1 },
  values: [
    { value: 1, class: "wall" },
    { value: 0, class: null, name: "unannotated" },
  ],
};

describe("a class mapping", () => {
  it("is written as it was read", () => {
    expect(toJson(read(raw))).toEqual(raw);
  });

  it("names classes that are given by index, and may leave out what has a default", () => {
    const mapping = read({ field: "label", values: [{ value: 4, class: 1 }] });
    expect(mapping).toEqual({
      field: "label",
      packed: false,
      instance: null,
      values: [{ value: 4, class: "floor", name: null }],
    });
    expect(read({ ...raw, instance: { field: "object" } }).instance?.none).toBe(0);
  });

  it("changes the class of one value, or adds it", () => {
    const changed = withClass(withClass(read(raw), 1, null), 9, "floor");
    expect(changed.values.map((entry) => [entry.value, entry.class])).toEqual([
      [1, null],
      [0, null],
      [9, "floor"],
    ]);
  });

  it("is refused where it is none", () => {
    expect(() => read({ field: 3, values: [] })).toThrow();
    expect(() => read({ field: "label", values: [{ value: "one", class: null }] })).toThrow();
  });
});
