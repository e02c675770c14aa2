# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import re
import signal
import socket
from pathlib import Path

import pytest
import torch

from fewpoints.annotations.progress import Progress
from fewpoints.models.nets.checkpoint import load_network
from fewpoints.models.nets.containers import read_safetensors
from fewpoints.models.nets.res_unet import ARCHITECTURES
from fewpoints.models.pretrain.config import PretrainConfig, make_config
from fewpoints.models.pretrain.errors import (
    NoFramePairs,
    PretrainingDiverged,
    RunMismatch,
    RunNotSaved,
    UnusableSource,
)
from fewpoints.models.pretrain.sources import FrameSource, ScanSource
from fewpoints.models.pretrain.steps import learning_rate
from fewpoints.models.pretrain.trainer import pretrain
from tests.models.pretrain.scenes import room_sequence
from tests.models.pretrain.tiny import TINY, TINY_ARCH, tiny_config, tiny_source
from tests.rooms import small_room


class Killed(Exception):
    pass


def kill_at(step: int) -> Progress:
    def progress(fraction: float, sentence: str) -> None:
        if sentence.startswith(f"Step {step} of"):
            raise Killed

    return progress


def weights(path: Path) -> dict[str, torch.Tensor]:
    return read_safetensors(path)[0]


def assert_same(one: Path, other: Path) -> None:
    left, right = weights(one), weights(other)
    assert left.keys() == right.keys()
    for name, value in left.items():
        assert torch.equal(value, right[name]), name


def losses_of(run_dir: Path) -> list[float]:
    with (run_dir / "loss.csv").open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


