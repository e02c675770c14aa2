# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The schema that the web app's types are made from is the server's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_web_apps_schema_is_current() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "fewpoints.server.openapi"], capture_output=True, check=True
    )
    kept = (ROOT / "webui" / "openapi.json").read_bytes()
    assert made.stdout == kept, "The API changed; run `make api`."
