# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a trained offset head is of use: how far its offsets end from the centres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from fewpoints.models.instances.offset_head import OffsetHead
from fewpoints.models.nets.res_unet import Res16UNet
from fewpoints.models.training.config import FinetuneConfig
from fewpoints.models.training.sparse_supervision import (
    ExtraTargets,
    LabelledScan,
    make_samples,
)

# Of the way to the centre. Offsets that miss by more scatter what lies together: after 60 steps
# they miss by all of it, and objects told apart by them were worse than by gaps alone.
LARGEST_MISS = 0.5


def relative_miss(
    network: Res16UNet,
    offset_head: OffsetHead,
    scans: Sequence[LabelledScan],
    extra: Sequence[ExtraTargets],
    config: FinetuneConfig,
    device: torch.device,
) -> float:
    """Return how far offsets end from the centres they were trained on, over how far these are.

    Over all voxels whose object is known, without random changes; infinite where no object has an
    extent.
    """
    missed = length = 0.0
    network.eval()
    offset_head.eval()
    with torch.no_grad():
        for scan, targets in zip(scans, extra, strict=True):
            if not len(scan.rows):
                continue
            rng = np.random.default_rng(0)
            for sample in make_samples(
                scan, rng, max_voxels=config.max_voxels, augment=False, extra=targets
            ):
                output = network(sample.coords.to(device), sample.colours.to(device))
                found = offset_head(output.features[sample.object_voxels.to(device)]).cpu()
                missed += float(torch.linalg.vector_norm(found - sample.offsets, dim=1).sum())
                length += float(torch.linalg.vector_norm(sample.offsets, dim=1).sum())
    return missed / length if length else float("inf")


def silence(offset_head: OffsetHead) -> None:
    """Make every offset zero, so that objects are told apart by the gaps between them."""
    with torch.no_grad():
        offset_head.offsets.kernel.zero_()
        assert offset_head.offsets.bias is not None
        offset_head.offsets.bias.zero_()
