# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""k-means of a room; aim: 2 s on two cores."""

from __future__ import annotations

import pytest

from fewpoints.models.selection.benchmark import benchmark_kmeans
from tests.benchmarks.record import record


@pytest.mark.benchmark
def test_kmeans_of_a_room() -> None:
    record("kmeans", benchmark_kmeans())
