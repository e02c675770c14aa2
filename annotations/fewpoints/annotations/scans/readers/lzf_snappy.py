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

import numpy as np

from fewpoints.annotations.arrays import IndexArray, UInt8Array

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
    import pyarrow as pa  # Tens of megabytes, and few files need it.

    if not pa.Codec.is_available("snappy"):
        return None
    codec = pa.Codec("snappy")
    all_bytes = np.frombuffer(data, np.uint8)
    out = bytearray(size)
    at = done = 0
    while at < len(data):
        starts, end = _starts(data, at)
        if end > len(data):
            return None
        window = bytes(out[max(0, done - WINDOW) : done])
        spelled, length = _spelled(all_bytes[at:end], starts - at)
        if done + length > size:
            return None
        stream = _head(len(window) + length) + _literal(window) + spelled.tobytes()
        try:
            unpacked = codec.decompress(stream, len(window) + length, asbytes=True)
        except (pa.ArrowInvalid, OSError):
            return None
        out[done : done + length] = memoryview(unpacked)[len(window) :]
        done += length
        at = end
    return out if done == size else None


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
    control = data[starts].astype(np.int64)
    sizes = np.diff(starts, append=len(data))
    literal = control < 32
    copies = np.flatnonzero(~literal)
    at, top = starts[copies], control[copies]
    lengths = (top >> 5) + 2
    long = lengths == 9
    lengths[long] += data[at[long] + 1]
    back = ((top & 31) << 8) + data[at + sizes[copies] - 1] + 1
    pieces = -(-lengths // _LONGEST_COPY)
    spelled = sizes.copy()
    spelled[copies] = 3 * pieces
    ends = np.cumsum(spelled)
    out = np.empty(int(ends[-1]), np.uint8)
    out[np.repeat(literal, spelled)] = data[np.repeat(literal, sizes)]
    places = ends - spelled
    out[places[literal]] = control[literal] << 2
    # The pieces of each copy: all of 64 bytes but the last.
    number = np.arange(int(pieces.sum())) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    place = np.repeat(places[copies], pieces) + 3 * number
    left = np.repeat(lengths, pieces) - _LONGEST_COPY * number
    far = np.repeat(back, pieces)
    out[place] = (np.minimum(left, _LONGEST_COPY) - 1) << 2 | 2
    out[place + 1] = far & 255
    out[place + 2] = far >> 8
    return out, int(control[literal].sum() + literal.sum() + lengths.sum())


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
