# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import json
import os
import pickle
import struct
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from fewpoints.models.densify.superpoint_head import SuperpointHead
from fewpoints.models.engine.conversion import from_original, to_original
from fewpoints.models.instances.offset_head import OffsetHead
from fewpoints.models.nets import default_weights, superpoint_head_file
from fewpoints.models.nets.checkpoint import (
    CheckpointMeta,
    load_network,
    save_network,
    untrained_network,
)
from fewpoints.models.nets.errors import CheckpointMismatch, CheckpointUnreadable
from fewpoints.models.nets.res_unet import Res16UNet

ARCH = "Res16UNet14A"


@pytest.fixture(scope="module")
def network() -> Res16UNet:
    return untrained_network(ARCH, out_channels=20, seed=5).network


@pytest.fixture(scope="module")
def stored(network: Res16UNet) -> dict[str, Tensor]:
    """The network's weights as the original would have stored them."""
    return to_original(network.state_dict())


def save(path: Path, content: object, *, legacy: bool = False) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


def same(one: Res16UNet, other: Res16UNet) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def prefixed(prefix: str, state: dict[str, Tensor]) -> OrderedDict[str, Tensor]:
    return OrderedDict((prefix + key, value) for key, value in state.items())


CONTAINERS: dict[str, Callable[[dict[str, Tensor]], object]] = {
    "bare": lambda state: state,
    "pre-training": lambda state: {
        "curr_iter": 60_000,
        "state_dict": prefixed("module.", state),
        "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(3)}}, "param_groups": []},
        "scheduler": {"last_epoch": 3, "lr_lambdas": [None]},
    },
    "downstream": lambda state: {
        "iteration": 3,
        "epoch": 1,
        "arch": ARCH,
        "state_dict": prefixed("encoder.", state),
        "best_val_miou": np.float64(0.71),
        "best_val": np.float32(0.5),
        "history": np.arange(3.0),
        "best_val_iter": np.int64(3),
    },
    "VoteNet": lambda state: {
        "epoch": 9,
        "optimizer_state_dict": {},
        "best_mAP": np.float64(0.3),
        "state_dict": {
            **prefixed("backbone_net.net.", state),
            "vgen.conv1.weight": torch.zeros(2, 2, 1),
            "pnet.bn1.num_batches_tracked": torch.tensor(3),
        },
    },
}


class TestOriginalContainers:
    @pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
    @pytest.mark.parametrize("container", CONTAINERS)
    def test_loads_with_kernels_in_the_right_order(
        self,
        container: str,
        legacy: bool,
        network: Res16UNet,
        stored: dict[str, Tensor],
        tmp_path: Path,
    ) -> None:
        path = save(tmp_path / "original.pth", CONTAINERS[container](stored), legacy=legacy)
        loaded = load_network(path)
        assert same(loaded.network, network)
        assert not loaded.untrained
        assert not loaded.network.training
        assert loaded.meta.arch == ARCH
        assert "raster order" in loaded.report[0]

    def test_head_of_another_size_is_replaced(
        self, network: Res16UNet, stored: dict[str, Tensor], tmp_path: Path
    ) -> None:
        path = save(tmp_path / "pretrained.pth", {"state_dict": stored})
        loaded = load_network(path, out_channels=7)
        assert loaded.network.final.kernel.shape == (96, 7)
        assert any("final layer is random" in line for line in loaded.report)
        assert torch.equal(loaded.network.conv0p1s1.kernel, network.conv0p1s1.kernel)
        assert same(loaded.network, load_network(path, out_channels=7).network)

    def test_missing_and_offset_heads_are_fine(
        self, stored: dict[str, Tensor], tmp_path: Path
    ) -> None:
        state = {key: value for key, value in stored.items() if not key.startswith("final.")}
        state["offsets_pre.kernel"] = torch.zeros(96, 96)
        state["bntr_offset.bn.weight"] = torch.zeros(96)
        loaded = load_network(save(tmp_path / "c.pth", {"state_dict": state}))
        assert loaded.meta.out_channels == 20
        assert any("offset head (2 entries)" in line for line in loaded.report)

    def test_counters_of_old_torch_versions_may_be_absent(
        self, network: Res16UNet, stored: dict[str, Tensor], tmp_path: Path
    ) -> None:
        state = {k: v for k, v in stored.items() if not k.endswith("num_batches_tracked")}
        assert same(load_network(save(tmp_path / "c.pth", state)).network, network)

    def test_whatever_else_does_not_fit_is_named(
        self, stored: dict[str, Tensor], tmp_path: Path
    ) -> None:
        state = dict(stored)
        del state["bn1.bn.bias"]
        state["extra.kernel"] = torch.zeros(1)
        state["conv1p1s2.kernel"] = torch.zeros(8, 32, 16)
        with pytest.raises(CheckpointMismatch) as caught:
            load_network(save(tmp_path / "c.pth", state))
        message = caught.value.message
        assert f"looks like {ARCH}" in message
        assert "missing: bn1.bn.bias" in message
        assert "unexpected: extra.kernel" in message
        assert "conv1p1s2.kernel (8, 32, 16) instead of (8, 32, 32)" in message

    def test_another_architecture_than_asked_for(
        self, stored: dict[str, Tensor], tmp_path: Path
    ) -> None:
        path = save(tmp_path / "c.pth", stored)
        with pytest.raises(CheckpointMismatch, match="holds Res16UNet14A, not Res16UNet34C"):
            load_network(path, arch="Res16UNet34C")

    def test_a_variant_we_do_not_have_is_described(
        self, stored: dict[str, Tensor], tmp_path: Path
    ) -> None:
        state = {**stored, "block4.1.conv1.kernel": torch.zeros(27, 256, 256)}
        with pytest.raises(CheckpointMismatch, match=r"blocks \(1, 1, 1, 2, 1, 1, 1, 1\)"):
            load_network(save(tmp_path / "c.pth", state))

    def test_another_network_altogether(self, tmp_path: Path) -> None:
        path = save(tmp_path / "resnet.pth", {"state_dict": {"conv1.weight": torch.zeros(3)}})
        with pytest.raises(CheckpointMismatch, match=r"holds no Res16UNet.*conv1\.weight"):
            load_network(path)

    def test_weights_that_are_not_numbers(self, stored: dict[str, Tensor], tmp_path: Path) -> None:
        state = {**stored, "bn0.bn.bias": torch.full((32,), float("nan"))}
        with pytest.raises(CheckpointUnreadable, match=r"bn0\.bn\.bias holds values"):
            load_network(save(tmp_path / "c.pth", state))


