# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Gaussian splats in PLY files: points whose colour is the constant term of spherical harmonics.

All points keep their row, faint ones too: how many are below `FAINT` is told, so that a user can
clean the scan where it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import AnyArray, UInt8Array

COLOUR_FIELDS = ("f_dc_0", "f_dc_1", "f_dc_2")
OPACITY_FIELD = "opacity"
# Y_0^0, the constant spherical harmonic: 1 / (2 sqrt(pi)).
CONSTANT_HARMONIC = 0.28209479177387814
FAINT = 0.1
_BLOCK = 1 << 18


def is_splat(names: Sequence[str]) -> bool:
    """Whether points with these fields are Gaussians."""
    return {*COLOUR_FIELDS, OPACITY_FIELD, "scale_0", "rot_0"} <= set(names)


def splat_colours(terms: Sequence[AnyArray]) -> list[UInt8Array]:
    """Three (N,) columns 0-255 from the three constant terms: 0.5 + 0.282 f, clipped to 0..1."""
    out: list[UInt8Array] = []
    for term in terms:
        channel: UInt8Array = np.empty(len(term), np.uint8)
        for start in range(0, len(term), _BLOCK):
            part = term[start : start + _BLOCK].astype(np.float64)
            with np.errstate(over="ignore", invalid="ignore"):
                level = np.clip(0.5 + CONSTANT_HARMONIC * part, 0.0, 1.0)
            channel[start : start + _BLOCK] = np.rint(255 * np.nan_to_num(level))
        out.append(channel)
    return out


def splat_note(opacity: np.ndarray[Any, np.dtype[Any]]) -> str:
    """What was done to the points, for people; `opacity` (N,) is before the sigmoid."""
    least = float(np.log(FAINT / (1 - FAINT)))  # sigmoid(x) < FAINT, turned round.
    faint = int((opacity < least).sum())
    return (
        "These are Gaussian splats: each centre is a point, its colour the one without regard to "
        f"the direction of view. {faint:,} of {len(opacity):,} have an opacity below {FAINT:g}; "
        "they are kept."
    )
