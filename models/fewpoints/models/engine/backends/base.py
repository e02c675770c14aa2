# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a convolution backend is: one product over a plan, and an honest answer to "can you?"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from fewpoints.models.engine.epilogue import Epilogue
from fewpoints.models.engine.plan import ConvPlan, Kind


@dataclass(frozen=True)
class ConvCase:
    """What a backend must know to accept or refuse a convolution, before any voxel exists."""

    kind: Kind
    kernel_size: int
    dilation: int
    in_channels: int
    out_channels: int
    device: torch.device
    dtype: torch.dtype
    needs_grad: bool

    @classmethod
    def of(cls, features: Tensor, weight: Tensor, plan: ConvPlan) -> ConvCase:
        """Describe the convolution of `features` with `weight` over `plan`."""
        return cls(
            kind=plan.kind,
            kernel_size=plan.kernel_size,
            dilation=plan.dilation,
            in_channels=weight.shape[1],
            out_channels=weight.shape[2],
            device=features.device,
            dtype=features.dtype,
            needs_grad=torch.is_grad_enabled() and (features.requires_grad or weight.requires_grad),
        )


class Backend(Protocol):
    """A library that can convolve. Weights are always (T, Cin, Cout) in raster order."""

    name: str

    def accepts(self, case: ConvCase) -> str | None:
        """Return None if this backend computes the case correctly here, else why not."""
        ...

    def convolve(
        self,
        features: Tensor,
        weight: Tensor,
        plan: ConvPlan,
        *,
        epilogue: Epilogue | None = None,
    ) -> Tensor:
        """Return (U, Cout) = sum over taps of weight[tap]^T applied to the tap's input rows.

        Args:
            features: (V, Cin), rows as in `plan.source`.
            weight: (T, Cin, Cout).
            epilogue: what is done to the sums before they are returned; only without gradients.
        """
        ...
