// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { planFor, readOff } from "./plan";

it("a curve goes through what was measured, rises between, and says nothing outside", () => {
  const curve = [0.4, 0.6, 0.75, 0.85] as const;
  expect([20, 50, 100, 200].map((points) => readOff(curve, points))).toEqual([...curve]);
  // The geometric middle of 50 and 200's neighbour 100: halfway in the logarithm.
  expect(readOff(curve, Math.sqrt(50 * 100))).toBeCloseTo(0.675);
  const all = Array.from({ length: 181 }, (_, i) => readOff(curve, 20 + i) as number);
  expect(all.every((value, i) => i === 0 || value > (all[i - 1] as number))).toBe(true);
  expect(readOff(curve, 19)).toBeNull();
  expect(readOff(curve, 201)).toBeNull();
});

it("a plan names the paper's figures for the paper's choice, and ours for ours", () => {
  expect(planFor("kmeans_features", 20, 3)).toMatchObject({
    seconds: 60,
    objects: { share: 0.401, source: "rooms" },
    labels: null,
  });
  const mixed = planFor("mixed", 50, 2.5);
  expect(mixed).toMatchObject({ seconds: 125, objects: { share: 0.826, source: "flats" } });
  expect(mixed.labels).toBe(0.89);
  expect(mixed.tenMore).toBeGreaterThan(0);
  expect(planFor("mixed", 190, 3).tenMore).toBeLessThan(mixed.tenMore as number);
  expect(planFor("random", 20, 3)).toMatchObject({ objects: null, labels: null, curve: [] });
  expect(planFor("mixed", 1000, 3)).toMatchObject({ objects: null, labels: null, tenMore: null });
});
