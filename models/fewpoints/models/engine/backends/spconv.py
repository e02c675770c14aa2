# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Placeholder while the real file is written."""

from __future__ import annotations

from torch import Tensor

from fewpoints.models.engine.backends.base import ConvCase
from fewpoints.models.engine.plan import ConvPlan


class SpconvBackend:
    """spconv."""

    name = "spconv"

    def accepts(self, case: ConvCase) -> str | None:
        return "not installed"

    def convolve(
        self, features: Tensor, weight: Tensor, plan: ConvPlan, *, onto: Tensor | None = None
    ) -> Tensor:
        raise AssertionError
