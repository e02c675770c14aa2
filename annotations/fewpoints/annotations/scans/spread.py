# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""An order of points in which every beginning of them covers all of their surfaces evenly."""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IntArray

LEVELS = 10  # Of halving the longest side: cubes of a thousandth of it.


def spread_order(
    steps: IntArray, scale: FloatArray64, rng: np.random.Generator, *, plain: int
) -> IntArray:
    """Return the order of n points: (n,) rows of `steps`.

    The first `plain` are a random sample. Then comes, of each cube that holds points, one of them,
    for cubes that halve again and again, so the gaps of a beginning get ever smaller everywhere at
    once; those that share the smallest cube come last. Within a size of cubes the order is random.

    Args:
        steps: (n, 3) coordinates of 16 bits.
        scale: (3,) length of a step along each axis; cubes have equal sides.
    """
    n = len(steps)
    rank = rng.permutation(n)
    longest = scale.max()
    shares = scale / longest if longest > 0 else np.zeros(3)
    cells = (steps * shares).astype(np.int64) >> (16 - LEVELS)
    x, y, z = (_apart(cells[:, axis]) for axis in range(3))
    code = x | y << 1 | z << 2
    by_code = np.argsort(code)
    code, rank = code[by_code], rank[by_code]
    # The lowest rank of a cube is also the lowest of one of its eighths: who stands for a cube
    # stands for the smaller one, too, and no cube is stood for twice.
    level = np.full(n, LEVELS + 1, np.int8)
    for size in range(LEVELS, -1, -1):
        cube = code >> (3 * (LEVELS - size))
        starts = np.flatnonzero(np.r_[True, cube[1:] != cube[:-1]])
        lowest = np.minimum.reduceat(rank, starts)
        stands = np.repeat(lowest, np.diff(np.r_[starts, n])) == rank
        level[stands] = size
    level[rank < plain] = -1
    return by_code[np.lexsort((rank, level))]


def _apart(values: IntArray) -> IntArray:
    """Move the ten bits of each value two bits apart, for the bits of the other axes."""
    values = (values | values << 16) & 0x030000FF
    values = (values | values << 8) & 0x0300F00F
    values = (values | values << 4) & 0x030C30C3
    return (values | values << 2) & 0x09249249
