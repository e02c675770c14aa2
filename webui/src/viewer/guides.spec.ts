// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import { boxEdges } from "./guides";

it("a box has twelve edges, each along one axis and as long as the box", () => {
  const ends = boxEdges({ min: [0, 1, 2], max: [3, 5, 7] });
  expect(ends).toHaveLength(72);
  const lengths = Array.from({ length: 12 }, (_, i) => {
    const steps = [0, 1, 2].map((k) =>
      Math.abs((ends[i * 6 + k] ?? 0) - (ends[i * 6 + 3 + k] ?? 0)),
    );
    expect(steps.filter((s) => s > 0)).toHaveLength(1);
    return Math.max(...steps);
  });
  expect(lengths.sort()).toEqual([3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]);
});
