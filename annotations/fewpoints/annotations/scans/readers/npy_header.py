# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The header of a NumPy array (.npy): type, shape and order, checked before anything is read.

Arrays of Python objects are known by their type: what they hold is never loaded, because loading it
could run code.
"""

from __future__ import annotations

import math
import re
import warnings
from typing import IO, Any, NamedTuple

import numpy as np

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.numpy_files import parse_literal

MAGIC = b"\x93NUMPY"
HEADER_LIMIT = 10_000  # Bytes; what NumPy itself takes at most.
_LENGTH_BYTES = {(1, 0): 2, (2, 0): 4, (3, 0): 4}


class ArrayHeader(NamedTuple):
    """What is known of an array before its data; `size` is the header's length in bytes."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    size: int

    @property
    def data_bytes(self) -> int:
        """Length of the data behind the header."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_array_header(stream: IO[bytes], size: int, *, name: str, part: str = "") -> ArrayHeader:
    """Parse the header at the start of `stream`, which holds `size` bytes, and stop behind it.

    `part` says which array of an archive is meant.

    Raises:
        UnreadableScan, UnsupportedFormat: it is no such header, or it promises more or less data
            than there are.
    """

    def refuse(problem: str) -> UnreadableScan:
        return UnreadableScan(name, problem, where=part)

    start = stream.read(8)
    if start[:6] != MAGIC or len(start) < 8:
        raise refuse("this is no NumPy array: its first bytes are others.")
    version = (start[6], start[7])
    if version not in _LENGTH_BYTES:
        raise UnsupportedFormat(
            f"{name}: version {version[0]}.{version[1]} of the array format; only 1.0, 2.0 and "
            "3.0 exist."
        )
    raw = stream.read(_LENGTH_BYTES[version])
    length = int.from_bytes(raw, "little")
    if length > HEADER_LIMIT:
        raise refuse(f"a header of {length:,} bytes is absurd (at most {HEADER_LIMIT:,}).")
    text = stream.read(length)
    if len(text) < length or len(raw) < _LENGTH_BYTES[version]:
        raise refuse("the file ends inside the header of the array.")
    dtype, shape, fortran = _parse(text.decode("latin-1" if version[0] < 3 else "utf-8", "replace"))
    if dtype is None:
        raise refuse("the header of the array cannot be understood.")
    header = ArrayHeader(dtype, shape, fortran, 8 + len(raw) + length)
    if dtype.hasobject:  # Its data are a pickle, of any length.
        return header
    room = size - header.size
    if header.data_bytes != room:
        raise refuse(
            f"the header promises {header.data_bytes:,} bytes of data (shape {shown(shape)}), but "
            f"{room:,} follow it: the file is truncated or its shape is wrong."
        )
    return header


def refuse_objects(name: str, *, part: str = "") -> UnreadableScan:
    """The error for an array that is needed but holds Python objects."""
    return UnreadableScan(
        name,
        "the array holds Python objects, which are never loaded because that could run code. "
        "Save it as plain numbers: array.astype(float).",
        where=part,
    )


def shown(shape: tuple[int, ...]) -> str:
    """A shape for people."""
    text = " × ".join(f"{n:,}" for n in shape) or "none"
    return text if len(text) <= 80 else text[:80] + "…"


def _parse(text: str) -> tuple[np.dtype[Any] | None, tuple[int, ...], bool]:
    """(dtype, shape, Fortran order); the dtype is None for a header that makes no sense."""
    bad = None, (), False
    try:
        header = parse_literal(text.strip())
    except ValueError:
        try:  # Python 2 wrote whole numbers as 100L.
            header = parse_literal(re.sub(r"(?<=\d)L\b", "", text.strip()))
        except ValueError:
            return bad
    if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
        return bad
    shape, fortran = header["shape"], header["fortran_order"]
    if not isinstance(shape, tuple) or len(shape) > 32 or not isinstance(fortran, bool):
        return bad
    if not all(type(n) is int and 0 <= n < 2**62 for n in shape):
        return bad
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of spellings that NumPy is about to drop.
            dtype: np.dtype[Any] = np.lib.format.descr_to_dtype(header["descr"])
    except Exception:  # NumPy parses it in several ways, and hands on whatever goes wrong there.
        return bad
    if not isinstance(dtype, np.dtype) or (dtype.itemsize == 0 and math.prod(shape) > 0):
        return bad
    return dtype, shape, fortran
