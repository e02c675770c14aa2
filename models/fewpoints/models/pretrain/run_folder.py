# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The files of a run that people look at: config.json, loss.csv, loss.svg and log.txt."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CONFIG = "config.json"
LOSSES = "loss.csv"
CURVE = "loss.svg"
LOG = "log.txt"
LOSS_PARTS = ("contrastive", "supervised", "objects")
COLUMNS = ("step", "loss", *LOSS_PARTS, "lr", "matches", "voxels", "s", "waited_s")

_log = logging.getLogger("fewpoints.models.pretrain")


def write_config(run_dir: Path, content: Mapping[str, Any]) -> None:  # JSON
    """Write config.json, complete or not at all."""
    _replace(run_dir / CONFIG, json.dumps(content, indent=2, sort_keys=True) + "\n")


def keep_rows(run_dir: Path, steps: int) -> list[list[float]]:
    """Cut loss.csv to the rows of the first `steps` steps, and return them.

    A kill can leave rows of steps that are done again, and half a row.
    """
    path = run_dir / LOSSES
    rows = []
    if path.exists():
        for line in path.read_text().splitlines()[1:]:
            try:
                row = [float(value) for value in line.split(",")]
            except ValueError:
                continue
            if len(row) == len(COLUMNS) and row[0] <= steps:
                rows.append(row)
    text = [",".join(COLUMNS), *(_line(row) for row in rows)]
    _replace(path, "\n".join(text) + "\n")
    return rows


def add_row(run_dir: Path, row: Sequence[float]) -> None:
    """Append a step to loss.csv."""
    with (run_dir / LOSSES).open("a") as file:
        file.write(_line(row) + "\n")


@contextmanager
def logging_to(run_dir: Path) -> Iterator[None]:
    """Also write what pre-training logs to log.txt."""
    handler = logging.FileHandler(run_dir / LOG)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = _log.level
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    try:
        yield
    finally:
        _log.removeHandler(handler)
        _log.setLevel(level)
        handler.close()


def write_curve(run_dir: Path, losses: Sequence[float]) -> None:
    """Draw the loss of every step, and its running mean, as loss.svg."""
    finite = [value for value in losses if math.isfinite(value)]
    if finite:
        _replace(run_dir / CURVE, _svg(finite))


def running_mean(values: Sequence[float], span: int) -> list[float]:
    """Return the mean of each value and up to span - 1 before it."""
    found, total = [], 0.0
    for index, value in enumerate(values):
        total += value - (values[index - span] if index >= span else 0.0)
        found.append(total / min(index + 1, span))
    return found


def _svg(losses: Sequence[float]) -> str:
    width, height, left, bottom, top = 720, 360, 56, 40, 16
    low, high = min(losses), max(losses)
    span = (high - low) or 1.0

    def curve(values: Sequence[float]) -> str:
        every = max(1, len(values) // (width - left))
        points = []
        for index in range(0, len(values), every):
            x = left + (width - left - 12) * index / max(1, len(values) - 1)
            y = top + (height - top - bottom) * (high - values[index]) / span
            points.append(f"{x:.1f},{y:.1f}")
        return " ".join(points)

    smooth = running_mean(losses, max(1, len(losses) // 50))
    marks = []
    for part in range(5):
        value = low + span * part / 4
        y = top + (height - top - bottom) * (1 - part / 4)
        marks.append(
            f'<line x1="{left}" x2="{width - 12}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12" fill="#333">'
        '<rect width="100%" height="100%" fill="#fff"/>'
        + "".join(marks)
        + f'<polyline points="{curve(losses)}" fill="none" stroke="#9ec5e8"/>'
        f'<polyline points="{curve(smooth)}" fill="none" stroke="#1f5f99" stroke-width="2"/>'
        f'<text x="{left}" y="{height - 12}">step 1</text>'
        f'<text x="{width - 12}" y="{height - 12}" text-anchor="end">step {len(losses)}</text>'
        f'<text x="{(left + width) // 2}" y="{height - 12}" text-anchor="middle">loss</text>'
        "</svg>\n"
    )


def _line(row: Sequence[float]) -> str:
    return ",".join(f"{value:.8g}" for value in row)


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
