# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One JSON line per measurement, with the commit it belongs to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path


def record(benchmark: str, found: Mapping[str, object]) -> None:
    """Print the measurement."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    print(json.dumps({"benchmark": benchmark, **found, "commit": commit}))