def offset_head() -> OffsetHead:
    torch.manual_seed(0)
    head = OffsetHead()
    assert head.bntr_offset.bn.running_mean is not None
    head.bntr_offset.bn.running_mean.normal_()
    return head.eval()


class TestOwnFormat:
    def test_round_trip(self, network: Res16UNet, tmp_path: Path) -> None:
        names = tuple(f"class {index}" for index in range(20))
        meta = CheckpointMeta(
            "ignored", 1, class_names=names, voxel_size_m=0.05, provenance={"parent": "abc", "n": 3}
        )
        digest = save_network(tmp_path / "new" / "own.safetensors", network, meta)
        loaded = load_network(tmp_path / "new" / "own.safetensors")
        assert same(loaded.network, network)
        assert loaded.sha256 == digest
        assert loaded.report == []
        assert loaded.meta == CheckpointMeta(
            ARCH, 20, class_names=names, voxel_size_m=0.05, provenance={"parent": "abc", "n": 3}
        )

    def test_an_offset_head_is_kept_under_the_names_of_the_original(
        self, network: Res16UNet, tmp_path: Path
    ) -> None:
        head = offset_head()
        path = tmp_path / "own.safetensors"
        save_network(path, network, CheckpointMeta(ARCH, 20, stuff=(0, 1)), offset_head=head)
        loaded = load_network(path)
        assert same(loaded.network, network)
        assert loaded.meta.stuff == (0, 1)
        assert loaded.report == []
        features = torch.randn(7, 96)
        assert loaded.offset_head is not None
        assert torch.equal(loaded.offset_head(features), head(features))
        # What the originals call it, so that a file of theirs brings its own along.
        original = {**to_original(network.state_dict()), **head.state_dict()}
        theirs = load_network(save(tmp_path / "c.pth", {"state_dict": original}))
        assert theirs.offset_head is not None
        assert torch.equal(theirs.offset_head(features), head(features))

    def test_a_file_without_offset_head_or_stuff_has_none(
        self, network: Res16UNet, tmp_path: Path
    ) -> None:
        save_network(tmp_path / "own.safetensors", network, CheckpointMeta(ARCH, 20))
        loaded = load_network(tmp_path / "own.safetensors")
        assert loaded.offset_head is None
        assert loaded.meta.stuff == ()

    def test_an_offset_head_that_diverged_is_refused(
        self, network: Res16UNet, tmp_path: Path
    ) -> None:
        head = offset_head()
        with torch.no_grad():
            head.offsets.kernel[0, 0] = torch.nan
        path = tmp_path / "own.safetensors"
        save_network(path, network, CheckpointMeta(ARCH, 20), offset_head=head)
        with pytest.raises(CheckpointUnreadable, match="offset head holds values"):
            load_network(path)

    def test_half_the_size_is_close(self, network: Res16UNet, tmp_path: Path) -> None:
        for half in (False, True):
            meta = CheckpointMeta(ARCH, 20)
            save_network(tmp_path / f"{half}.safetensors", network, meta, half=half)
        sizes = [(tmp_path / f"{half}.safetensors").stat().st_size for half in (True, False)]
        assert sizes[0] < 0.55 * sizes[1]
        for name, value in load_network(tmp_path / "True.safetensors").network.state_dict().items():
            own = network.state_dict()[name]
            assert value.dtype == own.dtype
            if name.endswith("kernel"):
                torch.testing.assert_close(value, own, rtol=1e-3, atol=1e-6)
            else:
                assert torch.equal(value, own)

    def test_nothing_is_left_when_writing_fails(
        self, network: Res16UNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        path = tmp_path / "own.safetensors"
        path.write_bytes(b"before")
        monkeypatch.setattr("fewpoints.models.nets.containers.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            save_network(path, network, CheckpointMeta(ARCH, 20))
        assert path.read_bytes() == b"before"
        assert os.listdir(tmp_path) == ["own.safetensors"]

    def test_equal_checkpoints_are_equal_files(self, network: Res16UNet, tmp_path: Path) -> None:
        meta = CheckpointMeta(ARCH, 20, provenance={"b": 1, "a": "x"})
        digests = {save_network(tmp_path / str(i), network, meta) for i in range(5)}
        assert len(digests) == 1

    def test_class_names_must_match_the_outputs(self, network: Res16UNet, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="2 class names"):
            save_network(tmp_path / "x", network, CheckpointMeta(ARCH, 20, class_names=("a", "b")))

    def test_new_outputs_drop_the_old_class_names(self, network: Res16UNet, tmp_path: Path) -> None:
        names = tuple(str(index) for index in range(20))
        save_network(tmp_path / "c", network, CheckpointMeta(ARCH, 20, class_names=names))
        assert load_network(tmp_path / "c", out_channels=4).meta.class_names == ()

    @pytest.mark.parametrize(
        ("metadata", "message"),
        [
            ({}, "not a fewpoints checkpoint"),
            ({"fewpoints_checkpoint": '{"version": 9}'}, "Upgrade"),
            ({"fewpoints_checkpoint": "["}, "damaged"),
            ({"fewpoints_checkpoint": '{"version": 1}'}, "incomplete"),
            ({"fewpoints_checkpoint": "[" * 10**5}, "damaged"),
        ],
    )
    def test_metadata_are_verified(
        self, metadata: dict[str, str], message: str, tmp_path: Path
    ) -> None:
        save_file({"a": torch.zeros(1)}, tmp_path / "c.safetensors", metadata=metadata)
        with pytest.raises(CheckpointUnreadable, match=message):
            load_network(tmp_path / "c.safetensors")

    def test_metadata_that_contradict_the_weights(self, network: Res16UNet, tmp_path: Path) -> None:
        meta = {
            "version": 1,
            "arch": "Res16UNet34C",
            "out_channels": 20,
            "class_names": [],
            "provenance": {},
        }
        save_file(
            network.state_dict(),
            tmp_path / "c",
            metadata={"fewpoints_checkpoint": json.dumps(meta)},
        )
        with pytest.raises(CheckpointMismatch, match="says it is Res16UNet34C"):
            load_network(tmp_path / "c")


class Attack:
    """Unpickling this would create a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.target),)


class TestHostileFiles:
    def refuse(self, path: Path) -> str:
        with pytest.raises(CheckpointUnreadable) as caught:
            load_network(path)
        message = caught.value.message
        assert path.name in message
        assert "\n" not in message
        assert len(message) < 400
        return message

    @pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
    def test_code_is_never_run(
        self, legacy: bool, stored: dict[str, Tensor], tmp_path: Path
    ) -> None:
        content = {"state_dict": stored, "config": Attack(tmp_path / "pwned")}
        path = save(tmp_path / "bad.pth", content, legacy=legacy)
        assert "mkdir" in self.refuse(path)
        assert not (tmp_path / "pwned").exists()

    def test_a_plain_pickle_is_never_run(self, tmp_path: Path) -> None:
        path = tmp_path / "bad.pkl"
        path.write_bytes(pickle.dumps(Attack(tmp_path / "pwned")))
        self.refuse(path)
        assert not (tmp_path / "pwned").exists()

    def test_numpy_stand_ins_run_nothing(self, tmp_path: Path, stored: dict[str, Tensor]) -> None:
        """A pickle may call what NumPy scalars name with any argument: nothing must come of it."""
        loaded = load_network(
            save(tmp_path / "c.pth", {"state_dict": stored, "x": np.dtype("f8"), "y": np.ones(2)})
        )
        assert loaded.meta.arch == ARCH
        assert np.dtype("f8").itemsize == 8

    @pytest.mark.parametrize("seed", range(6))
    def test_random_bytes(self, seed: int, tmp_path: Path) -> None:
        path = tmp_path / "noise.pth"
        heads = [b"", b"PK\x03\x04", b"\x80\x02", b"\x10\x00\x00\x00\x00\x00\x00\x00{"]
        noise = np.random.default_rng(seed).bytes(5000)
        path.write_bytes(heads[seed % 4] + noise)
        self.refuse(path)

    @pytest.mark.parametrize("kept", [1, 8, 9, 100, 3000, 0.5, 0.999])
    @pytest.mark.parametrize("kind", ["own", "zip", "legacy"])
    def test_truncated(
        self,
        kind: str,
        kept: float,
        network: Res16UNet,
        stored: dict[str, Tensor],
        tmp_path: Path,
    ) -> None:
        path = tmp_path / "cut.pth"
        if kind == "own":
            save_network(path, network, CheckpointMeta(ARCH, 20))
        else:
            save(path, {"state_dict": stored}, legacy=kind == "legacy")
        size = path.stat().st_size
        with path.open("rb+") as file:
            file.truncate(int(kept if kept >= 1 else kept * size))
        self.refuse(path)

    def test_huge_header(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.safetensors"
        path.write_bytes(struct.pack("<Q", 2**62) + b'{"a":1}')
        assert "header" in self.refuse(path)

    def test_offsets_outside_the_file(self, tmp_path: Path) -> None:
        header = json.dumps(
            {"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}}
        ).encode()
        path = tmp_path / "outside.safetensors"
        path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 64)
        self.refuse(path)

    def test_compressed_archives(self, tmp_path: Path) -> None:
        path = tmp_path / "bomb.pth"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data.pkl", b"\0" * 10**6)
        assert "compressed" in self.refuse(path)

    def test_a_tensor_larger_than_its_record(
        self, stored: dict[str, Tensor], tmp_path: Path
    ) -> None:
        """The pickle announces more numbers than the archive holds; none is read past the end."""
        small = io.BytesIO()
        torch.save({"state_dict": {"conv0p1s1.kernel": torch.zeros(16)}}, small)
        path = tmp_path / "outside.pth"
        with zipfile.ZipFile(small) as source, zipfile.ZipFile(path, "w") as target:
            for info in source.infolist():
                data = source.read(info)
                if info.filename.endswith("data.pkl"):
                    # Both the storage's length and the tensor's shape, BININT1 16.
                    assert data.count(b"K\x10") == 2
                    data = data.replace(b"K\x10", b"J" + struct.pack("<i", 2**30))
                target.writestr(info.filename, data)
        self.refuse(path)

    @pytest.mark.parametrize("content", [[], 3, {"state_dict": {"a": 1}}, {"state_dict": []}])
    def test_no_state_dict(self, content: object, tmp_path: Path) -> None:
        assert "holds no weights" in self.refuse(save(tmp_path / "c.pth", content))

    def test_tensors_that_expand_beyond_memory(
        self, stored: dict[str, Tensor], tmp_path: Path
    ) -> None:
        state = {**stored, "bn0.bn.bias": torch.zeros(1).expand(10**6, 10**6)}
        with pytest.raises(CheckpointMismatch, match="of another shape"):
            load_network(save(tmp_path / "c.pth", state))

    def test_missing_empty_and_folder(self, tmp_path: Path) -> None:
        assert "no checkpoint" in self.refuse(tmp_path / "none.pth")
        (tmp_path / "empty.pth").write_bytes(b"")
        assert "is empty" in self.refuse(tmp_path / "empty.pth")
        (tmp_path / "folder.pth").mkdir()
        assert "not a file" in self.refuse(tmp_path / "folder.pth")


class TestWithoutAFile:
    def test_untrained_is_said_loudly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(default_weights, "_FILE", Path("/nowhere"))
        loaded = load_network(None, arch=ARCH)
        assert loaded.untrained
        assert loaded.report[0].startswith("WARNING")
        assert "untrained" in loaded.report[0]

    def test_same_seed_same_weights(self) -> None:
        one, two = (untrained_network(ARCH, out_channels=4, seed=1) for _ in range(2))
        other = untrained_network(ARCH, out_channels=4, seed=2)
        assert same(one.network, two.network)
        assert one.sha256 == two.sha256 != other.sha256

    def test_packaged_weights_come_first(
        self, network: Res16UNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "default.safetensors"
        save_network(path, network, CheckpointMeta(ARCH, 20))
        monkeypatch.setattr(default_weights, "_FILE", path)
        monkeypatch.setattr(default_weights, "DEFAULT_ARCH", ARCH)
        assert same(load_network(None).network, network)
        assert not load_network(None).untrained
        assert load_network(None, arch="Res16UNet18A").untrained

    def test_the_packaged_weights_are_small_and_trained(self) -> None:
        path = default_weights.packaged_weights()
        assert path is not None
        assert path.stat().st_size <= 32 * 2**20
        loaded = load_network(None)
        assert loaded.meta.arch == default_weights.DEFAULT_ARCH
        assert loaded.meta.voxel_size_m == 0.02
        assert loaded.meta.provenance["kind"] == "pre-training"
        assert not loaded.untrained
        assert not loaded.report

    def test_unknown_names(self) -> None:
        with pytest.raises(CheckpointMismatch, match="Res16UNet34C"):
            load_network(None, arch="PointNet")
        with pytest.raises(CheckpointMismatch, match="no device"):
            load_network(None, arch=ARCH, device="gpu")

    def test_order_round_trip(self, stored: dict[str, Tensor], network: Res16UNet) -> None:
        state = from_original(stored)
        assert all(torch.equal(state[k], v) for k, v in network.state_dict().items())


class TestSuperpointHead:
    @pytest.fixture
    def head(self) -> SuperpointHead:
        rng = np.random.default_rng(0)
        return SuperpointHead(
            rng.normal(size=(7, 5)).astype(np.float32),
            rng.normal(size=(7, 2)).astype(np.float32),
            np.array([3, 11]),
            with_kinds=True,
        )

    def test_is_kept(self, tmp_path: Path, network: Res16UNet, head: SuperpointHead) -> None:
        path = tmp_path / "c.safetensors"
        save_network(path, network, CheckpointMeta(ARCH, 20), superpoint_head=head)
        loaded = load_network(path)
        assert same(loaded.network, network)
        assert loaded.report == []
        assert loaded.superpoint_head is not None
        np.testing.assert_array_equal(loaded.superpoint_head.anchors, head.anchors)
        np.testing.assert_array_equal(loaded.superpoint_head.weights, head.weights)
        assert loaded.superpoint_head.classes.tolist() == [3, 11]
        assert loaded.superpoint_head.with_kinds
        # With a head for other classes it means nothing.
        assert load_network(path, out_channels=4).superpoint_head is None

    def test_of_other_looks_is_left_out_and_that_is_said(
        self,
        tmp_path: Path,
        network: Res16UNet,
        head: SuperpointHead,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        path = tmp_path / "c.safetensors"
        save_network(path, network, CheckpointMeta(ARCH, 20), superpoint_head=head)
        monkeypatch.setattr(superpoint_head_file, "looks_version", lambda **_: "9")
        loaded = load_network(path)
        assert loaded.superpoint_head is None
        assert "its linear head is used instead" in loaded.report[0]

    @pytest.mark.parametrize(
        "change",
        [
            {"weights": np.zeros((6, 2), np.float32)},
            {"anchors": np.full((7, 5), np.nan, np.float32)},
            {"classes": np.array([3, 20])},
            {"classes": np.array([-1, 3])},
            {"classes": np.zeros(0, np.int64), "weights": np.zeros((7, 0), np.float32)},
        ],
    )
    def test_damaged(
        self,
        tmp_path: Path,
        network: Res16UNet,
        head: SuperpointHead,
        change: dict[str, Any],  # Fields.
    ) -> None:
        path = tmp_path / "c.safetensors"
        broken = replace(head, **change)
        save_network(path, network, CheckpointMeta(ARCH, 20), superpoint_head=broken)
        with pytest.raises(CheckpointUnreadable, match="head on superpoints is damaged"):
            load_network(path)
