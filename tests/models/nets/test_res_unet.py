# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from fewpoints.models.engine.conversion import from_original
from fewpoints.models.engine.errors import BackendUnavailable
from fewpoints.models.nets.res_unet import ARCHITECTURES, Res16UNet
from tests.oracles.dense_res_unet import dense_res_unet

LEARNED = {"Res16UNet14A": 8_015_092, "Res16UNet18A": 15_483_764, "Res16UNet34C": 37_846_644}
ENTRIES = {"Res16UNet14A": 194, "Res16UNet18A": 290, "Res16UNet34C": 374}


def stored_state(network: Res16UNet) -> dict[str, Tensor]:
    """Return weights made from each tensor's own name, in the original's stored layout."""
    state = {}
    for key, value in network.state_dict().items():
        shape = tuple(value.shape)
        rng = np.random.default_rng(zlib.crc32(key.encode()))
        if key.endswith("kernel"):
            taps = shape[0] if len(shape) == 3 else 1
            array = rng.standard_normal(shape) * math.sqrt(2 / (shape[-2] * taps))
        elif key.endswith(("running_var", "bn.weight")):
            array = rng.uniform(0.5, 1.5, shape)
        elif key.endswith("num_batches_tracked"):
            array = np.zeros(shape)
        else:
            array = rng.standard_normal(shape) * 0.1
        state[key] = torch.from_numpy(np.asarray(array, np.float32)).to(value.dtype)
    return state


