// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** `class_mapping` JSON: which class each value of a label field is. See docs/labels-in.md. */
import type { LabelClass } from "../api/types";
import { flag, integer, list, nullable, object, record, text, type Verifier } from "./verify";

export interface MappedValue {
  value: number;
  class: string | null; // Its name; null is "ignore".
  name: string | null; // What the source calls the value.
}

export interface ClassMapping {
  field: string;
  packed: boolean; // The class is in the low 16 bits, the object above them.
  instance: { field: string; none: number } | null;
  values: readonly MappedValue[];
}

/** Take over what the server has found to be a mapping. Classes given by index get their names. */
export function classMapping(classes: readonly LabelClass[]): Verifier<ClassMapping> {
  const value: Verifier<MappedValue> = (raw, at = "") => {
    const entry = record(raw, at);
    const index = entry.class;
    return {
      value: integer(entry.value, `${at}.value`),
      class:
        typeof index === "number"
          ? (classes[index]?.name ?? null)
          : nullable(text)(index ?? null, `${at}.class`),
      name: nullable(text)(entry.name ?? null, `${at}.name`),
    };
  };
  const instance = object({ field: text, none: integer });
  return (raw, at = "") => {
    const whole = record(raw, at);
    const found = nullable(record)(whole.instance ?? null, `${at}.instance`);
    return {
      field: text(whole.field, `${at}.field`),
      packed: flag(whole.packed ?? false, `${at}.packed`),
      instance: found && instance({ none: 0, ...found }, `${at}.instance`),
      values: list(value)(whole.values, `${at}.values`),
    };
  };
}

export function toJson(mapping: ClassMapping): Record<string, unknown> {
  return {
    format: "class_mapping",
    version: 1,
    field: mapping.field,
    packed: mapping.packed,
    instance: mapping.instance,
    values: mapping.values.map(({ value, class: name, name: called }) => ({
      value,
      class: name,
      ...(called === null ? {} : { name: called }),
    })),
  };
}

/** The mapping with another class for one value. */
export function withClass(mapping: ClassMapping, value: number, name: string | null): ClassMapping {
  const values = mapping.values.some((entry) => entry.value === value)
    ? mapping.values.map((entry) => (entry.value === value ? { ...entry, class: name } : entry))
    : [...mapping.values, { value, class: name, name: null }];
  return { ...mapping, values };
}