@pytest.mark.usefixtures("tiny")
class TestRun:
    def test_leaves_a_checkpoint_that_loads_and_a_record(self, tmp_path: Path) -> None:
        said: list[tuple[float, str]] = []
        result = pretrain(
            [tiny_source()],
            tiny_config(),
            run_dir=tmp_path / "run",
            device="cpu",
            progress=lambda fraction, sentence: said.append((fraction, sentence)),
        )
        loaded = load_network(result.path)
        assert not loaded.untrained
        assert loaded.meta.voxel_size_m == 0.08
        assert loaded.meta.provenance["kind"] == "pre-training"
        assert loaded.meta.provenance["config"]["method"] == "csc"
        assert loaded.meta.provenance["sources"] == [
            {"name": "room", "frames": 6, "pairs": result.pairs}
        ]
        assert loaded.sha256 == result.sha256
        assert len(losses_of(tmp_path / "run")) == 5
        assert "<svg" in (tmp_path / "run" / "loss.svg").read_text()
        assert json.loads((tmp_path / "run" / "config.json").read_text())["config"]["steps"] == 5
        assert "Wrote checkpoint.safetensors" in (tmp_path / "run" / "log.txt").read_text()
        assert [fraction for fraction, _ in said] == sorted(fraction for fraction, _ in said)
        assert said[-1][0] == 1.0
        assert not list((tmp_path / "run").glob("state*"))

    def test_killed_and_resumed_gives_the_same_weights(self, tmp_path: Path) -> None:
        config = tiny_config(accumulate=2)
        whole = pretrain([tiny_source()], config, run_dir=tmp_path / "whole", device="cpu")
        # At step 4 the last state is that of step 2: step 3 is done twice.
        process = multiprocessing.get_context("spawn").Process(
            target=_run_until_killed, args=(4, str(tmp_path / "cut"), config)
        )
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        with (tmp_path / "cut" / "loss.csv").open("a") as file:
            file.write("4,0.12")  # What a kill leaves of a row.
        resumed = pretrain(
            [tiny_source()], config, run_dir=tmp_path / "cut", resume=True, device="cpu"
        )
        assert_same(whole.path, resumed.path)
        assert losses_of(tmp_path / "cut") == losses_of(tmp_path / "whole")

    def test_background_workers_change_nothing(self, tmp_path: Path) -> None:
        here = pretrain([tiny_source()], tiny_config(), run_dir=tmp_path / "0", device="cpu")
        config = tiny_config(workers=1)
        there = pretrain([tiny_source()], config, run_dir=tmp_path / "1", device="cpu")
        assert_same(here.path, there.path)

    def test_the_loss_falls(self, tmp_path: Path) -> None:
        config = tiny_config(steps=40, points=64)
        pretrain([tiny_source()], config, run_dir=tmp_path, device="cpu")
        losses = losses_of(tmp_path)
        assert sum(losses[-10:]) < 0.95 * sum(losses[:10])

    def test_pointcontrast_and_labels_train_too(self, tmp_path: Path) -> None:
        config = tiny_config(method="pointcontrast", supervised_weight=0.5, steps=2)
        result = pretrain([tiny_source(labelled=True)], config, run_dir=tmp_path, device="cpu")
        row = (tmp_path / "loss.csv").read_text().splitlines()[1].split(",")
        total, contrastive, supervised = map(float, row[1:4])
        assert total == pytest.approx(contrastive + 0.5 * supervised)
        assert supervised > 0
        assert not any(key.startswith("head") for key in weights(result.path))

    def test_begins_with_a_given_checkpoint(self, tmp_path: Path) -> None:
        first = pretrain([tiny_source()], tiny_config(), run_dir=tmp_path / "one", device="cpu")
        config = tiny_config(start=str(first.path), steps=1, lr=1e-9)
        second = pretrain([tiny_source()], config, run_dir=tmp_path / "two", device="cpu")
        one, two = (load_network(run.path).network.state_dict() for run in (first, second))
        for name, value in one.items():
            if "running" not in name and "tracked" not in name:
                torch.testing.assert_close(two[name], value)
        assert losses_of(tmp_path / "two")[0] < losses_of(tmp_path / "one")[0]

    def test_a_scan_alone_is_enough(self, tmp_path: Path) -> None:
        room = small_room(20_000)
        source = ScanSource(
            "room",
            room.scan,
            classes=room.classes,
            class_names=("a",) * 20,
            objects=room.instances,
        )
        config = tiny_config(crop_points=(1000, 3000), supervised_weight=1.0, object_weight=1.0)
        result = pretrain([source], config, run_dir=tmp_path / "run", device="cpu")
        with (tmp_path / "run" / "loss.csv").open() as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            parts = [float(row[name]) for name in ("contrastive", "supervised", "objects")]
            assert min(parts) > 0
            assert float(row["loss"]) == pytest.approx(sum(parts), rel=1e-5)
        assert load_network(result.path).meta.provenance["sources"][0]["crops"] == 8

    def test_half_precision_stays_close(self, tmp_path: Path) -> None:
        full = tiny_config(steps=2, precision="fp32")
        half = tiny_config(steps=2, precision="bf16")
        pretrain([tiny_source()], full, run_dir=tmp_path / "full", device="cpu")
        pretrain([tiny_source()], half, run_dir=tmp_path / "half", device="cpu")
        assert losses_of(tmp_path / "half") == pytest.approx(losses_of(tmp_path / "full"), rel=0.05)


