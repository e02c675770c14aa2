# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The steps of a run in one process, with states to go on from."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from fewpoints.annotations.progress import Progress
from fewpoints.models.nets.checkpoint import CheckpointMeta, save_network
from fewpoints.models.pretrain.clouds import Prepared
from fewpoints.models.pretrain.config import PretrainConfig
from fewpoints.models.pretrain.dataset import Batch, PairBatches, View, load_batches
from fewpoints.models.pretrain.distributed import Processes
from fewpoints.models.pretrain.errors import PretrainingDiverged, RunNotSaved
from fewpoints.models.pretrain.objective import Learner
from fewpoints.models.pretrain.run_folder import add_row, keep_rows, write_curve
from fewpoints.models.training.state import load_state, remove_state, save_state

CHECKPOINT = "checkpoint.safetensors"
_WARM_UP_STEPS = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PretrainResult:
    """A finished run.

    path, sha256, meta: the checkpoint. pairs: frame pairs of all sources. loss: mean of the last 50
    steps. pairs_per_s, waited: throughput of this process's part of the run, and the share of that
    time in which training waited for a batch; nan when no step was left to do.
    """

    path: Path
    sha256: str
    meta: CheckpointMeta
    pairs: int
    steps: int
    loss: float
    pairs_per_s: float
    waited: float


def learning_rate(config: PretrainConfig, step: int) -> float:
    """Return the learning rate of a step, the first being 0."""
    if config.schedule == "cosine":
        warm_up = min(1.0, (step + 1) / _WARM_UP_STEPS)
        return config.lr * warm_up * 0.5 * (1 + math.cos(math.pi * step / config.steps))
    decays = step // 1000 + (config.schedule == "exponential_extra" and step >= 1)
    return float(config.lr * 0.99**decays)


