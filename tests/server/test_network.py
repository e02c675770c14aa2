# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""People are told when the network they build on knows nothing yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from fewpoints.models.nets import default_weights
from fewpoints.models.nets.checkpoint import load_network
from fewpoints.server.settings import Settings
from fewpoints.server.training.service import read_network
from tests.server.running import Visitor


def test_the_server_says_what_the_loader_would_do(annotator: Visitor) -> None:
    network = annotator.get_json("/network")
    assert network["trained"] is not load_network(None).untrained
    assert ("random" in network["note"]) is not network["trained"]


def test_a_checkpoint_of_the_deployment_counts(tmp_path: Path) -> None:
    network = read_network(Settings(home=tmp_path, pretrained=tmp_path / "ours.safetensors"))
    assert network.trained
    assert "ours.safetensors" in network.note


def test_packaged_weights_count_for_their_architecture_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = tmp_path / "default.safetensors"
    packaged.touch()
    monkeypatch.setattr(default_weights, "_FILE", packaged)
    assert read_network(Settings(home=tmp_path)).trained
    assert not read_network(Settings(home=tmp_path, arch="Res16UNet18A")).trained
