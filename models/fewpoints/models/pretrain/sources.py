# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What pre-training learns from: sequences of frames, with classes where somebody knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.checks import check_frames
from fewpoints.annotations.scans.frames.frame import FrameSequence
from fewpoints.annotations.scans.frames.registry import read_frames
from fewpoints.models.pretrain.errors import UnusableSource

NO_CLASS = 255


@dataclass(frozen=True, eq=False)
class PretrainSource:
    """A sequence, and optionally the class of every pixel.

    class_map: frame index -> (H, W) uint8 of the frame's depth, `NO_CLASS` where unknown.
    class_names: one per class of the maps.
    identity: what tells this source from another of the same name, such as its path.
    """

    sequence: FrameSequence
    class_map: Callable[[int], NDArray[np.uint8]] | None = None
    class_names: tuple[str, ...] = ()
    identity: str = ""


def open_source(path: Path, *, progress: Progress = no_progress) -> PretrainSource:
    """Open a file or folder of posed RGB-D frames and check all of it.

    Raises:
        UnusableSource: it is not there, or cannot be trained on.
        UnreadableScan, UnsupportedFormat: it is damaged, contradicts itself, or of another kind.
    """
    if not path.exists():
        raise UnusableSource(f"{path}: there is no such file or folder. Check the path.")
    sequence = read_frames(path, progress=progress)
    if len(sequence) < 2:
        raise UnusableSource(
            f"{sequence.name} has {len(sequence)} frames; pre-training compares frames with each "
            "other and needs at least 2."
        )
    check_frames(sequence, progress=progress)
    if not sequence.header(0).has_colours:
        raise UnusableSource(f"{sequence.name} has no pictures. Pre-training reads colours.")
    return PretrainSource(sequence, identity=str(path.absolute()))
