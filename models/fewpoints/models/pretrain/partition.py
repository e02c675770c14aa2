# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Where one point lies as seen from another: the partitions of Contrastive Scene Contexts.

Letters used in shapes: N points, B rows of a block. Positions are metres in the world's frame, z
up. For i and j, (dx, dy, dz) = x_j - x_i and D = sqrt(dx^2 + dy^2 + dz^2 + 1e-7 voxels^2), the
small number being the released code's, in voxels of 2.5 cm.

paper (sec. 3, partition by relative angle and distance, both uniform): the horizontal angle
    atan2(dy, dx) in equal parts times the distance in equal steps, the last one open:

    P           1   2   4   8   16  32
    angles      1   2   2   4   4   8
    distances   1   1   2   2   4   4

    The paper gives neither the length of a step nor the split of P into the two; 2 is "angle only".
    A point exactly on the edge between two parts may be in either.
fast (released code, `fast_partition`, both released scripts): up and down times near and far, the
    sign of dz and r1 < D <= r2 < far, with r1 = 5 cm, r2 = 50 cm. dz = 0 or D <= r1: in none.
general (released code, `compute_partitions`): atan2(dy, dx) mod 2 pi in n_xy parts, atan2(dy, dz)
    mod pi in n_zy parts, and r1 <= D < r2 or D >= r2; D < r1: in none. P = 2 n_xy n_zy.

No angle is ever computed: whether it is beyond the edge of a part is a comparison of two
projections, and the bin follows from a few such comparisons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from fewpoints.models.pretrain.info_nce import PartitionRows

NONE = 255
_CODE_VOXEL_M = 0.025
_EPSILON = 1e-7

PAPER_LAYOUT: dict[int, tuple[int, int]] = {
    1: (1, 1),
    2: (2, 1),
    4: (2, 2),
    8: (4, 2),
    16: (4, 4),
    32: (8, 4),
}
GENERAL_LAYOUT: dict[int, tuple[int, int]] = {
    2: (1, 1),
    4: (2, 1),
    8: (2, 2),
    16: (4, 2),
    32: (4, 4),
}


@dataclass(frozen=True)
class Partition:
    """Which partition function; lengths in metres.

    scheme: "paper", "fast" or "general", see the module's docstring.
    near_m: r1; far_m: r2, and for "paper" the length of a step.
    """

    scheme: str = "paper"
    count: int = 8
    near_m: float = 0.05
    far_m: float = 0.5

    def __post_init__(self) -> None:
        if self.count not in partition_counts(self.scheme):
            allowed = ", ".join(map(str, partition_counts(self.scheme)))
            raise ValueError(f"{self.scheme} has {allowed} partitions, not {self.count}.")

    def rows(self, positions: Tensor) -> PartitionRows:
        """Return the function (low, high) -> (B, N) uint8 for (N, 3) positions."""
        functions = {"paper": _paper, "fast": _fast, "general": _general}
        return partial(functions[self.scheme], self, positions.float().contiguous())


def partition_counts(scheme: str) -> tuple[int, ...]:
    """Return the numbers of partitions that a scheme can have."""
    return {"paper": tuple(PAPER_LAYOUT), "fast": (4,), "general": tuple(GENERAL_LAYOUT)}[scheme]


def _paper(spec: Partition, x: Tensor, low: int, high: int) -> Tensor:
    angles, distances = PAPER_LAYOUT[spec.count]
    if angles == 4:
        # Quadrants need no more than two signs.
        lower, left = (_less(x[:, axis], x[:, axis], low, high) for axis in (1, 0))
        bins = left.bitwise_xor_(lower).bitwise_or_(lower.bitwise_left_shift_(1))
    else:
        bins = _angle_bins(x[:, 0], x[:, 1], angles, low, high)
    if distances > 1:
        squared = _squared_distances(x, low, high)
        for step in range(1, distances):
            bins += _beyond(squared, step * spec.far_m, inclusive=True) * angles
    return bins


