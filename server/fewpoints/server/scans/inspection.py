# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The preflight of a file, in a process of its own: a hostile file cannot take the server down.

`python -m fewpoints.server.scans.inspection PATH NAME` prints {"preflight"} or {"error"} as JSON.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from fewpoints.server.errors import AppError

AT_ONCE = threading.BoundedSemaphore(2)


class InspectionTimeout(AppError):
    """Reading the file takes too long."""

    status = 422
    code = "inspection_timeout"

    def __init__(self, name: str, timeout_s: float) -> None:
        super().__init__(
            f"{name} could not be read within {timeout_s:.0f} s. Upload it; an import may take "
            "longer."
        )


class InspectionFailed(AppError):
    """The file cannot be used; the sentence comes from its reader."""

    status = 422
    code = "unreadable_scan"


class InspectionCrashed(AppError):
    """Reading the file ended the process that read it."""

    status = 422
    code = "inspection_crashed"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} could not be read: its reader ran out of memory or crashed. Check the file."
        )


def inspect_in_process(path: Path, *, name: str, timeout_s: float) -> dict[str, Any]:
    """Return the preflight of a file.

    Raises:
        InspectionFailed, InspectionTimeout, InspectionCrashed: it cannot be read.
    """
    command = [sys.executable, "-m", "fewpoints.server.scans.inspection", str(path), name]
    with AT_ONCE:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise InspectionTimeout(name, timeout_s) from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise InspectionCrashed(name) from error
    if "error" in answer:
        failed = InspectionFailed(answer["error"]["message"])
        failed.code = answer["error"]["code"]
        raise failed
    preflight: dict[str, Any] = answer["preflight"]
    return preflight


def without_nan(value: Any) -> Any:  # Any: JSON of any shape.
    """Return `value` with null for numbers that JSON does not have, and plain Python numbers."""
    if isinstance(value, dict):
        return {str(key): without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    if hasattr(value, "tolist"):
        return without_nan(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def renamed(message: str, path: Path, name: str) -> str:
    """Return a reader's sentence with the name that the user knows."""
    return message.replace(str(path), name).replace(path.name, name)


def main() -> None:
    """Print the preflight of one file."""
    from fewpoints.annotations.scans.preflight import inspect_scan
    from fewpoints.annotations.scans.readers.registry import read_scan

    path, name = Path(sys.argv[1]), sys.argv[2]
    answer: dict[str, Any]
    try:
        scan = read_scan(path)
        answer = {"preflight": without_nan(inspect_scan(scan, name=name).to_dict())}
    except AppError as error:
        answer = {"error": {"code": error.code, "message": renamed(error.message, path, name)}}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
