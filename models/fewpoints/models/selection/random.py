# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Points at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def random_rows(
    eligible: NDArray[np.int64], budget: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return `budget` different rows of `eligible` (E,), each equally likely, in random order."""
    return rng.choice(eligible, size=budget, replace=False).astype(np.int64)
