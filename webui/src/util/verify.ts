// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Checks on what enters from the network or from storage. A verifier returns the value, typed, or throws
 * `InvalidData` that names the place; after that the rest of the app trusts it. Unknown fields are let through, so
 * that a newer server can talk to an older page.
 */
export type Verifier<T> = (value: unknown, at?: string) => T;
export type Verified<V> = V extends Verifier<infer T> ? T : never;

export class InvalidData extends Error {
  constructor(at: string, expected: string, value: unknown) {
    super(`${at || "The value"} should be ${expected} but is ${describe(value)}.`);
    this.name = "InvalidData";
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  const text = String(value);
  return `${typeof value} ${text.length > 40 ? text.slice(0, 40) + "…" : text}`;
}

export const text: Verifier<string> = (value, at = "") => {
  if (typeof value !== "string") throw new InvalidData(at, "text", value);
  return value;
};

export const flag: Verifier<boolean> = (value, at = "") => {
  if (typeof value !== "boolean") throw new InvalidData(at, "true or false", value);
  return value;
};

export const number: Verifier<number> = (value, at = "") => {
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new InvalidData(at, "a finite number", value);
  return value;
};

/** A whole number that is exact in a double. */
export const integer: Verifier<number> = (value, at = "") => {
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw new InvalidData(at, "a whole number", value);
  return value;
};

export const count: Verifier<number> = (value, at = "") => {
  const n = integer(value, at);
  if (n < 0) throw new InvalidData(at, "a whole number of at least 0", value);
  return n;
};

export const nullable =
  <T>(inner: Verifier<T>): Verifier<T | null> =>
  (value, at = "") =>
    value === null || value === undefined ? null : inner(value, at);

export const oneOf =
  <const T extends string>(...allowed: readonly T[]): Verifier<T> =>
  (value, at = "") => {
    if (typeof value !== "string" || !(allowed as readonly string[]).includes(value))
      throw new InvalidData(at, `one of ${allowed.join(", ")}`, value);
    return value as T; // Membership was just checked.
  };

export const list =
  <T>(inner: Verifier<T>): Verifier<T[]> =>
  (value, at = "") => {
    if (!Array.isArray(value)) throw new InvalidData(at, "a list", value);
    return value.map((item: unknown, i) => inner(item, `${at}[${i}]`));
  };

/** Exactly three finite numbers: a position, direction or size. */
export const triple: Verifier<[number, number, number]> = (value, at = "") => {
  if (!Array.isArray(value) || value.length !== 3)
    throw new InvalidData(at, "three numbers", value);
  return [number(value[0], `${at}[0]`), number(value[1], `${at}[1]`), number(value[2], `${at}[2]`)];
};

export const record: Verifier<Record<string, unknown>> = (value, at = "") => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InvalidData(at, "an object", value);
  return value as Record<string, unknown>; // Any non-null, non-array object is one.
};

export const object =
  <S extends Record<string, Verifier<unknown>>>(
    shape: S,
  ): Verifier<{ [K in keyof S]: Verified<S[K]> }> =>
  (value, at = "") => {
    const source = record(value, at);
    const result: Record<string, unknown> = {};
    for (const [key, verify] of Object.entries(shape))
      result[key] = verify(source[key], at ? `${at}.${key}` : key);
    return result as { [K in keyof S]: Verified<S[K]> }; // Built key by key from the shape.
  };
