# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.models.features.extract import extract_features
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network
from fewpoints.models.selection.options import KMeansColor
from fewpoints.models.selection.registry import select_points
from fewpoints.models.training.errors import BadAnswers, NotEnoughAnswers, TrainingDiverged
from fewpoints.models.training.finetune import (
    FinetuneConfig,
    FinetuneResult,
    LabelledScan,
    finetune,
)
from fewpoints.models.training.predict import predict
from fewpoints.models.training.state import CURRENT, PREVIOUS
from tests.models.features.scenes import lively_network, planes
from tests.rooms import small_room

NAMES = [f"class {index}" for index in range(5)]


class Stopped(Exception):
    pass


def stop_at(sentence_start: str) -> Progress:
    def report(fraction: float, sentence: str) -> None:
        assert 0 <= fraction <= 1
        if sentence.startswith(sentence_start):
            raise Stopped

    return report


def small_job(answers: int = 40, seed: int = 0) -> LabelledScan:
    """A few planes whose class is their colour, near enough."""
    scan = planes(seed=seed, count=5, points=200, size=2.0)
    assert scan.colours is not None
    truth = scan.colours[:, 0].astype(np.int64) // 52
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(scan), answers, replace=False)
    return LabelledScan("planes", scan, rows, truth[rows], 0.12)


def train(
    run_dir: Path,
    *,
    job: LabelledScan | None = None,
    start: LoadedNetwork | None = None,
    progress: Progress = no_progress,
    **options: Any,  # Fields of FinetuneConfig.
) -> FinetuneResult:
    config = FinetuneConfig.model_validate({"steps": 4, **options})
    return finetune(
        [job or small_job()],
        start or lively_network(),
        NAMES,
        config,
        run_dir=run_dir,
        device="cpu",
        progress=progress,
    )


def weights_of(path: Path) -> dict[str, torch.Tensor]:
    return load_network(path).network.state_dict()


class TestHead:
    def test_is_a_regular_checkpoint_that_says_where_it_comes_from(self, tmp_path: Path) -> None:
        start = lively_network()
        before = {key: value.clone() for key, value in start.network.state_dict().items()}
        result = train(tmp_path, start=start, variant="head")
        loaded = load_network(result.path)
        assert loaded.sha256 == result.sha256
        assert list(loaded.meta.class_names) == NAMES
        assert loaded.meta.voxel_size_m == 0.12
        assert loaded.meta.provenance["parent"]["sha256"] == start.sha256
        assert loaded.meta.provenance["config"]["variant"] == "head"
        assert loaded.meta.provenance["metrics"] == result.metrics
        json.dumps(result.metrics, allow_nan=False)
        for key, value in loaded.network.state_dict().items():
            assert torch.equal(start.network.state_dict()[key], before[key])
            if not key.startswith("final."):
                assert torch.equal(value, before[key]), key

    def test_cached_features_give_the_same_head(self, tmp_path: Path) -> None:
        job, start = small_job(), lively_network()
        features = extract_features(job.scan, start.network, voxel_size_m=job.voxel_size_m)
        train(tmp_path / "a", job=job, start=start, variant="head")
        train(tmp_path / "b", job=replace(job, features=features), start=start, variant="head")
        for run in "ab":
            prediction = predict(
                job.scan,
                load_network(tmp_path / run / "checkpoint.safetensors"),
                voxel_size_m=job.voxel_size_m,
            )
            if run == "a":
                first = prediction
        agree = (first.classes == prediction.classes).mean()
        # Statistics are over voxels in one case and over points in the other.
        assert agree > 0.95

    def test_cross_validated_figures(self, tmp_path: Path) -> None:
        metrics = train(tmp_path, variant="head").metrics
        assert metrics["method"] == "cross_validation"
        assert metrics["answers"] == 40
        assert sum(entry["answers"] for entry in metrics["per_class"]) == 40
        assert 0 <= metrics["accuracy"] <= 1

    def test_one_answer_per_class_is_trained_on_but_not_measured(self, tmp_path: Path) -> None:
        job = small_job()
        _, firsts = np.unique(job.classes, return_index=True)
        job = replace(job, rows=job.rows[firsts], classes=job.classes[firsts])
        result = train(tmp_path, job=job, variant="head")
        assert result.metrics["accuracy"] is None
        assert "single labelled point" in result.metrics["reason"]
        assert result.metrics["reason"] in result.notes


