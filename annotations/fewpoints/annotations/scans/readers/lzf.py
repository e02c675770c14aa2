# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""LZF, the compression inside PCD's binary_compressed.

A stream of two kinds of tokens. A control byte below 32: that many + 1 literal bytes follow. Else a
copy of bytes already written: the top three bits give the length less 2 (7: add the next byte), the
lower five and the following byte how far back less 1.
"""

from __future__ import annotations

from fewpoints.annotations.scans.readers import lzf_hdf5

# Three bytes can stand for 264 at most.
MOST_GROWTH = 88


class BadLzf(Exception):
    """The stream is damaged; `at` is the byte in the compressed stream."""

    def __init__(self, problem: str, at: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.at = at


def decompress(data: bytes, size: int) -> bytearray | memoryview:
    """Return the `size` bytes that `data` stands for.

    Raises BadLzf if the stream ends early, refers to bytes before the start, or does not give
    exactly `size` bytes. Never writes more than a token beyond `size`.
    """
    if len(data) >= lzf_hdf5.LEAST_BYTES:
        found = lzf_hdf5.decompress_sound(data, size)
        if found is not None:
            return found
    out = bytearray()
    at, end = 0, len(data)
    try:
        while at < end:
            control = data[at]
            at += 1
            if control < 32:
                stop = at + control + 1
                out += data[at:stop]
                if stop > end:
                    raise BadLzf("the compressed data end inside a run of bytes", at)
                at = stop
            else:
                length = (control >> 5) + 2
                if length == 9:
                    length += data[at]
                    at += 1
                have = len(out)
                start = have - ((control & 31) << 8) - data[at] - 1
                at += 1
                if start < 0:
                    raise BadLzf("the compressed data refer to bytes before their start", at)
                stop = start + length
                if stop <= have:
                    out += out[start:stop]
                else:  # It overlaps what it writes: the bytes since `start` repeat.
                    pattern = out[start:]
                    out += (pattern * (length // len(pattern) + 1))[:length]
                if have > size:
                    break
    except IndexError:
        raise BadLzf("the compressed data end inside a copy", end) from None
    if len(out) != size:
        raise BadLzf(f"the compressed data give {len(out):,} bytes instead of {size:,}", at)
    return out
