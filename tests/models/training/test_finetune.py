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
from fewpoints.models.features.extract import extract_features, scan_voxels
from fewpoints.models.instances.centres import centre_offsets
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network
from fewpoints.models.selection.options import KMeansColor
from fewpoints.models.selection.registry import select_points
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.training import offsets
from fewpoints.models.training.config import preset_config
from fewpoints.models.training.dense_targets import extra_targets
from fewpoints.models.training.errors import BadAnswers, NotEnoughAnswers, TrainingDiverged
from fewpoints.models.training.finetune import (
    CHECKPOINT,
    FinetuneConfig,
    FinetuneResult,
    LabelledScan,
    finetune,
)
from fewpoints.models.training.head import FeatureStatistics, fit_head
from fewpoints.models.training.network import balanced, learning_rate_factor
from fewpoints.models.training.predict import predict
from fewpoints.models.training.sparse_supervision import ExtraTargets, make_samples
from fewpoints.models.training.state import CURRENT, PREVIOUS
from tests.models.densify.rooms import boxes_room
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


class TestSuperpoints:
    def test_other_scans_are_classified_by_what_superpoints_look_like(self, tmp_path: Path) -> None:
        scan, truth = boxes_room()
        rows = np.concatenate([np.flatnonzero(truth == kind)[40::400] for kind in range(4)])
        job = LabelledScan("room", scan, rows, truth[rows], 0.04)
        result = train(tmp_path, job=job, variant="superpoints")
        loaded = load_network(result.path)
        assert loaded.superpoint_head is not None
        assert loaded.report == []
        assert result.metrics["method"] == "cross_validation"
        moved = replace(scan, positions=scan.positions * [-1, 1, 1] + [8.0, 3.0, 1.0])
        found = predict(moved, loaded, voxel_size_m=0.04)
        assert (found.classes == truth).mean() > 0.9

    def test_dense_labels_of_held_out_answers_do_not_leak(self, tmp_path: Path) -> None:
        """Classes at random cannot be told, by whatever way an answer might come back."""
        scan, _ = boxes_room()
        rng = np.random.default_rng(0)
        rows = rng.choice(len(scan), 200, replace=False)
        classes = rng.integers(4, size=200)
        job = LabelledScan("room", scan, rows, classes, 0.04)
        result = train(tmp_path, job=job, variant="superpoints", pseudo_labels=0.3)
        assert result.metrics["accuracy"] < 0.4

    def test_superpoints_and_features_at_hand_change_nothing(self, tmp_path: Path) -> None:
        scan, truth = boxes_room()
        rows = np.arange(0, len(scan), 150)
        job = LabelledScan("room", scan, rows, truth[rows], 0.04)
        start = lively_network()
        features = extract_features(scan, start.network, voxel_size_m=0.04)
        superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
        ready = replace(job, features=features, superpoints=superpoints)
        one = train(tmp_path / "a", job=job, start=start, variant="superpoints")
        other = train(tmp_path / "b", job=ready, start=start, variant="superpoints")
        a, b = load_network(one.path), load_network(other.path)
        assert a.superpoint_head is not None
        assert b.superpoint_head is not None
        assert np.allclose(a.superpoint_head.weights, b.superpoint_head.weights, atol=1e-4)
        plain = predict(scan, a, voxel_size_m=0.04)
        quick = predict(scan, a, voxel_size_m=0.04, features=features, superpoints=superpoints)
        assert (plain.classes == quick.classes).mean() > 0.99
        assert np.abs(plain.confidence.astype(int) - quick.confidence).mean() < 2

    def test_linear_heads_are_read_from_features_at_hand_too(self, tmp_path: Path) -> None:
        job, start = small_job(), lively_network()
        loaded = load_network(train(tmp_path, job=job, start=start, variant="head").path)
        assert loaded.superpoint_head is None
        features = extract_features(job.scan, start.network, voxel_size_m=job.voxel_size_m)
        plain = predict(job.scan, loaded, voxel_size_m=job.voxel_size_m)
        quick = predict(job.scan, loaded, voxel_size_m=job.voxel_size_m, features=features)
        assert (plain.classes == quick.classes).mean() > 0.995


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


def test_a_network_that_is_not_trained_takes_larger_steps(tmp_path: Path) -> None:
    start = lively_network()
    for untrained, rate in ((False, 0.002), (True, 0.05)):
        result = train(
            tmp_path / str(untrained),
            start=replace(start, untrained=untrained),
            variant="network",
            steps=1,
        )
        assert result.meta.provenance["config"]["lr"] == rate


class TestAdapter:
    def test_only_the_last_stage_and_the_head_move(self, tmp_path: Path) -> None:
        start = lively_network()
        result = train(tmp_path, start=start, variant="adapter", steps=2)
        before, head = start.network.state_dict(), fitted_head(tmp_path / "head", start)
        for key, value in weights_of(result.path).items():
            if key.startswith("final."):
                assert not torch.equal(value, head[key]), key
            else:
                learns = key.startswith("block8.") and "running" not in key and "num" not in key
                assert torch.equal(value, before[key]) != learns, key
        assert result.metrics["method"] == "holdout"
        assert result.metrics["head"]["method"] == "cross_validation"


