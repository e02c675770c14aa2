# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The smallest network and run that still have every part."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.nets.res_unet import Architecture
from fewpoints.models.pretrain.config import PretrainConfig, make_config
from fewpoints.models.pretrain.sources import FrameSource
from tests.models.pretrain.scenes import room_sequence

TINY = "Tiny"
TINY_ARCH = Architecture((1, 1, 1, 1, 1, 1, 1, 1), (4, 4, 8, 8, 8, 8, 4, 4))


def tiny_config(**changes: Any) -> PretrainConfig:  # Any: the config's fields
    values: dict[str, Any] = {
        "arch": TINY,
        "steps": 5,
        "batch": 2,
        "voxel_size_m": 0.08,
        "points": 128,
        "channels": 8,
        "workers": 0,
        "save_every": 2,
        **changes,
    }
    return make_config("small", **values)


def tiny_source(*, labelled: bool = False) -> FrameSource:
    sequence = room_sequence(6)

    def classes(index: int) -> NDArray[np.uint8]:
        """Floor, wall; the left quarter of the picture is unknown."""
        frame = sequence[index]
        points, pixels = frame.points()
        flat = np.full(frame.depth.size, 255, np.uint8)
        flat[pixels] = points[:, 2] > 0.05
        found = flat.reshape(frame.depth.shape)
        found[:, : frame.intrinsics.width // 4] = 255
        return found

    if not labelled:
        return FrameSource(sequence)
    return FrameSource(sequence, classes, ("floor", "wall"))