def small_scene(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two batches of a slab and scattered voxels, negative coordinates, shuffled, distinct."""
    generator = torch.Generator().manual_seed(seed)
    coords = torch.randint(0, 14, (420, 4), generator=generator)
    coords[:, 0] %= 2
    coords[:300, 3] = coords[:300, 3] // 8
    # Two of the coarsest voxels along x, one along the others: the dense oracle is slow.
    coords += torch.tensor([0, -9, -15, 1])
    coords = torch.unique(coords, dim=0)
    coords = coords[torch.randperm(len(coords), generator=generator)].int()
    return coords, torch.rand(len(coords), 3, generator=generator) - 0.5


@pytest.fixture(scope="module")
def network() -> Res16UNet:
    net = Res16UNet("Res16UNet14A")
    net.load_state_dict(from_original(stored_state(net)))
    return net.eval()


class TestArchitectures:
    @pytest.mark.parametrize("arch", ARCHITECTURES)
    def test_parameter_and_entry_counts(self, arch: str) -> None:
        with torch.device("meta"):
            net = Res16UNet(arch)
        assert sum(parameter.numel() for parameter in net.parameters()) == LEARNED[arch]
        assert len(net.state_dict()) == ENTRIES[arch]
        assert net.feature_channels == 96

    def test_momenta_differ_inside_and_outside_blocks(self) -> None:
        with torch.device("meta"):
            net = Res16UNet("Res16UNet14A", momentum=0.05)
        momenta = {
            name: module.momentum
            for name, module in net.named_modules()
            if isinstance(module, torch.nn.BatchNorm1d)
        }
        assert momenta["bn0.bn"] == momenta["bntr7.bn"] == 0.05
        assert momenta["block2.0.downsample.1.bn"] == 0.05
        assert momenta["block2.0.norm1.bn"] == momenta["block2.0.norm2.bn"] == 0.1


class TestForward:
    def test_equals_a_dense_network(self, network: Res16UNet) -> None:
        coords, colours = small_scene()
        features, logits = dense_res_unet(stored_state(network), coords, colours)
        with torch.no_grad():
            out = network(coords, colours)
        torch.testing.assert_close(out.features.double(), features, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(out.logits.double(), logits, atol=1e-4, rtol=1e-4)

    def test_equals_minkowski_engine(self, network: Res16UNet) -> None:
        # MinkowskiEngine 0.5.4 on the CPU: the whole input, and 400 of its 7040 output rows.
        with np.load(Path(__file__).parent / "minkowski_activations.npz") as arrays:
            data = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        with torch.no_grad():
            out = network(data["coords"].int(), data["colours"])
        features, logits = out.features[data["rows"]], out.logits[data["rows"]]
        torch.testing.assert_close(features, data["features"], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(logits, data["logits"], atol=1e-4, rtol=1e-4)

    def test_fused_inference_equals_the_plain_pass(self, network: Res16UNet) -> None:
        coords, colours = small_scene()
        plain = network(coords, colours)
        with torch.inference_mode():
            fused = network(coords, colours)
        assert plain.logits.requires_grad
        torch.testing.assert_close(fused.features, plain.features.detach(), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(fused.logits, plain.logits.detach(), atol=1e-5, rtol=1e-4)

    def test_rows_may_come_in_any_order(self, network: Res16UNet) -> None:
        coords, colours = small_scene()
        order = torch.randperm(len(coords), generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            here, there = network(coords, colours), network(coords[order], colours[order])
        assert torch.equal(here.features[order], there.features)

    def test_moving_by_sixteen_voxels_changes_nothing(self, network: Res16UNet) -> None:
        coords, colours = small_scene()
        moved = coords + torch.tensor([0, 16, -160, 4096], dtype=torch.int32)
        with torch.no_grad():
            assert torch.equal(network(coords, colours).features, network(moved, colours).features)

    def test_batches_do_not_see_each_other(self, network: Res16UNet) -> None:
        coords, colours = small_scene()
        first = coords[:, 0] == 0
        with torch.no_grad():
            both = network(coords, colours).features[first]
            alone = network(coords[first], colours[first]).features
        torch.testing.assert_close(both, alone, atol=1e-5, rtol=1e-4)

    def test_duplicates_take_the_first_colour(self, network: Res16UNet) -> None:
        coords, colours = small_scene()
        twice = torch.cat([coords, coords[:5]])
        with torch.no_grad():
            once = network(coords, colours).features
            again = network(twice, torch.cat([colours, torch.zeros(5, 3)])).features
        assert torch.equal(again[:-5], once)
        assert torch.equal(again[-5:], once[:5])

    def test_twice_gives_the_same_bits_and_leaves_inputs_alone(self, network: Res16UNet) -> None:
        coords, colours = small_scene()
        copies = coords.clone(), colours.clone()
        with torch.no_grad():
            plan = network.plan(coords)
            one, two = network(coords, colours), network(coords, colours, plan)
        assert torch.equal(one.logits, two.logits)
        assert torch.equal(coords, copies[0])
        assert torch.equal(colours, copies[1])

    @pytest.mark.parametrize("count", [0, 1])
    def test_hardly_any_voxel(self, network: Res16UNet, count: int) -> None:
        coords = torch.zeros(count, 4, dtype=torch.int32)
        with torch.no_grad():
            out = network(coords, torch.zeros(count, 3))
        assert out.features.shape == (count, 96)
        assert out.logits.shape == (count, 20)

    def test_colours_of_another_length_are_refused(self, network: Res16UNet) -> None:
        with pytest.raises(ValueError, match="Colours"):
            network(torch.zeros(2, 4, dtype=torch.int32), torch.zeros(3, 3))

    def test_an_unknown_backend_is_refused_at_once(self, network: Res16UNet) -> None:
        with pytest.raises(BackendUnavailable, match="native"):
            network.use_backend("cudnn")


class TestTraining:
    def test_a_few_steps_fit_a_few_labels(self) -> None:
        torch.manual_seed(0)
        network = Res16UNet("Res16UNet14A", out_channels=3).train()
        coords, colours = small_scene()
        target = (coords[:, 3] > 0).long()
        plan = network.plan(coords)
        optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
        losses = []
        for _ in range(6):
            loss = torch.nn.functional.cross_entropy(network(coords, colours, plan).logits, target)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            losses.append(loss.item())
        assert losses[-1] < 0.6 * losses[0]
        assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())

    def test_gradients_equal_the_dense_network(self) -> None:
        network = Res16UNet("Res16UNet14A")
        network.load_state_dict(from_original(stored_state(network)))
        network.double().eval()
        coords, colours = small_scene(seed=3)
        state = stored_state(network)
        names = ("conv0p1s1.kernel", "convtr4p16s2.kernel", "final.kernel", "conv3p4s2.kernel")
        leaves = {name: state[name].double().requires_grad_() for name in names}
        _, expected = dense_res_unet({**state, **leaves}, coords, colours)
        wanted = torch.autograd.grad(expected.square().mean(), list(leaves.values()))
        logits = network(coords, colours).logits
        own = [network.get_parameter(name) for name in names]
        actual = torch.autograd.grad(logits.square().mean(), own)
        torch.testing.assert_close(actual, wanted)

    def test_one_voxel_can_be_trained_on(self) -> None:
        network = Res16UNet("Res16UNet14A").train()
        out = network(torch.zeros(1, 4, dtype=torch.int32), torch.zeros(1, 3))
        torch.autograd.backward(out.logits.sum())
        assert out.logits.isfinite().all()
