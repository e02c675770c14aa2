# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.scans.readers.unnamed import guess_columns


class TestColours:
    @pytest.mark.parametrize(
        ("peak", "taken"), [(1.0, True), (1.00001, True), (1.05, True), (1.1, False)]
    )
    def test_fractions_may_be_a_hair_above_1(self, peak: float, taken: bool) -> None:
        column = np.linspace(0, 1, 200)
        column[7] = peak
        guess = guess_columns([column, 0.5 * column, 0.2 * column])
        assert (guess.colours == 0) is taken
