# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints doctor`: what this installation has, what it lacks, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from typing import Literal

import typer

from fewpoints.server.commands.scans import JsonOption
from fewpoints.server.commands.terminal import print_json

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    name: str
    state: State
    finding: str


def doctor(as_json: JsonOption = False) -> None:
    """Check this installation; exit code 1 when something stands in the way."""
    checks = [*python_checks(), *network_checks(), *home_checks(), *app_checks()]
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        mark = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}
        for check in checks:
            print(f"{mark[check.state]}  {check.name}: {check.finding}")
    if any(check.state == "problem" for check in checks):
        raise typer.Exit(1)


def python_checks() -> list[Check]:
    version = importlib.metadata.version("fewpoints")
    where = f"Python {platform.python_version()} on {platform.platform()}"
    found = [Check("fewpoints", "ok", f"{version}, {where}, {os.cpu_count()} CPU cores")]
    for name in ("numpy", "laspy", "lazrs", "faiss-cpu", "fastapi", "sqlalchemy", "safetensors"):
        try:
            found.append(Check(name, "ok", importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append(Check(name, "problem", f"not installed; run pip install {name}"))
    return found


def network_checks() -> list[Check]:
    import torch

    from fewpoints.models.engine.backends.base import ConvCase
    from fewpoints.models.engine.backends.registry import backend_names, choose_backend
    from fewpoints.models.engine.errors import BackendUnavailable
    from fewpoints.models.nets.default_weights import packaged_weights

    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        device = Check("GPU", "ok", ", ".join(names))
    else:
        device = Check("GPU", "note", "none that torch can use; everything runs on the CPU")
    found = [
        Check("torch", "ok", f"{torch.__version__}, {torch.get_num_threads()} threads"),
        device,
    ]
    where = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    case = ConvCase("submanifold", 3, 1, 32, 32, where, torch.float32, needs_grad=False)
    for name in backend_names():
        try:
            choose_backend(name, case)
        except BackendUnavailable as error:
            found.append(Check(f"engine {name}", "note", error.message))
        else:
            found.append(Check(f"engine {name}", "ok", f"runs 3x3x3 convolutions on {where}"))
    if (packaged := packaged_weights()) is not None:
        found.append(Check("default weights", "ok", packaged.name))
    else:
        sentence = "none packaged; an untrained network stands in, or name a --checkpoint"
        found.append(Check("default weights", "note", sentence))
    return found


def home_checks() -> list[Check]:
    from fewpoints.server.settings import Settings

    settings = Settings()
    home = settings.home
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    found = []
    if os.access(existing, os.W_OK):
        found.append(Check("FEWPOINTS_HOME", "ok", str(home)))
    else:
        sentence = f"{home} cannot be written; set FEWPOINTS_HOME to a folder that can"
        found.append(Check("FEWPOINTS_HOME", "problem", sentence))
    free = shutil.disk_usage(existing).free
    state: State = "ok" if free > 5e9 else "note"
    found.append(Check("free disk", state, f"{free / 1e9:.1f} GB"))
    return found


def app_checks() -> list[Check]:
    page = importlib.resources.files("fewpoints.server") / "static" / "index.html"
    if page.is_file():
        return [Check("web app", "ok", "built")]
    sentence = f"not built; run `{sys.executable} hatch_build.py` in the checkout, or reinstall"
    return [Check("web app", "problem", sentence)]
