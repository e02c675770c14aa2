# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A pre-training run: from sources to a checkpoint, in a folder that can be gone on with."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.models.features.inference import choose_device
from fewpoints.models.pretrain.clouds import Prepared, prepare, prepare_scan
from fewpoints.models.pretrain.config import PretrainConfig
from fewpoints.models.pretrain.distributed import processes
from fewpoints.models.pretrain.errors import NoFramePairs, RunMismatch, UnusableSource
from fewpoints.models.pretrain.frame_pairs import PAIR_RULES
from fewpoints.models.pretrain.run_folder import CONFIG, logging_to, write_config
from fewpoints.models.pretrain.sources import ScanSource, Source
from fewpoints.models.pretrain.steps import CHECKPOINT, PretrainResult, Run

__all__ = ["PretrainConfig", "PretrainResult", "pretrain"]

CACHE = "frames"
_PREPARING = 0.1  # Share of the progress.
_log = logging.getLogger(__name__)


def pretrain(
    sources: Sequence[Source],
    config: PretrainConfig,
    *,
    run_dir: Path,
    resume: bool = False,
    device: str = "auto",
    progress: Progress = no_progress,
) -> PretrainResult:
    """Pre-train a network and write `checkpoint.safetensors` to `run_dir`.

    A run that was killed and is resumed with the same arguments ends with the same weights as one
    that was not (on a CPU with the same number of threads, to the bit). Under `torchrun` every
    process calls this with the same arguments.

    Args:
        resume: go on with what is in `run_dir`; without it, a folder with a run is refused.
        device: "auto", "cpu", "cuda", ...
        progress: called every step; it may raise to cancel.

    Raises:
        RunMismatch: `run_dir` holds a run (without `resume`), a finished one, or one with other
            arguments.
        NoFramePairs: the frames of the sources do not overlap.
        PretrainingDiverged: the loss is not finite.
        RunNotSaved: a state cannot be written; the one before it is kept.
    """
    with processes(choose_device(device)) as (team, where):
        parts = config.accumulate * team.world
        if config.batch % parts:
            raise RunMismatch(
                f"A batch of {config.batch} pairs cannot be divided over {team.world} processes "
                f"with {config.accumulate} parts each. Choose a multiple of {parts}."
            )
        names = _class_names(sources, config)
        if team.leads:
            run_dir.mkdir(parents=True, exist_ok=True)
            _claim(run_dir, config, resume=resume)
        team.wait()
        if team.leads:
            prepared = _prepare(sources, config, run_dir, part_of(progress, 0, _PREPARING))
        team.wait()
        if not team.leads:
            prepared = _prepare(sources, config, run_dir, no_progress)
        run = Run(prepared, config, names, run_dir, team, where)
        report = part_of(progress, _PREPARING, 1) if team.leads else no_progress
        if not team.leads:
            return run.train(report)
        with logging_to(run_dir):
            return run.train(report)


def _claim(run_dir: Path, config: PretrainConfig, *, resume: bool) -> None:
    """Make the folder this run's, or refuse it."""
    path = run_dir / CONFIG
    course = config.course()
    if path.exists() and not resume:
        raise RunMismatch(
            f"{run_dir.name} already holds a run. Resume it, or choose another folder."
        )
    if path.exists():
        try:
            known = json.loads(path.read_text())["config"]
        except (ValueError, KeyError, TypeError):
            raise RunMismatch(
                f"{run_dir.name}/{CONFIG} is damaged. Choose another folder."
            ) from None
        for name, value in course.items():
            if known.get(name) != value:
                raise RunMismatch(
                    f"The run in {run_dir.name} has {name} {known.get(name)}, not {value}. Resume "
                    "it with the same options, or choose another folder."
                )
        if (run_dir / CHECKPOINT).exists():
            raise RunMismatch(
                f"The run in {run_dir.name} is finished: {CHECKPOINT} is there. Use it, or choose "
                "another folder."
            )
    write_config(run_dir, {"config": config.model_dump(mode="json")})


def _prepare(
    sources: Sequence[Source], config: PretrainConfig, run_dir: Path, progress: Progress
) -> list[Prepared]:
    """Make every source ready; those without pairs are left out as long as one has some."""
    prepared: list[Prepared] = []
    problems: list[NoFramePairs] = []
    for index, source in enumerate(sources):
        report = part_of(progress, index / len(sources), (index + 1) / len(sources))
        try:
            prepared.append(_prepare_one(source, config, run_dir / CACHE, report))
        except NoFramePairs as problem:
            problems.append(problem)
            _log.warning("%s", problem.message)
    if not prepared:
        raise problems[0]
    return prepared


def _prepare_one(
    source: Source, config: PretrainConfig, cache: Path, progress: Progress
) -> Prepared:
    if isinstance(source, ScanSource):
        return prepare_scan(
            source,
            cache,
            voxel_size_m=config.voxel_size_m,
            crops=config.crops_per_scan,
            points=config.crop_points,
        )
    return prepare(
        source,
        cache,
        voxel_size_m=config.voxel_size_m,
        rule=PAIR_RULES[config.pair_rule],
        frame_step=config.frame_step,
        progress=progress,
    )


def _class_names(sources: Sequence[Source], config: PretrainConfig) -> tuple[str, ...]:
    """Return the classes of the labelled sources, which must agree."""
    if not sources:
        raise UnusableSource("There is no source. Name at least one sequence of RGB-D frames.")
    lists = {source.class_names for source in sources if source.class_names}
    if config.supervised_weight == 0:
        return ()
    if len(lists) != 1:
        raise UnusableSource(
            "Learning from labels needs labelled sources that share one list of classes; here are "
            f"{len(lists)} lists. Set supervised_weight to 0, or change the sources."
        )
    return lists.pop()