def fitted_head(run_dir: Path, start: LoadedNetwork) -> dict[str, torch.Tensor]:
    return weights_of(train(run_dir, start=start, variant="head").path)


def test_the_last_word_is_a_head_fitted_to_the_features_as_they_have_become(
    tmp_path: Path,
) -> None:
    job = small_job()
    plain = train(tmp_path / "a", job=job, variant="network", refit=False, holdout=0)
    result = train(tmp_path / "b", job=job, variant="network", holdout=0)
    before, after = load_network(plain.path), load_network(result.path)
    for key, value in after.network.state_dict().items():
        same = torch.equal(value, before.network.state_dict()[key])
        assert same != key.startswith("final."), key
    features = extract_features(job.scan, after.network, voxel_size_m=job.voxel_size_m)
    statistics = FeatureStatistics()
    voxels = scan_voxels(job.scan, job.voxel_size_m)
    statistics.add(features[voxels.first_point])
    kernel, _ = fit_head(features[job.rows], job.classes, 5, statistics, decay=0.1)
    torch.testing.assert_close(after.network.final.kernel.data, kernel, rtol=1e-2, atol=1e-3)


def test_rare_classes_count_more_by_the_root_of_their_share() -> None:
    job = small_job()
    job = replace(job, classes=np.array([0] * 36 + [3] * 4))
    weights = balanced([job], 5).tolist()
    assert weights[3] / weights[0] == pytest.approx(3)
    assert weights[1] == weights[2] == weights[4] == 0
    assert (36 * weights[0] + 4 * weights[3]) / 40 == pytest.approx(1)


class TestBatches:
    def test_a_step_is_the_mean_of_its_samples_gradients(self, tmp_path: Path) -> None:
        """One step of two samples from the same weights, against two gradients in a loop."""
        job, rate = small_job(), 1e-3
        options: dict[str, Any] = {
            "variant": "network",
            "steps": 1,
            "lr": rate,
            "warm_up": 0,
            "clip_norm": None,
            "weight_decay": 0,
            "augment": False,
            "max_voxels": 250,
            "holdout": 0,
            "balance": False,
            "refit": False,
        }
        before = load_network(train(tmp_path / "head", job=job, variant="head").path).network
        after = weights_of(train(tmp_path / "two", job=job, batch=2, **options).path)
        order = np.random.default_rng([0, 0, 0, 1])
        samples = make_samples(job, order, max_voxels=250, augment=False)
        assert len(samples) > 2
        chosen = order.permutation(len(samples))[:2]
        before.requires_grad_(True)
        for index in chosen:
            sample = samples[index]
            logits = before(sample.coords, sample.colours).logits
            total = torch.zeros(())
            for voxel, kind in zip(sample.voxels.tolist(), sample.classes.tolist(), strict=True):
                total = total - torch.log_softmax(logits[voxel], 0)[kind]
            (total / len(sample.voxels) * sample.weight / 2).backward()
        for key in ("final.kernel", "block8.0.conv2.kernel", "conv0p1s1.kernel"):
            weight = before.get_parameter(key)
            assert weight.grad is not None
            # The first step has no momentum yet, so nothing is dampened.
            torch.testing.assert_close(
                after[key], weight.detach() - rate * weight.grad, rtol=1e-4, atol=1e-7
            )

    def test_an_interrupted_run_of_batches_goes_on_in_step(self, tmp_path: Path) -> None:
        options: dict[str, Any] = {
            "variant": "adapter",
            "batch": 3,
            "steps": 3,
            "max_voxels": 250,
            "save_every_s": 0,
            "instances": True,
            "pseudo_labels": 0.3,
        }
        whole = train(tmp_path / "whole", **options)
        with pytest.raises(Stopped):
            train(tmp_path / "run", progress=stop_at("Step 3"), **options)
        resumed = train(tmp_path / "run", **options)
        assert resumed.losses == whole.losses
        assert (tmp_path / "run" / CHECKPOINT).read_bytes() == whole.path.read_bytes()
        assert [file.name for file in (tmp_path / "run").iterdir()] == [CHECKPOINT]


