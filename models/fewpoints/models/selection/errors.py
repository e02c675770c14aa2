# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a request for points."""

from __future__ import annotations

from fewpoints.annotations.errors import AppError


class TooFewPoints(AppError):
    """More points were asked for than the scan can give."""

    status = 409
    code = "too_few_points"

    def __init__(self, *, budget: int, available: int, excluded: int) -> None:
        taken = f" ({excluded} were asked about before)" if excluded else ""
        super().__init__(
            f"Asked for {budget} points, but only {available} points with finite coordinates "
            f"are left in the scan{taken}. Lower the budget."
        )


class BadBudget(AppError):
    """The number of points asked for makes no sense."""

    status = 422
    code = "bad_budget"

    def __init__(self, budget: int) -> None:
        super().__init__(f"Cannot choose {budget} points. Ask for at least 1.")


class FeaturesMissing(AppError):
    """A strategy that needs features was run without usable ones."""

    status = 422
    code = "features_missing"


class BadExclude(AppError):
    """Rows to leave out that the scan does not have."""

    status = 422
    code = "bad_exclude"
