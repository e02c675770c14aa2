# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""LZF by way of Snappy: the same runs and copies, spelled as Arrow's decompressor takes them.

Only where a token begins depends on the one before, so only that is found token by token; all the
rest is done for many tokens at once. A stream with anything wrong is left to `lzf`, which names the
byte.

A Snappy stream begins with its unpacked size, seven bits per byte. Then: tag `length - 1 << 2` and
as many literal bytes, or tag `length - 1 << 2 | 2` of a copy of at most 64 bytes and, in two bytes,
how far back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np

from fewpoints.annotations.arrays import IndexArray, UInt8Array
from fewpoints.annotations.scans.readers import threads

# Below this, loading Arrow takes longer than it saves.
LEAST_BYTES = 1 << 16
# Compressed bytes that are unpacked together.
PART_BYTES = 1 << 16
WINDOW = 8192
_LONGEST_COPY = 64
# What four tokens take at most, and more.
_FOUR_STEPS = 4 * 33 + 33
# How far the next token is, by the first byte of one.
_STEP = bytes(
    [control + 2 if control < 32 else 2 if control < 224 else 3 for control in range(256)]
)


def decompress_sound(data: bytes, size: int) -> bytearray | None:
    """The `size` bytes that `data` stands for, or None if anything is wrong with it."""
    try:
        import pyarrow as pa  # Tens of megabytes, and few files need it.
    except ImportError:  # There is no room for it.
        return None
    if not pa.Codec.is_available("snappy"):
        return None
    codec = pa.Codec("snappy")
    out, done = bytearray(size), 0
    for part in _parts(data):
        if part is None or done + part[1] > size:
            return None
        spelled, length = part
        window = bytes(out[max(0, done - WINDOW) : done])
        stream = _head(len(window) + length) + _literal(window) + spelled.tobytes()
        try:
            unpacked = codec.decompress(stream, len(window) + length, asbytes=True)
        except (pa.ArrowInvalid, OSError, SystemError):
            return None
        out[done : done + length] = memoryview(unpacked)[len(window) :]
        done += length
    return out if done == size else None


def _parts(data: bytes) -> Iterator[tuple[UInt8Array, int] | None]:
    """(tokens as Snappy has them, how many bytes they stand for), some parts ahead in threads.

    None if the data end inside a token.
    """
    all_bytes = np.frombuffer(data, np.uint8)
    pending: deque[Future[tuple[UInt8Array, int]]] = deque()
    at = 0
    while at < len(data) or pending:
        while at < len(data) and len(pending) <= threads.COUNT:
            starts, end = _starts(data, at)
            if end > len(data):
                yield None
                return
            pending.append(threads.submit(_spelled, all_bytes[at:end], starts - at))
            at = end
        yield pending.popleft().result()


def _starts(data: bytes, first: int) -> tuple[IndexArray, int]:
    """(where tokens begin in about `PART_BYTES` from `first` on, the byte behind the last one)."""
    part = data[first : first + PART_BYTES]
    steps = np.frombuffer(part.translate(_STEP) + bytes(_FOUR_STEPS), np.uint8)
    places = np.arange(len(part) + 33, dtype=np.int64)
    two = steps.copy()
    two[: len(places)] += steps[places + steps[: len(places)]]
    four = two.copy()
    four[: len(places)] += two[places + two[: len(places)]]
    # Every fourth token one by one; behind the end no step leads on.
    fourths: list[int] = []
    add, jumps, at, end = fourths.append, four.tobytes(), 0, len(part)
    while at < end:
        add(at)
        at += jumps[at]
    starts = np.empty((len(fourths), 4), np.int64)
    starts[:, 0] = fourths
    starts[:, 1] = starts[:, 0] + steps[starts[:, 0]]
    starts[:, 2] = starts[:, 0] + two[starts[:, 0]]
    starts[:, 3] = starts[:, 2] + steps[starts[:, 2]]
    flat = starts.ravel()
    return flat[: np.searchsorted(flat, end)] + first, first + at


def _spelled(data: UInt8Array, starts: IndexArray) -> tuple[UInt8Array, int]:
    """(the tokens of `data` as Snappy has them, how many bytes they stand for)."""
    control = data[starts]
    sizes = np.diff(starts, append=len(data)).astype(np.int32)
    literal = control < 32
    copies = np.flatnonzero(~literal)
    at, top = starts[copies], control[copies].astype(np.int32)
    lengths = (top >> 5) + 2
    long = np.flatnonzero(lengths == 9)
    lengths[long] += data[at[long] + 1]
    back = ((top & 31) << 8) + data[at + sizes[copies] - 1] + 1
    pieces = (lengths + (_LONGEST_COPY - 1)) >> 6
    spelled = sizes.copy()
    spelled[copies] = 3 * pieces
    ends = np.cumsum(spelled, dtype=np.int32)
    out = np.empty(int(ends[-1]), np.uint8)
    out[np.repeat(literal, spelled)] = data[np.repeat(literal, sizes)]
    places = ends - spelled
    out[places[literal]] = control[literal] << 2
    # All pieces of a copy but the last are of 64 bytes.
    place, far, left = places[copies], back, lengths
    while len(place):
        out[place] = (np.minimum(left, _LONGEST_COPY) - 1) << 2 | 2
        out[place + 1] = far & 255
        out[place + 2] = far >> 8
        more = np.flatnonzero(left > _LONGEST_COPY)
        place, far, left = place[more] + 3, far[more], left[more] - _LONGEST_COPY
    unpacked = int(control[literal].sum(dtype=np.int64)) + len(control) - len(copies)
    return out, unpacked + int(lengths.sum())


def _head(size: int) -> bytes:
    out = bytearray()
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    out.append(size)
    return bytes(out)


def _literal(run: bytes) -> bytes:
    """At most `WINDOW` bytes as they are."""
    return b"\xf4" + (len(run) - 1).to_bytes(2, "little") + run if run else b""
