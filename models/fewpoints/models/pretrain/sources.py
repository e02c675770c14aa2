# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What pre-training learns from: sequences of frames, with classes where somebody knows them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.scans.frames.frame import FrameSequence
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


def open_source(path: Path) -> PretrainSource:
    """Open a file or folder of posed RGB-D frames, and read its first and last frame.

    Raises:
        UnusableSource: it is not there, or cannot be trained on.
        UnreadableScan, UnsupportedFormat: from the reader of the format.
    """
    if not path.exists():
        raise UnusableSource(f"{path}: there is no such file or folder. Check the path.")
    try:
        registry = importlib.import_module("fewpoints.annotations.scans.frames.registry")
    except ModuleNotFoundError:
        raise UnusableSource(
            f"{path.name}: this installation has no readers of RGB-D sequences. Update fewpoints."
        ) from None
    sequence = registry.read_frames(path)
    assert isinstance(sequence, FrameSequence)
    source = PretrainSource(sequence, identity=str(path.absolute()))
    check_source(source)
    return source


def check_source(source: PretrainSource) -> None:
    """Refuse a source that training would fail on later.

    Raises:
        UnusableSource: fewer than two frames, no measured pixel, no pictures, or a bad pose.
    """
    sequence = source.sequence
    if len(sequence) < 2:
        raise UnusableSource(
            f"{sequence.name} has {len(sequence)} frames; pre-training compares frames with each "
            "other and needs at least 2."
        )
    up = np.asarray(sequence.up, np.float64)
    if not np.isfinite(up).all() or abs(np.linalg.norm(up) - 1) > 1e-3:
        raise UnusableSource(f"{sequence.name}: the direction up is {sequence.up}, no unit vector.")
    for index in (0, len(sequence) - 1):
        frame = sequence[index]
        if frame.colours is None:
            raise UnusableSource(
                f"{sequence.name}: frame {frame.name} has no picture. Pre-training reads colours."
            )
        if frame.world_from_camera.shape != (4, 4):
            raise UnusableSource(f"{sequence.name}: frame {frame.name} has no 4 x 4 pose.")
        if source.class_map is not None:
            classes = source.class_map(index)
            if classes.shape != frame.depth.shape or classes.dtype != np.uint8:
                raise UnusableSource(
                    f"{sequence.name}: the classes of frame {frame.name} are "
                    f"{classes.dtype} {classes.shape}, its depth is {frame.depth.shape}."
                )
