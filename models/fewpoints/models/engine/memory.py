# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How a process that runs networks on the CPU deals with freed memory. Free of torch."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # From malloc.h.
_LARGEST_BLOCK = 1 << 30
_KEPT = 256 << 20


def keep_freed_memory() -> bool:
    """Let this process use large freed blocks again instead of giving each back at once.

    A network's pass makes and frees dozens of blocks of some 50 MB. The C library of Linux returns
    each to the system and pays a page fault per 4 kB for the next one: a twentieth of the time of
    a pass. Up to 256 MB at the end of the heap are kept. For processes of our own, not for
    libraries that others import. Returns whether it took effect; elsewhere nothing changes.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # Another C library.
        return False
    options = ((_M_MMAP_THRESHOLD, _LARGEST_BLOCK), (_M_TRIM_THRESHOLD, _KEPT))
    return all(mallopt(name, value) == 1 for name, value in options)