@pytest.mark.usefixtures("tiny")
class TestMistakes:
    def test_a_folder_with_a_run_is_not_overwritten(self, tmp_path: Path) -> None:
        config = tiny_config(steps=1)
        pretrain([tiny_source()], config, run_dir=tmp_path, device="cpu")
        with pytest.raises(RunMismatch, match="already holds a run"):
            pretrain([tiny_source()], config, run_dir=tmp_path, device="cpu")

    def test_resuming_with_other_options_names_the_option(self, tmp_path: Path) -> None:
        with pytest.raises(Killed):
            pretrain(
                [tiny_source()],
                tiny_config(),
                run_dir=tmp_path,
                device="cpu",
                progress=kill_at(2),
            )
        with pytest.raises(RunMismatch, match=re.escape("temperature 0.4, not 0.1")):
            pretrain(
                [tiny_source()],
                tiny_config(temperature=0.1),
                run_dir=tmp_path,
                resume=True,
                device="cpu",
            )

    def test_a_full_disk_keeps_the_state_before(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        expected = pretrain([tiny_source()], tiny_config(), run_dir=tmp_path / "a", device="cpu")
        with pytest.raises(Killed):
            pretrain(
                [tiny_source()],
                tiny_config(),
                run_dir=tmp_path / "b",
                device="cpu",
                progress=kill_at(4),
            )
        with monkeypatch.context() as patched:
            patched.setattr("fewpoints.models.pretrain.steps.save_state", full)
            with pytest.raises(RunNotSaved, match=r"after step 4 .* No space left"):
                pretrain(
                    [tiny_source()],
                    tiny_config(),
                    run_dir=tmp_path / "b",
                    resume=True,
                    device="cpu",
                )
        resumed = pretrain(
            [tiny_source()], tiny_config(), run_dir=tmp_path / "b", resume=True, device="cpu"
        )
        assert_same(expected.path, resumed.path)

    def test_frames_that_do_not_overlap_are_refused(self, tmp_path: Path) -> None:
        lonely = FrameSource(room_sequence(2))
        with pytest.raises(NoFramePairs, match="room: no two of 2 frames"):
            pretrain([lonely], tiny_config(), run_dir=tmp_path, device="cpu")

    def test_labels_are_wanted_but_there_are_none(self, tmp_path: Path) -> None:
        with pytest.raises(UnusableSource, match="0 lists"):
            pretrain(
                [tiny_source()], tiny_config(supervised_weight=1.0), run_dir=tmp_path, device="cpu"
            )

    def test_divergence_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(queries: torch.Tensor, *_: object) -> torch.Tensor:
            return queries.sum() * float("nan")

        monkeypatch.setattr("fewpoints.models.pretrain.objective.contrastive_loss", broken)
        with pytest.raises(PretrainingDiverged, match="step 1"):
            pretrain([tiny_source()], tiny_config(), run_dir=tmp_path, device="cpu")


def _run_until_killed(step: int, run_dir: str, config: PretrainConfig) -> None:
    def progress(fraction: float, sentence: str) -> None:
        if sentence.startswith(f"Step {step} of"):
            os.kill(os.getpid(), signal.SIGKILL)

    torch.set_num_threads(1)
    ARCHITECTURES[TINY] = TINY_ARCH
    pretrain([tiny_source()], config, run_dir=Path(run_dir), device="cpu", progress=progress)


def _one_of_two(rank: int, port: int, run_dir: str, config: PretrainConfig) -> None:
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE="2",
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
    )
    torch.set_num_threads(1)
    ARCHITECTURES[TINY] = TINY_ARCH
    pretrain([tiny_source()], config, run_dir=Path(run_dir), device="cpu")


@pytest.mark.usefixtures("tiny")
def test_two_processes_equal_one_with_twice_the_parts(tmp_path: Path) -> None:
    """Normalisation is per part of a batch, so each process is one part of the same batch."""
    two = tiny_config(steps=3, batch=4, accumulate=1)
    one = tiny_config(steps=3, batch=4, accumulate=2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawn = multiprocessing.get_context("spawn")
    team = [
        spawn.Process(target=_one_of_two, args=(rank, port, str(tmp_path / "two"), two))
        for rank in (0, 1)
    ]
    for process in team:
        process.start()
    single = pretrain([tiny_source()], one, run_dir=tmp_path / "one", device="cpu")
    for process in team:
        process.join(60)
        assert process.exitcode == 0
    assert losses_of(tmp_path / "two") == pytest.approx(losses_of(tmp_path / "one"), rel=1e-5)
    both = weights(tmp_path / "two" / "checkpoint.safetensors")
    for name, value in weights(single.path).items():
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(both[name], value, rtol=1e-4, atol=1e-6)


def test_learning_rates_are_those_of_paper_and_code() -> None:
    paper, code = make_config("paper"), make_config("code")
    assert learning_rate(paper, 999) == pytest.approx(0.1)
    assert learning_rate(paper, 59_999) == pytest.approx(0.1 * 0.99**59)
    assert learning_rate(code, 0) == pytest.approx(0.1)
    assert learning_rate(code, 1) == pytest.approx(0.099)
    assert learning_rate(code, 1000) == pytest.approx(0.1 * 0.99**2)
