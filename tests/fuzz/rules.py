# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What may come of any bytes: a scan that keeps its promises, or one sentence.

Anything else is an AssertionError; an exception that is no `AppError` is let through.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.errors import AppError
from fewpoints.annotations.json_values import without_nan
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.scans.scan import PointScan

# Points per byte, at most: what compression and a picture of a surface can make of a small file.
MOST_GROWTH = 2000
# In memory where the system has such a place: a fuzzer writes a thousand files a second.
SCRATCH = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())


def scan_or_sentence(scan: PointScan | AppError, name: str, size: int) -> PointScan | None:
    """Hold what came of a file of `size` bytes called `name` against the rules."""
    if isinstance(scan, AppError):
        assert_refusal(scan, name)
        return None
    assert_sound(scan, size)
    found = inspect_scan(scan, name=name).to_dict()
    assert_storable(json.dumps(without_nan(found), allow_nan=False, ensure_ascii=False))
    return scan


def assert_refusal(error: AppError, name: str) -> None:
    """The file is to blame, and the message says so."""
    assert error.status == 422, error
    assert_sentence(str(error), name)


def assert_sentence(message: str, name: str) -> None:
    """One line that begins with the name of what it is about."""
    assert message.startswith(name), message
    assert len(message) < 500, message
    assert message.isprintable(), message


def assert_sound(scan: PointScan, size: int) -> None:
    """Every array has its type and its length; text can be stored; at least one point is a place.

    The shapes of arrays are asserted by `PointScan` itself.
    """
    assert 0 < len(scan) <= 1000 + MOST_GROWTH * size, len(scan)
    assert scan.finite.any()
    local = scan.local_positions()
    assert np.isfinite(local[scan.finite]).all()
    assert scan.global_shift.shape == (3,)
    assert np.isfinite(scan.global_shift).all()
    assert scan.normals is None or scan.normals.dtype == np.float32, scan.normals.dtype
    assert scan.intensity is None or scan.intensity.dtype == np.float32, scan.intensity.dtype
    for label, values in scan.labels.items():
        assert values.dtype.kind in "iu", (label, values.dtype)
    assert all(isinstance(field.name, str) for field in scan.fields)
    texts = [*scan.labels, *scan.details, *scan.details.values(), *scan.notes, scan.source_format]
    for text in [*texts, *(text for field in scan.fields for text in field)]:
        assert_storable(text)


def assert_same(one: PointScan | AppError, other: PointScan | AppError) -> None:
    """Two ways to read a file give the same scan, to the last bit, or both refuse it.

    Which of several mistakes is told may depend on where blocks end.
    """
    if isinstance(one, AppError) or isinstance(other, AppError):
        assert type(one) is type(other), (one, other)
        return
    for name in ("positions", "colours", "normals", "intensity", "global_shift"):
        _assert_equal(name, getattr(one, name), getattr(other, name))
    assert list(one.labels) == list(other.labels)
    for name, values in one.labels.items():
        _assert_equal(name, values, other.labels[name])
    facts = [(s.fields, s.source_format, s.details, s.notes) for s in (one, other)]
    assert facts[0] == facts[1], facts


def _assert_equal(name: str, one: AnyArray | None, other: AnyArray | None) -> None:
    if one is None or other is None:
        assert one is other, name
        return
    assert one.dtype == other.dtype, (name, one.dtype, other.dtype)
    np.testing.assert_array_equal(one, other, name)  # A NaN equals a NaN.
    if one.dtype.kind == "f":
        minus, other_minus = (np.signbit(values) & ~np.isnan(values) for values in (one, other))
        np.testing.assert_array_equal(minus, other_minus, name)


def assert_storable(text: str) -> None:
    """A text that files and both databases take: no half of a character pair, no zero."""
    text.encode()
    assert "\0" not in text, ascii(text)
