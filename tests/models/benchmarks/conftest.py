# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from fewpoints.models.nets.res_unet import ARCHITECTURES
from tests.models.pretrain.tiny import TINY, TINY_ARCH


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a network so small that a pass takes a fraction of a second."""
    monkeypatch.setitem(ARCHITECTURES, TINY, TINY_ARCH)
    return TINY


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small products gain nothing from threads, and tests may share the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
