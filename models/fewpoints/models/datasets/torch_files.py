# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""NumPy arrays that `torch.save` wrote, read without running anything that is in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.errors import AppError

# What published files hold; an array of anything else is no data.
_TYPES = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1")


def load_arrays(path: Path, refuse: Callable[[str], AppError]) -> Any:
    """Return what a file holds: arrays and tensors in tuples, lists and dictionaries.

    Any: the form is the caller's to check. refuse: makes the error from the reason, which ends
    without a stop, for a file that is missing, damaged, or holds anything else.
    """
    try:
        with torch.serialization.safe_globals(_numpy_names()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise refuse(error.strerror or type(error).__name__) from error
    except Exception as error:  # torch raises almost anything on a damaged file.
        raise refuse(type(error).__name__) from error


def as_array(value: object) -> NDArray[Any] | None:
    """An array of numbers from an array, a tensor or a list; None for anything else."""
    if isinstance(value, torch.Tensor) and value.dtype != torch.bfloat16:
        value = value.detach().numpy()
    if isinstance(value, list) and all(isinstance(item, int | float) for item in value):
        value = np.array(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        return value
    return None


def as_whole_numbers(value: object) -> NDArray[np.int64] | None:
    """(N,) int64 from whole numbers of any type; None for anything else."""
    array = as_array(value)
    if array is None or array.ndim != 1:
        return None
    if array.dtype.kind == "f":
        # Beyond 2**53 a float64 cannot tell whole numbers apart; NaN fails the comparison.
        if not ((np.abs(array) < 2.0**53) & (array == np.rint(array))).all():
            return None
    elif array.dtype == np.uint64 and (array >> 63).any():
        return None
    return array.astype(np.int64)


def _numpy_names() -> list[Any]:  # what safe_globals takes
    """What pickles of plain arrays name, in the spellings of NumPy 1 and 2."""
    reconstruct = np.ndarray.__reduce__(np.zeros(0))[0]
    scalar = np.int64(0).__reduce__()[0]
    names: list[Any] = [np.ndarray, np.dtype, *(type(np.dtype(code)) for code in _TYPES)]
    names.append(bytes)  # The content of an array without rows.
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        names += [(reconstruct, f"{module}._reconstruct"), (scalar, f"{module}.scalar")]
    return names