def _fast(spec: Partition, x: Tensor, low: int, high: int) -> Tensor:
    squared = _squared_distances(x, low, high)
    z = x[:, 2]
    bins = (z[None] < z[low:high, None]).view(torch.uint8)
    bins = bins + _beyond(squared, spec.far_m, inclusive=False) * 2
    nowhere = z[None] == z[low:high, None]
    nowhere |= ~_beyond(squared, spec.near_m, inclusive=False).view(torch.bool)
    return bins.masked_fill_(nowhere, NONE)


def _general(spec: Partition, x: Tensor, low: int, high: int) -> Tensor:
    n_xy, n_zy = GENERAL_LAYOUT[spec.count]
    squared = _squared_distances(x, low, high)
    bins = _angle_bins(x[:, 0], x[:, 1], n_xy, low, high) * n_zy
    bins += _half_angle_bins(x[:, 2], x[:, 1], n_zy, low, high)
    bins += _beyond(squared, spec.far_m, inclusive=True) * (n_xy * n_zy)
    nowhere = ~_beyond(squared, spec.near_m, inclusive=True).view(torch.bool)
    return bins.masked_fill_(nowhere, NONE)


def _squared_distances(x: Tensor, low: int, high: int) -> Tensor:
    """(B, N) D^2 as one product, exact to about a ten-millionth of the scene's size squared."""
    x = x - x.mean(dim=0)
    length = x.square().sum(dim=1, keepdim=True)
    one = torch.ones_like(length)
    seen = torch.cat([x * -2, length, one], dim=1)[low:high]
    return seen @ torch.cat([x, one, length], dim=1).T


def _beyond(squared: Tensor, radius_m: float, *, inclusive: bool) -> Tensor:
    """(B, N) uint8 ones where D > radius, or D >= radius."""
    edge = radius_m**2 - _EPSILON * _CODE_VOXEL_M**2
    return (squared >= edge if inclusive else squared > edge).view(torch.uint8)


def _angle_bins(cosine: Tensor, sine: Tensor, parts: int, low: int, high: int) -> Tensor:
    """(B, N) uint8: which of `parts` equal parts of a turn atan2(dsine, dcosine) mod 2 pi is in."""
    if parts == 1:
        return torch.zeros(high - low, len(sine), dtype=torch.uint8, device=sine.device)
    lower = _less(sine, sine, low, high)  # 1 in the second half of the turn.
    # atan2(0, negative) = pi begins the second half.
    flat = (sine[None] == sine[low:high, None]) & (cosine[None] < cosine[low:high, None])
    lower |= flat.view(torch.uint8)
    inner = _half_angle_bins(cosine, sine, parts // 2, low, high)
    return inner.add_(lower, alpha=parts // 2)


def _half_angle_bins(cosine: Tensor, sine: Tensor, parts: int, low: int, high: int) -> Tensor:
    """(B, N) uint8: which of `parts` equal parts of half a turn atan2(dsine, dcosine) mod pi."""
    bins = torch.zeros(high - low, len(sine), dtype=torch.uint8, device=sine.device)
    if parts == 1:
        return bins
    lower = _less(sine, sine, low, high)
    for part in range(1, parts):
        angle = math.pi * part / parts
        if 2 * part == parts:
            across = -cosine
        else:
            across = sine * math.cos(angle) - cosine * math.sin(angle)
        # Past the edge: sin(a - edge) >= 0 in the upper half of the turn, <= 0 in the lower.
        past = _less(across, across, low, high) ^ lower ^ 1
        on_edge = across[None] == across[low:high, None]
        bins += past.logical_or_(on_edge)
    # dsine = 0 is angle 0, whatever the sign of dcosine.
    return bins.masked_fill_(sine[None] == sine[low:high, None], 0)


def _less(left: Tensor, right: Tensor, low: int, high: int) -> Tensor:
    """(B, N) uint8 ones where left_j < right_i."""
    return (left[None] < right[low:high, None]).view(torch.uint8)
