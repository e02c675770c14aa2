# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What follows a convolution at inference, done while its sums are still in cache."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Epilogue:
    """relu(sums * scale + shift + residual); a normalisation, a shortcut and an activation.

    scale, shift: (Cout,). residual: (U, Cout) contiguous or None; it is consumed: its memory
    becomes the result's. Keeps no gradient.
    """

    scale: Tensor
    shift: Tensor
    residual: Tensor | None = None
    relu: bool = True

    def result_for(self, sums_like: Tensor, rows: int) -> Tensor:
        """Return the (rows, Cout) memory that `finish` is to fill."""
        if self.residual is not None:
            return self.residual
        return sums_like.new_empty(rows, len(self.scale))

    def finish(self, sums: Tensor, result: Tensor) -> None:
        """Write the result of some rows from their sums; `result` is those rows of the memory."""
        if self.residual is None:
            torch.addcmul(self.shift, sums, self.scale, out=result)
        else:
            result.addcmul_(sums, self.scale).add_(self.shift)
        if self.relu:
            result.relu_()

    def of(self, sums: Tensor) -> Tensor:
        """Return the result for all rows at once."""
        result = self.result_for(sums, len(sums))
        self.finish(sums, result)
        return result
