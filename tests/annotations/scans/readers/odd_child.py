# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A reading process whose reader does what the file's name says, as bad libraries do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.scans.readers import reading_child
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan


class PanicException(BaseException):
    """What Rust libraries raise."""


def odd(path: Path, *, name: str, progress: Any, **others: Any) -> PointScan:
    if path.stem == "hangs":
        re.match("(a+)+$", "a" * 60 + "b")  # For ever, and no other thread may run meanwhile.
    elif path.stem == "crashes":
        os.abort()
    elif path.stem == "panics":
        raise PanicException("range end index 12 out of range\nfor slice")
    elif path.stem == "fails":
        raise ValueError("list index out of range")
    elif path.stem == "allocates":
        np.ones(3_000_000_000, np.uint8)
    elif path.stem == "starts_another":
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        path.with_suffix(".pid").write_text(str(other.pid))
        time.sleep(600)
    elif path.stem == "prints":
        print('{"done": "nothing"}')
        os.write(1, b"noise\n")
    elif path.stem == "tells":
        progress(0.5, "Half of it")
    return read_scan(path, name=name, **others)


if __name__ == "__main__":
    setattr(reading_child, "read_scan", odd)  # noqa: B010 - mypy knows it as a private import.
    reading_child.main()