class Run:
    """One process of a run between its preparation and its checkpoint."""

    def __init__(
        self,
        sources: list[Prepared],
        config: PretrainConfig,
        class_names: tuple[str, ...],
        run_dir: Path,
        team: Processes,
        device: torch.device,
    ) -> None:
        self.sources, self.config, self.run_dir = sources, config, run_dir
        self.team, self.device = team, device
        self.learner = Learner(config, len(class_names)).to(device).train()
        self.optimiser = torch.optim.SGD(
            self.learner.parameters(),
            lr=config.lr,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
        )
        plain = [config.course(), [s.folder.name for s in sources], list(class_names)]
        text = json.dumps([*plain, team.world], sort_keys=True)
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()
        self.losses: list[float] = []

    def train(self, progress: Progress) -> PretrainResult:
        config = self.config
        """Take the steps that are left and write the checkpoint."""
        done = self._restore()
        per_process = config.batch // self.team.world
        batches = PairBatches(
            self.sources,
            config,
            size=per_process // config.accumulate,
            first=done * config.accumulate,
            count=(config.steps - done) * config.accumulate,
            rank=self.team.rank,
            world=self.team.world,
        )
        loaded = load_batches(batches, workers=config.workers, pin=self.device.type == "cuda")
        started, waited = time.monotonic(), 0.0
        for step in range(done, config.steps):
            recent = f", loss {sum(self.losses[-10:]) / 10:.3f}" if len(self.losses) > 9 else ""
            progress(step / config.steps, f"Step {step + 1} of {config.steps}{recent}")
            row = self._step(step, loaded)
            waited += row[-1]
            self.losses.append(row[1])
            if self.team.leads:
                add_row(self.run_dir, row)
            if (step + 1) % config.save_every == 0 and step + 1 < config.steps:
                self._save(step + 1)
            if (step + 1) % config.keep_every == 0 and step + 1 < config.steps:
                self._publish(f"step-{step + 1:06d}.safetensors", step + 1)
        spent = time.monotonic() - started
        ran = config.steps - done
        sha256, meta = self._publish(CHECKPOINT, config.steps)
        if self.team.leads:
            write_curve(self.run_dir, self.losses)
            remove_state(self.run_dir)
        self.team.wait()
        progress(1.0, "The checkpoint is written")
        recent_losses = self.losses[-50:]
        return PretrainResult(
            self.run_dir / CHECKPOINT,
            sha256,
            meta,
            sum(map(len, self.sources)),
            config.steps,
            sum(recent_losses) / len(recent_losses),
            ran * config.batch / spent if ran else math.nan,
            waited / spent if ran else math.nan,
        )

    def _step(self, step: int, loaded: Iterator[Batch]) -> list[float]:
        """Take one step; return its row of loss.csv."""
        config = self.config
        began, waited = time.monotonic(), 0.0
        self.optimiser.zero_grad(set_to_none=True)
        sums = torch.zeros(4, device=self.device)
        matches = voxels = 0
        for _ in range(config.accumulate):
            asked = time.monotonic()
            batch = _to(next(loaded), self.device)
            waited += time.monotonic() - asked
            losses = self.learner(batch)
            (losses.total / config.accumulate).backward()
            sums += torch.stack([part.detach() for part in losses])
            matches += len(batch.first_rows)
            voxels += len(batch.first.coords) + len(batch.second.coords)
        sums /= config.accumulate
        self.team.average([sums])
        total, *parts = sums.tolist()
        lr = learning_rate(config, step)
        if not math.isfinite(total):
            raise PretrainingDiverged(
                f"Pre-training diverged at step {step + 1}: the loss is not a finite number. "
                f"Start again with a learning rate below {lr:g}."
            )
        self.team.average([p.grad for p in self.learner.parameters() if p.grad is not None])
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        self.optimiser.step()
        spent = time.monotonic() - began
        return [step + 1, total, *parts, lr, matches, voxels, spent, waited]

    def _restore(self) -> int:
        """Load the last state, if there is one; return how many steps are done."""
        state = load_state(self.run_dir, self.fingerprint)
        done = 0
        if state is not None:
            self.learner.load_state_dict(state["learner"])
            self.optimiser.load_state_dict(state["optimiser"])
            done = int(state["steps"])
        self.team.wait()
        if self.team.leads:
            rows = keep_rows(self.run_dir, done)
            self.losses = [row[1] for row in rows]
            _log.info("Starting after step %d of %d on %s.", done, self.config.steps, self.device)
        return done

    def _save(self, steps: int) -> None:
        if not self.team.leads:
            return
        state = {
            "fingerprint": self.fingerprint,
            "learner": self.learner.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "steps": steps,
        }
        try:
            save_state(self.run_dir, state)
            write_curve(self.run_dir, self.losses)
        except OSError as error:
            raise RunNotSaved(
                f"The state after step {steps} cannot be written to {self.run_dir.name}: "
                f"{error.strerror or error}. The state before it is kept: free some space and "
                "resume."
            ) from error
        _log.info("Step %d, loss %.4f.", steps, self.losses[-1])

    def _publish(self, name: str, steps: int) -> tuple[str, CheckpointMeta]:
        config, network = self.config, self.learner.network
        meta = CheckpointMeta(
            network.arch,
            network.out_channels,
            voxel_size_m=config.voxel_size_m,
            provenance={
                "kind": "pre-training",
                "config": config.model_dump(mode="json"),
                "steps": steps,
                "sources": [{"name": source.name, **source.extent()} for source in self.sources],
                "processes": self.team.world,
                "last_loss": self.losses[-1] if self.losses else None,
            },
        )
        sha256 = ""
        if self.team.leads:
            sha256 = save_network(self.run_dir / name, network, meta)
            _log.info("Wrote %s.", name)
        return sha256, meta


def _to(batch: Batch, device: torch.device) -> Batch:
    def move(tensor: Tensor) -> Tensor:
        return tensor.to(device, non_blocking=True)

    return Batch(
        View(*map(move, batch.first)),
        View(*map(move, batch.second)),
        move(batch.first_rows),
        move(batch.second_rows),
        move(batch.positions),
        batch.counts,
    )
