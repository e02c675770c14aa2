# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How to fine-tune, as data. Imports no torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Variant = Literal["head", "network"]


class FinetuneConfig(BaseModel):
    """What one fine-tuning run does; stored with its checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variant: Variant = Field(
        default="head",
        description=(
            "head: a linear layer on the frozen features, in seconds. network: that first, then "
            "all weights, in minutes."
        ),
    )
    seed: int = Field(default=0, ge=0, lt=2**63, description="Same seed, same result on a CPU.")
    holdout: float = Field(
        default=0.2, ge=0, lt=0.9, description="Share of the answers kept out to measure with."
    )
    head_decay: float = Field(
        default=0.1, gt=0, description="Pull of the head's weights to zero, standardised features."
    )
    steps: int = Field(default=60, ge=1, le=1_000_000, description="Steps of the whole network.")
    lr: float = Field(default=0.05, gt=0, le=10, description="First learning rate, whole network.")
    weight_decay: float = Field(default=1e-4, ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    clip_norm: float = Field(default=5.0, gt=0, description="Gradients longer than this are cut.")
    max_voxels: int = Field(
        default=20_000,
        ge=64,
        description="Voxels per step; a larger scan is trained on in pieces around the answers.",
    )
    augment: bool = Field(default=True, description="Vary shape and colour at random.")
    normalisation: Literal["auto", "frozen", "batch"] = Field(
        default="auto",
        description=(
            "frozen: keep the running statistics of the checkpoint. batch: statistics of each "
            "step, measured again over the scans at the end. auto: batch only for untrained ones."
        ),
    )
    save_every_s: float = Field(
        default=30.0, ge=0, description="Seconds between states to resume from."
    )
