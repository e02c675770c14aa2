# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`python -m fewpoints.server.openapi` prints the interface, the same text every time."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fewpoints.server.app import create_app
from fewpoints.server.settings import Settings


def openapi_text() -> str:
    """Return the OpenAPI document as sorted JSON; nothing is started or written."""
    schema = create_app(Settings(home=Path("unused"))).openapi()
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(openapi_text())
