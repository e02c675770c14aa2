# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a job leaves to read while it runs: lines of text, and a loss for each step.

Losses are a file of little-endian records of 8 bytes, uint32 step and float32 loss, in the order in
which they came: a training that was picked up tells the steps after its last state once more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAX_LOG_BYTES = 256 * 1024
_LOSS = np.dtype([("step", "<u4"), ("loss", "<f4")])


@dataclass(frozen=True)
class LogPart:
    """Whole lines of a log; `next` is the offset in bytes at which to read on."""

    text: str
    next: int


def read_log(path: Path, *, after: int | None, ended: bool) -> LogPart:
    """Return at most `MAX_LOG_BYTES` of a log: from the offset `after`, or the last ones.

    Args:
        ended: the job is over, so that a last line without an end is whole, too.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            tail = max(0, size - MAX_LOG_BYTES)
            if after is not None and after > size:
                after = None  # Of another file: a job's log is never cut.
            start = tail if after is None else after
            file.seek(start)
            block = file.read(MAX_LOG_BYTES)
    except FileNotFoundError:
        return LogPart("", 0)
    skipped = 0
    if after is None and tail > 0:
        skipped = block.find(b"\n") + 1
    end = block.rfind(b"\n") + 1
    if (ended and start + len(block) == size) or len(block) == MAX_LOG_BYTES > end == 0:
        end = len(block)
    end = max(end, skipped)
    return LogPart(block[skipped:end].decode("utf-8", "replace"), start + end)


def add_loss(path: Path, step: int, loss: float) -> None:
    """Write down the loss of a step."""
    record = np.array([(step, loss)], _LOSS).tobytes()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, record)
    finally:
        os.close(handle)


def read_losses(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (S,) steps, ascending, and (S,) losses; of a step that was told twice, the last."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    whole = len(content) // _LOSS.itemsize * _LOSS.itemsize
    records = np.frombuffer(content[:whole], _LOSS)[::-1]
    steps, newest = np.unique(records["step"], return_index=True)
    return steps.astype(np.int64), records["loss"][newest].astype(np.float64)


def thinned(
    steps: NDArray[np.int64], losses: NDArray[np.float64], most: int
) -> tuple[list[int], list[float]]:
    """Return at most `most` points of a curve: the means of runs of equal length, at their ends."""
    if len(steps) == 0:
        return [], []
    run = -(-len(steps) // most)
    starts = np.arange(0, len(steps), run)
    ends = np.minimum(starts + run, len(steps))
    means = np.add.reduceat(losses, starts) / (ends - starts)
    return steps[ends - 1].tolist(), means.tolist()
