# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What may happen to a file, and what a reader may answer: the scan whole, or one sentence.

A test of a format needs one line per sound file:

    @pytest.mark.parametrize("name", sorted(SOUND))
    @attacked
    @given(data=st.data())
    def test_damaged_files(name: str, data: st.DataObject) -> None:
        check(data.draw(mutated(SOUND[name])), Path(name).suffix)
"""

from __future__ import annotations

import re
import struct
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan

attacked = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
_NUMBER = re.compile(rb"\d+")
_ODD_NUMBERS = (b"0", b"-1", b"999999999999", b"1e30", b"nan", b"18446744073709551615", b"")


def check(content: bytes, suffix: str) -> PointScan | None:
    """Read a file of that content: the scan if it loads, None if it is refused as it should be.

    Anything but a scan with a usable point, or one short sentence that names the file, fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"scan{suffix}"
        path.write_bytes(content)
        try:
            scan = read_scan(path)
        except AppError as error:
            refused = error
        else:
            assert len(scan) > 0
            assert scan.finite.any()
            assert np.isfinite(scan.local_positions()[scan.finite]).all()
            return scan
    assert_one_sentence(refused, "scan")
    return None


def assert_one_sentence(error: AppError, name: str) -> None:
    """A refusal is one line that begins with the file's `name`."""
    message = str(error)
    assert message.startswith(name), message
    assert "\n" not in message
    assert len(message) < 500, message
    assert error.status == 422


@st.composite
def flipped(draw: st.DrawFn, content: bytes) -> bytes:
    """One to four bytes have other values."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        changed[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(changed)


@st.composite
def cut(draw: st.DrawFn, content: bytes) -> bytes:
    """A piece is missing, and something else may stand there; truncation is a case of it."""
    start = draw(st.integers(0, len(content)))
    stop = draw(st.one_of(st.just(len(content)), st.integers(start, len(content))))
    return content[:start] + draw(st.binary(max_size=40)) + content[stop:]


@st.composite
def blown_up(draw: st.DrawFn, content: bytes, *, within: int = 400) -> bytes:
    """A binary number among the first `within` bytes is another one, often an absurd one."""
    changed = bytearray(content)
    code = draw(st.sampled_from("HIQd"))
    at = draw(st.integers(0, max(0, min(within, len(content)) - 8)))
    if code == "d":
        value: float = draw(st.sampled_from([0.0, 1e308, -1e308, float("nan")]))
    else:
        value = draw(st.integers(0, 2 ** (8 * struct.calcsize(code)) - 1))
    struct.pack_into("<" + code, changed, at, value)
    return bytes(changed)


@st.composite
def recounted(draw: st.DrawFn, content: bytes, *, within: int = 4000) -> bytes:
    """A number written in digits among the first `within` bytes is another one, or none.

    For text, and for binary files with a header in words.
    """
    numbers = list(_NUMBER.finditer(content[:within]))
    if not numbers:
        return content
    found = numbers[draw(st.integers(0, len(numbers) - 1))]
    new = draw(st.one_of(st.sampled_from(_ODD_NUMBERS), st.integers(0, 2**40).map(_digits)))
    return content[: found.start()] + new + content[found.end() :]


def _digits(value: int) -> bytes:
    return str(value).encode()


def mutated(content: bytes) -> st.SearchStrategy[bytes]:
    """Any of the above."""
    return st.one_of(flipped(content), cut(content), blown_up(content), recounted(content))
