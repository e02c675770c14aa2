# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How to fine-tune, as data. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Variant = Literal["superpoints", "head", "adapter", "network"]
# What leaves the network as it was: its features of a scan are the same before and after.
FROZEN: tuple[Variant, ...] = ("superpoints", "head")
PresetName = Literal["room", "paper"]


class FinetuneConfig(BaseModel):
    """What one fine-tuning run does; stored with its checkpoint. People start from a preset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variant: Variant = Field(
        default="superpoints",
        description=(
            "superpoints: what the labelled superpoints look like, in seconds. head: a linear "
            "layer on the frozen features, in seconds. adapter: that first, then the last stage "
            "of the network with it. network: that first, then all weights, in minutes."
        ),
    )
    seed: int = Field(default=0, ge=0, lt=2**63, description="Same seed, same result on a CPU.")
    holdout: float = Field(
        default=0.2, ge=0, lt=0.9, description="Share of the answers kept out to measure with."
    )
    head_decay: float = Field(
        default=0.1, gt=0, description="Pull of the head's weights to zero, standardised features."
    )
    steps: int = Field(default=60, ge=1, le=1_000_000, description="Steps of gradient descent.")
    batch: int = Field(
        default=1, ge=1, le=1024, description="Samples per step; their gradients are averaged."
    )
    lr: float = Field(
        default=0.002,
        gt=0,
        le=10,
        description="First learning rate of what is trained already: the network and its head.",
    )
    untrained_lr: float = Field(
        default=0.05, gt=0, le=10, description="The same for a network that is not trained at all."
    )
    offset_lr: float = Field(
        default=0.02, gt=0, le=10, description="First learning rate of the offset head."
    )
    balance: bool = Field(
        default=True,
        description="Count rare classes more, as the head does: one over the root of their share.",
    )
    refit: bool = Field(
        default=True, description="Fit the head once more to the features as they have become."
    )
    warm_up: int = Field(
        default=5,
        ge=0,
        description=(
            "Steps over which the learning rate is reached: one sample is a noisy first direction, "
            "and the momentum would keep it."
        ),
    )
    weight_decay: float = Field(default=1e-4, ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    clip_norm: float | None = Field(
        default=5.0, gt=0, description="Gradients longer than this are cut; none: never."
    )
    max_voxels: int = Field(
        default=20_000,
        ge=64,
        description="Voxels per sample; a larger scan is trained on in pieces around the answers.",
    )
    augment: bool = Field(default=True, description="Vary shape and colour at random.")
    normalisation: Literal["auto", "frozen", "batch"] = Field(
        default="auto",
        description=(
            "frozen: keep the running statistics of the checkpoint. batch: statistics of each "
            "sample, measured again over the scans at the end. auto: batch only for untrained ones."
        ),
    )
    pseudo_labels: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description=(
            "Learn also from the dense labels of the same scans that are at least this sure."
        ),
    )
    pseudo_weight: float = Field(
        default=1.0, gt=0, le=10, description="What they weigh together, the answers being 1."
    )
    instances: bool = Field(
        default=False, description="Learn the way from each point to the centre of its object, too."
    )
    centres: Literal["extents", "clicks"] = Field(
        default="extents",
        description=(
            "extents: the centre of an object is that of the dense labels around its answers. "
            "clicks: the mean of its answered points, as in the original."
        ),
    )
    save_every_s: float = Field(
        default=30.0, ge=0, description="Seconds between states to resume from."
    )


# room: minutes on a CPU. paper: what Contrastive Scene Contexts trains with on ScanNet's limited
# annotations; its batch of 48 is added up sample by sample, and a sample is a whole scan. There a
# normalisation sees the samples of one GPU at once, here one sample.
PRESETS: Mapping[PresetName, Mapping[str, Any]] = MappingProxyType(  # Any: values of fields.
    {
        "room": {"pseudo_labels": 0.9},
        "paper": {
            "variant": "network",
            "steps": 10_000,
            "batch": 48,
            "lr": 0.1,
            "untrained_lr": 0.1,
            "offset_lr": 0.1,
            "balance": False,
            "refit": False,
            "warm_up": 0,
            "momentum": 0.9,
            "weight_decay": 1e-4,
            "clip_norm": None,
            "max_voxels": 500_000,
            "augment": True,
            "normalisation": "batch",
        },
    }
)


def preset_config(preset: PresetName, **given: Any) -> FinetuneConfig:  # Any: values of fields.
    """Return the configuration of a preset with some fields given otherwise.

    Raises:
        pydantic.ValidationError: a field that there is not, or a value out of its range.
    """
    return FinetuneConfig.model_validate({**PRESETS[preset], **given})