class TestDenseLabels:
    @pytest.mark.parametrize("variant", ["head", "adapter"])
    def test_answers_that_are_kept_out_have_no_say_in_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str
    ) -> None:
        job = small_job()
        asked: list[set[int]] = []

        def note(scan: LabelledScan, *args: Any, **options: Any) -> ExtraTargets:
            asked.append(set(scan.rows.tolist()))
            return extra_targets(scan, *args, **options)

        monkeypatch.setattr("fewpoints.models.training.finetune.extra_targets", note)
        result = train(tmp_path, job=job, variant=variant, pseudo_labels=0.3, steps=1)
        everything = set(job.rows.tolist())
        # Five folds first: each answer is kept out of exactly one.
        out = [everything - rows for rows in asked[:5]]
        assert set().union(*out) == everything
        assert sum(map(len, out)) == len(everything)
        for rows in asked[5:]:
            assert len(everything - rows) == (0 if variant == "head" else result.metrics["answers"])
        assert len(asked) > 5

    def test_pseudo_labels_teach_a_room(self, tmp_path: Path) -> None:
        room = small_room(6000)
        rows = select_points(room.scan, KMeansColor(), 40)
        job = LabelledScan("room", room.scan, rows, room.classes[rows].astype(np.int64), 0.15)
        start = load_network(None, arch="Res16UNet14A")
        names = [f"class {index}" for index in range(20)]
        right = {}
        for least in (None, 0.5):
            config = FinetuneConfig(variant="head", pseudo_labels=least)
            result = finetune([job], start, names, config, run_dir=tmp_path / str(least))
            found = predict(room.scan, load_network(result.path), voxel_size_m=0.15)
            right[least] = (found.classes == room.classes).mean()
        assert right[0.5] > right[None]


class TestInstances:
    @pytest.mark.parametrize("centres", ["extents", "clicks"])
    @pytest.mark.parametrize("variant", ["head", "network"])
    def test_an_offset_head_is_trained_and_stored(
        self, tmp_path: Path, variant: str, centres: str
    ) -> None:
        job = small_job()
        job = replace(job, instances=np.ones(len(job.rows), np.int64))
        start = lively_network()
        result = train(
            tmp_path, job=job, start=start, variant=variant, instances=True, centres=centres
        )
        loaded = load_network(result.path)
        assert loaded.offset_head is not None
        found = predict(job.scan, loaded, voxel_size_m=job.voxel_size_m, min_voxels=2)
        assert found.instances is not None
        if variant == "head":
            plain = fitted_head(tmp_path / "plain", lively_network())
            for key, value in weights_of(result.path).items():
                # The head differs where its statistics are over points instead of voxels.
                assert torch.equal(value, plain[key]) or centres == "extents", key

    def test_offsets_that_miss_are_left_out_and_that_is_said(self, tmp_path: Path) -> None:
        result = train(tmp_path, instances=True)
        loaded = load_network(result.path)
        assert loaded.offset_head is not None
        with torch.no_grad():
            assert not loaded.offset_head(torch.randn(9, 96)).any()
        assert any("told apart by the gaps" in note for note in result.notes)

    def test_learns_the_way_to_the_middle_of_an_object(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(offsets, "LARGEST_MISS", float("inf"))
        room = small_room(6000)
        things = np.flatnonzero(room.instances > 0)
        rows = np.random.default_rng(0).choice(things, 60, replace=False)
        job = LabelledScan(
            "room", room.scan, rows, room.classes[rows].astype(np.int64), 0.1,
            instances=room.instances[rows],
        )  # fmt: skip
        start = load_network(None, arch="Res16UNet14A")
        names = [f"class {index}" for index in range(20)]
        config = FinetuneConfig(
            variant="head", instances=True, steps=20, offset_lr=0.05, augment=False
        )
        result = finetune([job], start, names, config, run_dir=tmp_path, stuff=[0, 1])
        loaded = load_network(result.path)
        assert loaded.meta.stuff == (0, 1)
        assert loaded.offset_head is not None
        features = extract_features(room.scan, start.network, voxel_size_m=0.1)
        with torch.no_grad():
            found = loaded.offset_head(torch.from_numpy(features)).numpy()
        wanted, known = centre_offsets(room.scan.positions, room.instances)
        lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
        cosines = (found * wanted).sum(axis=1)[known] / lengths[known]
        assert cosines.mean() > 0.2, "an untrained head is at 0"

    def test_answers_about_stuff_alone_train_no_offset_head_and_that_is_said(
        self, tmp_path: Path
    ) -> None:
        names = [f"class {index}" for index in range(5)]
        result = finetune(
            [small_job()],
            lively_network(),
            names,
            FinetuneConfig(instances=True),
            run_dir=tmp_path,
            stuff=range(5),
        )
        assert load_network(result.path).offset_head is None
        assert any("No objects were learned" in note for note in result.notes)


def test_the_papers_schedule_and_that_of_a_room() -> None:
    """SGD 0.1, momentum 0.9, batch 48, 10,000 iterations, polynomial of 0.9."""
    config = preset_config("paper", seed=3)
    assert config.variant == "network"
    assert (config.lr, config.momentum, config.weight_decay) == (0.1, 0.9, 1e-4)
    assert (config.batch, config.steps, config.seed) == (48, 10_000, 3)
    for step in (0, 1, 5_000, 9_999):
        expected = (1 - step / 10_001) ** 0.9
        assert learning_rate_factor(config, step) == pytest.approx(expected)
    assert preset_config("paper", steps=7).steps == 7
    assert config.untrained_lr == 0.1
    room = preset_config("room")
    assert (room.variant, room.steps, room.pseudo_labels) == ("superpoints", 60, 0.9)


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


@pytest.mark.parametrize("variant", ["superpoints", "head", "network"])
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
