# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Res16UNet34C on a room of about 120 k voxels; aim: 0.8 of plain torch.mm, 2 GB."""

from __future__ import annotations

import pytest

from fewpoints.models.engine.benchmark import benchmark_engine
from tests.benchmarks.record import record


@pytest.mark.benchmark
def test_engine_on_a_room() -> None:
    record("engine", benchmark_engine())
