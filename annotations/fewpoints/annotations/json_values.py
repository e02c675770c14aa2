# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Numbers as JSON has them."""

from __future__ import annotations

import math
from typing import Any


def without_nan(value: Any) -> Any:  # Any: JSON of any shape.
    """Return `value` with null for numbers that JSON does not have, and plain Python numbers."""
    if isinstance(value, dict):
        return {str(key): without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    if hasattr(value, "tolist"):
        return without_nan(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
