# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""LZF by way of h5py, whose LZF filter is compiled: an HDF5 file in memory with one packed chunk.

The filter checks that a stream refers to nothing outside itself. It does not tell how many bytes
came out: too few leave memory as it was found, too many are cut off. So random bytes are packed
behind the stream, and only what ends in them has the right length. A stream with anything wrong is
left to `lzf`, which names the byte. For one that is far too long the filter starts again and again,
each time with room for as many bytes more as the stream has; limits are up to the reading process.
"""

from __future__ import annotations

import secrets
from itertools import count

import numpy as np

# Below this, loading h5py takes longer than it saves.
LEAST_BYTES = 1 << 18
# Of an HDF5 chunk, and what the filter can count.
_MOST_BYTES = (1 << 32) - 1
_MARK_BYTES = 32
# Tokens: 32 bytes as they are, and a copy of 32 bytes from 32 back.
_LITERAL, _AGAIN = b"\x1f", b"\xe0\x17\x1f"
_numbers = count()


def decompress_sound(data: bytes, size: int) -> memoryview | None:
    """The `size` bytes that `data` stands for, or None if anything is wrong with it."""
    whole = size + 2 * _MARK_BYTES
    if whole > _MOST_BYTES:
        return None
    try:
        import h5py  # A fifth of a second, and few files need it.
    except ImportError:  # There is no room for it.
        return None
    # Unpacked, it stands there twice: no memory that the stream went through holds that.
    mark = secrets.token_bytes(_MARK_BYTES)
    out = np.empty(whole, np.uint8)
    # HDF5 wants a name that no other open file has; nothing of it reaches the disk.
    name = f"lzf-{next(_numbers)}"
    try:
        with h5py.File(name, "w", driver="core", backing_store=False) as file:
            chunk = file.create_dataset(
                "chunk", (whole,), "u1", chunks=(whole,), compression="lzf", track_times=False
            )
            chunk.id.write_direct_chunk((0,), b"".join((data, _LITERAL, mark, _AGAIN)))
            chunk.read_direct(out)
    except (OSError, RuntimeError):
        return None
    return out[:size].data if out[size:].tobytes() == mark * 2 else None