class TestNetwork:
    def test_every_weight_moves_and_statistics_stay(self, tmp_path: Path) -> None:
        start = lively_network()
        result = train(tmp_path, start=start, variant="network")
        assert len(result.losses) == 4
        before, after = start.network.state_dict(), weights_of(result.path)
        for key, value in after.items():
            same = torch.equal(value, before[key])
            assert same == ("running" in key or "num_batches" in key), key

    def test_held_out_answers_are_measured_and_not_trained_on(self, tmp_path: Path) -> None:
        metrics = train(tmp_path, variant="network").metrics
        assert metrics["method"] == "holdout"
        assert 5 <= metrics["answers"] <= 12
        assert metrics["head"]["method"] == "cross_validation"

    def test_twenty_answers_are_all_trained_on_and_that_is_said(self, tmp_path: Path) -> None:
        metrics = train(tmp_path, job=small_job(20), variant="network").metrics
        assert metrics["accuracy"] is None
        assert "all 20 answers were trained on" in metrics["reason"]
        assert metrics["head"]["accuracy"] is not None

    def test_same_seed_same_weights_another_seed_others(self, tmp_path: Path) -> None:
        heads = []
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            result = train(tmp_path / name, variant="network", seed=seed, steps=2)
            heads.append(weights_of(result.path)["block8.0.conv1.kernel"])
        assert torch.equal(heads[0], heads[1])
        assert not torch.equal(heads[0], heads[2])

    @pytest.mark.parametrize("normalisation", ["frozen", "batch"])
    def test_an_interrupted_run_ends_like_an_uninterrupted_one(
        self, tmp_path: Path, normalisation: str
    ) -> None:
        options: dict[str, Any] = {
            "variant": "network",
            "max_voxels": 150,
            "normalisation": normalisation,
            "save_every_s": 0,
        }
        whole = train(tmp_path / "whole", **options)
        run_dir = tmp_path / "run"
        for stop in ("Step 3", "Step 4"):
            with pytest.raises(Stopped):
                train(run_dir, progress=stop_at(stop), **options)
            assert (run_dir / CURRENT).exists()
            assert not (run_dir / "checkpoint.safetensors").exists()
        resumed = train(run_dir, **options)
        assert resumed.losses == whole.losses
        expected = weights_of(whole.path)
        for key, value in weights_of(resumed.path).items():
            assert torch.equal(value, expected[key]), key
        assert [file.name for file in run_dir.iterdir()] == ["checkpoint.safetensors"]

    @pytest.mark.parametrize("both", [False, True])
    def test_a_damaged_state_costs_a_generation_or_a_fresh_start(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, both: bool
    ) -> None:
        whole = train(tmp_path / "whole", variant="network")
        run_dir = tmp_path / "run"
        with pytest.raises(Stopped):
            train(run_dir, variant="network", save_every_s=0, progress=stop_at("Step 4"))
        content = (run_dir / CURRENT).read_bytes()
        (run_dir / CURRENT).write_bytes(content[: len(content) // 2])
        if both:
            (run_dir / PREVIOUS).write_bytes(b"junk")
        with caplog.at_level(logging.INFO):
            resumed = train(run_dir, variant="network")
        assert "state.pt is damaged" in caplog.text
        assert ("Resuming at step 2 of 4" in caplog.text) != both
        assert resumed.losses == whole.losses

    def test_a_state_of_other_answers_is_not_used(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(Stopped):
            train(tmp_path, variant="network", save_every_s=0, progress=stop_at("Step 3"))
        result = train(tmp_path, job=small_job(seed=1), variant="network")
        assert "belongs to another run" in caplog.text
        assert len(result.losses) == 4

    def test_a_run_that_diverges_says_so(self, tmp_path: Path) -> None:
        start = lively_network()
        with torch.no_grad():
            start.network.conv0p1s1.kernel[0, 0, 0] = 1e38
            start.network.bn0.bn.weight.fill_(1e30)
        features = np.random.default_rng(0).normal(size=(1000, 96)).astype(np.float32)
        job = replace(small_job(), features=features)
        with pytest.raises(TrainingDiverged, match="diverged at step 1"):
            train(tmp_path, job=job, start=start, variant="network")
        assert not (tmp_path / "checkpoint.safetensors").exists()


class TestRefusals:
    def test_too_few_answers(self, tmp_path: Path) -> None:
        with pytest.raises(NotEnoughAnswers, match="at least 5 labelled points; there are 3"):
            train(tmp_path, job=small_job(3))
        with pytest.raises(NotEnoughAnswers):
            finetune([], lively_network(), NAMES, FinetuneConfig(), run_dir=tmp_path)

    @pytest.mark.parametrize(
        ("rows", "classes", "message"),
        [
            ([0, 1, 2, 3, 9999], [0, 1, 0, 1, 0], "row 9999"),
            ([0, 1, 2, 3, 4], [0, 1, 0, 1, 5], "class 5 is not in the list of 5"),
            ([0, 1, 2, 3, 4], [0, 1], "5 labelled points but 2 classes"),
            ([0, 1, 2, 3, 7], [0, 1, 0, 1, 0], "no finite coordinates"),
        ],
    )
    def test_answers_that_do_not_fit(
        self, tmp_path: Path, rows: list[int], classes: list[int], message: str
    ) -> None:
        job = small_job()
        job.scan.positions[7] = np.nan
        job = replace(job, rows=np.array(rows), classes=np.array(classes))
        with pytest.raises(BadAnswers, match=message):
            train(tmp_path, job=job)

    def test_features_of_another_scan(self, tmp_path: Path) -> None:
        job = replace(small_job(), features=np.zeros((3, 96), np.float32))
        with pytest.raises(BadAnswers, match="3 rows, the scan has 1,000 points"):
            train(tmp_path, job=job, variant="head")


@pytest.mark.parametrize("variant", ["head", "network"])
def test_sixty_answers_about_a_simulated_room_beat_the_commonest_class(
    tmp_path: Path, variant: str
) -> None:
    room = small_room(6000)
    rows = select_points(room.scan, KMeansColor(), 60)
    job = LabelledScan("room", room.scan, rows, room.classes[rows].astype(np.int64), 0.15)
    names = [f"class {index}" for index in range(20)]
    config = FinetuneConfig.model_validate({"variant": variant, "steps": 12})
    start = load_network(None, arch="Res16UNet14A")
    result = finetune([job], start, names, config, run_dir=tmp_path, device="cpu")
    prediction = predict(room.scan, load_network(result.path), voxel_size_m=0.15)
    correct = (prediction.classes == room.classes).mean()
    commonest = np.bincount(room.classes).max() / len(room.scan)
    assert correct > commonest + 0.1
