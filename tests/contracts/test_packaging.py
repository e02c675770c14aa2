# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The wheel holds exactly our packages and works where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (found,) = folder.glob("*.whl")
    return found


def test_wheel_contains_exactly_our_packages(wheel: Path) -> None:
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    tops = {"/".join(name.split("/")[:2]) for name in names}
    assert tops == {"fewpoints/annotations", "fewpoints/models", "fewpoints/server"}
    assert "fewpoints/__init__.py" not in names
    for needed in ("annotations/py.typed", "models/py.typed", "server/py.typed"):
        assert f"fewpoints/{needed}" in names
    assert "fewpoints/server/static/index.html" in names, "the web app is part of the wheel"
    assert "fewpoints/models/nets/weights/default.safetensors" in names
    assert any("migrations/versions" in name for name in names)
    assert not any("node_modules" in name or "__pycache__" in name for name in names)


def test_installed_wheel_runs_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    subprocess.run([*command, str(target), str(wheel)], check=True)
    env = {**os.environ, "PYTHONPATH": str(target)}
    code = "import fewpoints.server.cli as cli; print(cli.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.strip().startswith(str(target))
    script = target / "bin" / "fewpoints"
    shown = subprocess.run(
        [sys.executable, str(script), "--help"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    for command_name in (
        *("quickstart", "serve", "import", "inspect", "features"),
        *("select", "finetune", "export", "benchmark", "doctor"),
    ):
        assert command_name in shown.stdout
