# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which kinds of jobs there are. Tasks are named, not imported: the API process has no torch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Lane = Literal["heavy", "light"]
LANES: tuple[Lane, ...] = ("heavy", "light")


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    Attributes:
        lane: heavy jobs run one at a time, and light ones beside them, also one at a time.
        task: "module:function"; called as function(context, **args) in a worker.
        noun: how sentences name it.
        ended: "module:function", called as function(session, job) in the transaction that ends a
            job as failed or cancelled.
        ended_many: the same for many that are cancelled while they wait, called as
            function(session, scan_ids), a SELECT of the ids of their scans.
    """

    lane: Lane
    task: str
    noun: str
    ended: str | None = None
    ended_many: str | None = None


KINDS: dict[str, JobKind] = {
    "import": JobKind(
        "light",
        "fewpoints.server.scans.tasks:import_scan",
        "import",
        ended="fewpoints.server.scans.service:import_ended",
        ended_many="fewpoints.server.scans.service:imports_cancelled",
    ),
    "features": JobKind("heavy", "fewpoints.server.rounds.tasks:compute_features", "features job"),
    "select": JobKind("heavy", "fewpoints.server.rounds.tasks:select_points", "selection"),
    "finetune": JobKind("heavy", "fewpoints.server.training.tasks:finetune", "training"),
    "predict": JobKind("heavy", "fewpoints.server.training.tasks:predict", "prediction"),
    "normals": JobKind(
        "light", "fewpoints.server.channels.tasks:estimate_normals", "estimation of normals"
    ),
    "labels": JobKind(
        "light", "fewpoints.server.file_labels.tasks:take_labels", "import of labels"
    ),
    "export": JobKind("light", "fewpoints.server.exports.tasks:export", "export"),
    "pack": JobKind(
        "light", "fewpoints.server.project_archives.tasks:pack", "packing of the project"
    ),
    "restore": JobKind(
        "light", "fewpoints.server.project_archives.tasks:restore", "import of the project"
    ),
}


def resolve(path: str) -> Callable[..., Any]:
    """Import what a "module:function" names."""
    module, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function
