# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a run needs to go on after a crash: two generations of a file, read without running code."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

_log = logging.getLogger(__name__)
CURRENT = "state.pt"
PREVIOUS = "state.previous.pt"


def save_state(run_dir: Path, state: Mapping[str, Any]) -> None:  # Any: tensors and plain values.
    """Write `state` so that at any moment one complete generation is on disk."""
    part = run_dir / f".{CURRENT}.part"
    try:
        with part.open("wb") as file:
            torch.save(dict(state), file)
            file.flush()
            os.fsync(file.fileno())
        current = run_dir / CURRENT
        if current.exists():
            current.replace(run_dir / PREVIOUS)
        part.replace(current)
    finally:
        part.unlink(missing_ok=True)


def load_state(run_dir: Path, fingerprint: str) -> dict[str, Any] | None:  # Any: as saved.
    """Return the newest usable state of the very same run, or None for a fresh start.

    A damaged file is skipped with a logged sentence; so is one of a run with other data or options.
    """
    for name in (CURRENT, PREVIOUS):
        path = run_dir / name
        if not path.exists():
            continue
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises almost anything on a damaged file.
            _log.warning("Training state %s is damaged (%s).", name, type(error).__name__)
            continue
        if isinstance(state, dict) and state.get("fingerprint") == fingerprint:
            return state
        _log.warning("Training state %s belongs to another run; it is not used.", name)
    return None


def remove_state(run_dir: Path) -> None:
    """Delete what is only needed to resume."""
    for name in (CURRENT, PREVIOUS):
        (run_dir / name).unlink(missing_ok=True)
