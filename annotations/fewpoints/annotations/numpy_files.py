# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading .npy and .npz files from any number of threads at once.

NumPy reads the header of an array with `ast.literal_eval`, and CPython 3.11.0–3.11.7 and
3.12.0–3.12.1 count how deep that goes once for all threads: two of them at once now and then end
in a SystemError (python/cpython#106905). So only one thread reads at a time.
"""

from __future__ import annotations

import ast
import threading
from pathlib import Path
from typing import BinaryIO

import numpy as np

from fewpoints.annotations.arrays import AnyArray

_one_reads = threading.Lock()


def map_array(path: Path) -> AnyArray:
    """Return the array of a .npy file as a read-only map; an empty one, which has no map, itself.

    Raises:
        OSError: the file cannot be read.
        ValueError, EOFError: it is not such a file, or its array holds Python objects.
    """
    with _one_reads:
        try:
            found: AnyArray = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError:  # What NumPy says of an empty array, and of a file that is none.
            found = np.load(path, allow_pickle=False)
    if not isinstance(found, np.ndarray):
        raise ValueError(f"{path.name} is an archive of arrays, not a single one")
    return found


def load_arrays(source: Path | BinaryIO) -> dict[str, AnyArray]:
    """Return all arrays of an .npz file by name.

    Raises:
        OSError: the file cannot be read.
        ValueError, EOFError, zipfile.BadZipFile: it is not such a file, or it is damaged.
    """
    with _one_reads:
        content = np.load(source, allow_pickle=False)
        if isinstance(content, np.ndarray):
            raise ValueError("it is a single array")
        with content:
            return {name: content[name] for name in content.files}


def parse_literal(text: str) -> object:
    """Return what a Python literal stands for, as the header of an array is one.

    Raises:
        ValueError: it is none, or too deep.
    """
    with _one_reads:
        try:
            return ast.literal_eval(text)
        except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise ValueError("not a literal") from error
