# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What gradient descent makes small, for one sample.

    L = CE(answers) * weight of the sample + w * CE(pseudo-labels) + L_norm + L_dir

Cross-entropies are means over their targets, each counted by the weight of its class where there
are such weights; w is `FinetuneConfig.pseudo_weight`; the last two are those of
`instances.offset_head` over the voxels whose object is known. A term without targets is left out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fewpoints.models.instances.offset_head import OffsetHead, direction_loss, norm_loss
from fewpoints.models.nets.res_unet import Res16UNet
from fewpoints.models.training.sparse_supervision import Sample


def sample_loss(
    network: Res16UNet,
    offset_head: OffsetHead | None,
    sample: Sample,
    *,
    pseudo_weight: float,
    class_weights: Tensor | None,
    device: torch.device,
) -> tuple[Tensor, float]:
    """Return L, and the cross-entropy of the answers alone for people to read."""
    output = network(sample.coords.to(device), sample.colours.to(device))
    logits = output.logits
    answers = nn.functional.cross_entropy(
        logits[sample.voxels.to(device)], sample.classes.to(device), class_weights
    )
    loss = answers * sample.weight
    if len(sample.pseudo_voxels):
        pseudo = nn.functional.cross_entropy(
            logits[sample.pseudo_voxels.to(device)],
            sample.pseudo_classes.to(device),
            class_weights,
        )
        loss = loss + pseudo_weight * pseudo
    if offset_head is not None and len(sample.object_voxels) > 1:  # One row has no statistics.
        predicted = offset_head(output.features[sample.object_voxels.to(device)])
        target = sample.offsets.to(device)
        known = torch.ones(len(target), dtype=torch.bool, device=device)
        loss = loss + norm_loss(predicted, target, known) + direction_loss(predicted, target, known)
    return loss, float(answers.detach())
