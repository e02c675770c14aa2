# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The weights that come with the package. Free of torch, so that a server may ask for them."""

from __future__ import annotations

from pathlib import Path

DEFAULT_ARCH = "Res16UNet14A"
_FILE = Path(__file__).parent / "weights" / "default.safetensors"


def packaged_weights(arch: str | None = None) -> Path | None:
    """Return the packaged checkpoint; None if there is none, or none of this architecture."""
    return _FILE if _FILE.is_file() and arch in (None, DEFAULT_ARCH) else None
