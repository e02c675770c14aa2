# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Every shell step of the Dockerfile runs, in order, on this machine; the compose file is valid.

No Docker engine is needed: the steps take their folders from the environment, so the test gives
them others and runs them as a shell would. It ends with the image's own command and health check.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def steps(keyword: str) -> list[str]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [
        line.split(None, 1)[1].strip()
        for line in text.splitlines()
        if line.split(None, 1)[:1] == [keyword]
    ]


def declared_environment() -> dict[str, str]:
    pairs = [pair for line in steps("ENV") for pair in shlex.split(line)]
    return dict(pair.split("=", 1) for pair in pairs)


def compose_command() -> list[str] | None:
    if shutil.which("docker"):
        found = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if found.returncode == 0:
            return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


@pytest.mark.parametrize("profile", [None, "gpu"])
def test_compose_file_is_valid(profile: str | None) -> None:
    command = compose_command()
    if command is None:
        pytest.skip("neither `docker compose` nor `docker-compose` is installed")
    arguments = ["--profile", profile] if profile else []
    shown = subprocess.run(
        [*command, *arguments, "config"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    assert "fewpoints-home:/data" in shown.stdout or "target: /data" in shown.stdout
    if profile == "gpu":
        assert "fewpoints-gpu" in shown.stdout


def test_image_is_slim_and_not_root() -> None:
    assert all("-slim" in line for line in steps("FROM"))
    assert steps("USER") == ["1000:1000"]
    assert json.loads(steps("VOLUME")[0]) == [declared_environment()["FEWPOINTS_HOME"]]


def test_every_shell_step_runs_and_the_image_command_serves(tmp_path: Path) -> None:
    source, venv, home = tmp_path / "src", tmp_path / "venv", tmp_path / "data"
    source.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    declared = declared_environment()
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("FEWPOINTS_")}
    env = {
        **kept,
        **{name: value for name, value in declared.items() if name != "PATH"},
        "VENV": str(venv),
        "FEWPOINTS_HOME": str(home),
        "HOME": str(home),
        "TORCH_INDEX": "",
    }
    del env["PIP_NO_CACHE_DIR"]  # The image keeps no cache; a test need not download twice.
    if "PIP_CACHE_DIR" not in env:
        env["PIP_CACHE_DIR"] = str(Path.home() / ".cache" / "pip")
    runs = steps("RUN")
    assert len(runs) >= 4
    for step in runs:
        done = subprocess.run(
            ["bash", "-euc", step], cwd=source, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{step}\n{done.stdout}\n{done.stderr}"
    _serve_and_check_health(venv, env, tmp_path)


def _serve_and_check_health(venv: Path, env: dict[str, str], cwd: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        **env,
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "FEWPOINTS_PORT": str(port),
        "FEWPOINTS_HOST": "127.0.0.1",
    }
    (command,) = steps("CMD")
    server = subprocess.Popen(
        [str(venv / "bin" / json.loads(command)[0]), *json.loads(command)[1:]],
        env=env,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        (line,) = steps("HEALTHCHECK")
        match = re.search(r"CMD\s+(\[.*\])", line)
        assert match is not None
        health = [part.replace(":8000/", f":{port}/") for part in json.loads(match[1])]
        for _ in range(60):
            answer = subprocess.run(health, env=env, capture_output=True, check=False)
            if answer.returncode == 0:
                break
            assert server.poll() is None, server.stdout.read() if server.stdout else ""
            time.sleep(0.5)
        assert answer.returncode == 0, answer.stderr
    finally:
        server.terminate()
        server.communicate(timeout=30)
