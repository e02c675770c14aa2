# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A head on superpoints as entries of a checkpoint, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from fewpoints.models.densify.superpoint_head import SuperpointHead
from fewpoints.models.nets.errors import CheckpointUnreadable
from fewpoints.models.superpoints.look import looks_version

_PREFIX = "superpoint_head."


def tensors_of(head: SuperpointHead) -> dict[str, Tensor]:
    """Return the entries of a state dict."""
    return {
        f"{_PREFIX}anchors": torch.from_numpy(head.anchors),
        f"{_PREFIX}weights": torch.from_numpy(head.weights),
        f"{_PREFIX}classes": torch.from_numpy(head.classes),
    }


def facts_of(head: SuperpointHead) -> dict[str, str | bool]:
    """Return what the metadata say of it: the looks that it knows."""
    return {"looks": looks_version(with_kinds=head.with_kinds), "with_kinds": head.with_kinds}


def take_superpoint_head(
    path: Path, state: Mapping[str, Tensor], facts: object, report: list[str]
) -> tuple[dict[str, Tensor], SuperpointHead | None]:
    """Take the head out of a state dict, if there is one.

    Args:
        facts: from the metadata. report: gets a sentence where the head cannot be used.

    Raises:
        CheckpointUnreadable: the head is damaged.
    """
    rest = {key: value for key, value in state.items() if not key.startswith(_PREFIX)}
    if len(rest) == len(state):
        return rest, None
    entries = [state.get(f"{_PREFIX}{name}") for name in ("anchors", "weights", "classes")]
    anchors, weights, classes = entries
    outputs = state.get("final.kernel")
    if (
        anchors is None
        or weights is None
        or classes is None
        or anchors.ndim != 2
        or not len(anchors)
        or not len(classes)
        or classes.dtype != torch.int64
        or weights.shape != (len(anchors), len(classes))
        or not (bool(anchors.isfinite().all()) and bool(weights.isfinite().all()))
        or outputs is None
        or not 0 <= int(classes.min()) <= int(classes.max()) < outputs.shape[-1]
        or not isinstance(facts, dict)
        or not isinstance(facts.get("with_kinds"), bool)
    ):
        raise CheckpointUnreadable(f"{path.name}: the head on superpoints is damaged.")
    with_kinds = facts["with_kinds"]
    if facts.get("looks") != looks_version(with_kinds=with_kinds):
        report.append(
            f"{path.name}: its head on superpoints was learned by another version of fewpoints and "
            "is left out; its linear head is used instead. Train again for a better one."
        )
        return rest, None
    return rest, SuperpointHead(
        anchors.float().numpy(), weights.float().numpy(), classes.numpy(), with_kinds
    )
