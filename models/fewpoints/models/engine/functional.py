# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Sparse convolutions as functions of features, weight and plan."""

from __future__ import annotations

import torch
from torch import Tensor

from fewpoints.models.engine.backends.base import ConvCase
from fewpoints.models.engine.backends.registry import choose_backend
from fewpoints.models.engine.epilogue import Epilogue
from fewpoints.models.engine.plan import ConvPlan, Kind


def submanifold_conv(
    features: Tensor,
    weight: Tensor,
    plan: ConvPlan,
    *,
    bias: Tensor | None = None,
    epilogue: Epilogue | None = None,
    backend: str = "auto",
) -> Tensor:
    """Convolve without changing the voxel set.

    Args:
        features: (V, Cin).
        weight: (K**3, Cin, Cout), raster order.
        plan: from `submanifold_plan`.
        bias: (Cout,) or (1, Cout).
        epilogue: normalisation, shortcut and activation at once; only without gradients.
        backend: a name from the registry or "auto".

    Returns:
        (V, Cout).
    """
    return _convolve("submanifold", features, weight, plan, bias, epilogue, backend)


def strided_conv(
    features: Tensor,
    weight: Tensor,
    plan: ConvPlan,
    *,
    bias: Tensor | None = None,
    epilogue: Epilogue | None = None,
    backend: str = "auto",
) -> Tensor:
    """Merge the eight children of each coarse voxel: (fine, Cin) to (coarse, Cout)."""
    return _convolve("strided", features, weight, plan, bias, epilogue, backend)


def transposed_conv(
    features: Tensor,
    weight: Tensor,
    plan: ConvPlan,
    *,
    bias: Tensor | None = None,
    epilogue: Epilogue | None = None,
    backend: str = "auto",
) -> Tensor:
    """Spread each coarse voxel to its existing children: (coarse, Cin) to (fine, Cout)."""
    return _convolve("transposed", features, weight, plan, bias, epilogue, backend)


def _convolve(
    kind: Kind,
    features: Tensor,
    weight: Tensor,
    plan: ConvPlan,
    bias: Tensor | None,
    epilogue: Epilogue | None,
    backend: str,
) -> Tensor:
    if plan.kind != kind:
        raise ValueError(f"A {kind} convolution was given a {plan.kind} plan.")
    if weight.ndim != 3 or weight.shape[0] != plan.taps:
        raise ValueError(
            f"The weight is {tuple(weight.shape)}, the plan wants ({plan.taps}, Cin, Cout)."
        )
    if features.shape != (len(plan.source), weight.shape[1]):
        raise ValueError(
            f"Features are {tuple(features.shape)}, the plan and weight want"
            f" ({len(plan.source)}, {weight.shape[1]})."
        )
    kind_of_device = features.device.type
    if torch.is_autocast_enabled(kind_of_device):
        dtype = torch.get_autocast_dtype(kind_of_device)
        features, weight = features.to(dtype), weight.to(dtype)
    if epilogue is not None and torch.is_grad_enabled():
        raise ValueError("An epilogue keeps no gradient; use it under torch.no_grad().")
    if epilogue is not None and bias is not None:
        raise ValueError("Put the bias into the epilogue's shift.")
    choice = choose_backend(backend, ConvCase.of(features, weight, plan))
    out = choice.backend.convolve(features, weight, plan, epilogue=epilogue)
    return out if bias is None else out + bias.reshape(1, -1)
