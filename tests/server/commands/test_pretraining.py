# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints pretrain` as a user or a script meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewpoints.annotations.classes import PRESETS
from fewpoints.annotations.datasets.simulator.files import write_scene
from fewpoints.annotations.datasets.simulator.scene import simulate_scene
from fewpoints.models.nets.checkpoint import load_network
from fewpoints.models.nets.res_unet import ARCHITECTURES
from fewpoints.models.pretrain.errors import UnusableSource
from fewpoints.models.pretrain.sources import FrameSource, ScanSource, open_source
from fewpoints.server import cli
from tests.models.pretrain.scenes import room_sequence
from tests.models.pretrain.tiny import TINY, TINY_ARCH

Run = Callable[..., tuple[int, str, str]]
SMALL = ("--arch", TINY, "--batch", 2, "--voxel-size", 0.1, "--workers", 0, "--device", "cpu")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `fewpoints pretrain ...` in this process: (exit code, stdout, stderr)."""
    monkeypatch.setitem(ARCHITECTURES, TINY, TINY_ARCH)

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fewpoints", "pretrain", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        out, err = capsys.readouterr()
        return (code if isinstance(code, int) else 0 if code is None else 1), out, err

    return command


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A path that opens as a small room, whatever the readers."""
    path = tmp_path / "recording"
    path.mkdir()
    source = FrameSource(room_sequence(6))
    monkeypatch.setattr(
        "fewpoints.models.pretrain.sources.open_source",
        lambda path, crops, views, progress: [source],
    )
    return path


def test_writes_a_checkpoint_and_resumes_nothing_twice(
    run: Run, recording: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    code, text, _ = run(recording, "--out", out, "--steps", 2, *SMALL, "--json")
    assert code == 0
    report = json.loads(text)
    assert load_network(Path(report["checkpoint"])).sha256 == report["sha256"]
    assert report["steps"] == 2
    code, _, err = run(recording, "--out", out, "--steps", 2, *SMALL)
    assert code == 2
    assert "already holds a run" in err
    # The run's own options, except where they are named again.
    code, _, err = run(recording, "--out", out, "--resume", "--device", "cpu")
    assert code == 2
    assert "is finished" in err
    code, _, err = run(recording, "--out", out, "--resume", "--partitions", 4, "--device", "cpu")
    assert code == 2
    assert "partitions 8, not 4" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "--out", "{out}"), "nowhere"),
        (("{scan}", "--out", "{out}"), "scan.ply"),
        (("{scan}", "--out", "{out}", "--partitions", 3), "not 3"),
        (("{scan}", "--out", "{out}", "--method", "magic"), "--method magic"),
        (("{scan}", "--out", "{out}", "--preset", "magic"), "--preset magic"),
        (("{scan}", "--out", "{out}", "--arch", "magic"), "--arch magic"),
        (("{scan}", "--out", "{out}", "--batch", 3, "--accumulate", 2), "batch 3"),
        (("{scan}", "--out", "{out}", "--voxel-size", 0), "--voxel-size 0"),
        (("{scan}", "--out", "{out}", "--resume"), "no run"),
        (("{scan}", "--out", "{scan}"), "is a file"),
        (("{scan}", "--out", "{out}/missing/run"), "does not exist"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(
    run: Run, tmp_path: Path, arguments: tuple[object, ...], said: str
) -> None:
    scan, out = tmp_path / "scan.ply", tmp_path / "run"
    scan.write_bytes(b"ply\n")
    code, text, err = run(*(str(a).format(scan=scan, out=out) for a in arguments))
    assert code == 2, err
    assert text == ""
    assert err.startswith("Error: ")
    assert said in err
    assert err.count("\n") == 1
    assert not out.exists()


@pytest.fixture
def simulated(tmp_path: Path) -> Path:
    folder = tmp_path / "simulated"
    write_scene(folder, simulate_scene(3, rooms=["office"], frames=20, size=(64, 48)))
    return folder


def test_a_recording_on_disk_is_trained_on(run: Run, simulated: Path, tmp_path: Path) -> None:
    code, text, err = run(simulated, "--out", tmp_path / "run", "--steps", 1, *SMALL, "--json")
    assert code == 0, err
    assert json.loads(text)["pairs"] > 0


def test_a_resumed_run_looks_at_a_scan_as_it_did(
    run: Run, simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    scan = simulated / "scan.ply"
    code, _, err = run(scan, "--out", out, "--steps", 1, "--views", 7, *SMALL)
    assert code == 0, err
    asked: list[int] = []
    monkeypatch.setattr(
        "fewpoints.models.pretrain.sources.scan_as_frames",
        lambda scan, *, views, **_: asked.append(views) or room_sequence(6),  # type: ignore[func-returns-value]
    )
    run(scan, "--out", out, "--resume", "--device", "cpu")
    assert asked == [7]


def test_a_simulated_folder_brings_its_labels_and_its_scan(simulated: Path) -> None:
    (frames,) = open_source(simulated)
    assert isinstance(frames, FrameSource)
    assert frames.class_map is not None
    assert frames.class_names == tuple(PRESETS["scannet20"].classes.names)
    truth = simulate_scene(3, rooms=["office"], frames=20, size=(64, 48))
    np.testing.assert_array_equal(frames.class_map(4), truth.frame_labels(4).classes)
    assert frames.object_map is not None
    np.testing.assert_array_equal(frames.object_map(4), truth.frame_labels(4).instances)
    _, scan = open_source(simulated, crops=True)
    assert isinstance(scan, ScanSource)
    assert scan.classes is not None
    np.testing.assert_array_equal(scan.classes, truth.classes)
    assert scan.objects is not None
    np.testing.assert_array_equal(scan.objects, truth.instances)


def test_a_scan_is_looked_at_by_virtual_cameras_or_cut_in_pieces(simulated: Path) -> None:
    (frames,) = open_source(simulated / "scan.ply", views=6)
    assert isinstance(frames, FrameSource)
    assert 2 <= len(frames.sequence) <= 6
    assert frames.class_map is None
    (scan,) = open_source(simulated / "scan.ply", crops=True)
    assert isinstance(scan, ScanSource)
    assert len(scan.scan) > 1000


@pytest.mark.parametrize("crops", [False, True])
def test_a_scan_in_millimetres_is_refused(tmp_path: Path, crops: bool) -> None:
    rng = np.random.default_rng(0)
    places = rng.uniform(0, [6000, 4000, 2500], (500, 3)).round().astype(int)
    kinds = ["float x", "float y", "float z", "uchar red", "uchar green", "uchar blue"]
    head = ["ply", "format ascii 1.0", "element vertex 500", *(f"property {k}" for k in kinds)]
    rows = [f"{x} {y} {z} 90 80 70" for x, y, z in places.tolist()]
    path = tmp_path / "room.ply"
    path.write_text("\n".join([*head, "end_header", *rows, ""]))
    with pytest.raises(UnusableSource, match=r"room\.ply seems to be in millimetres"):
        open_source(path, crops=crops)


@pytest.mark.parametrize("harm", ["missing", "size", "kind", "damaged"])
def test_class_maps_that_cannot_be_right_are_refused(simulated: Path, harm: str) -> None:
    path = simulated / "class" / "00007.png"
    if harm == "missing":
        path.unlink()
    elif harm == "damaged":
        path.write_bytes(path.read_bytes()[:40])
    else:
        shape, kind = ((10, 10), np.uint8) if harm == "size" else ((48, 64), np.uint16)
        Image.fromarray(np.zeros(shape, kind)).save(path)

    def read() -> None:
        (frames,) = open_source(simulated)
        assert isinstance(frames, FrameSource)
        assert frames.class_map is not None
        frames.class_map(7)

    with pytest.raises(UnusableSource, match=r"00007\.png"):
        read()


def test_a_damaged_frame_in_the_middle_is_found_before_training(
    run: Run, simulated: Path, tmp_path: Path
) -> None:
    damaged = sorted((simulated / "depth").iterdir())[9]
    damaged.write_bytes(b"no picture")
    code, _, err = run(simulated, "--out", tmp_path / "run", "--steps", 1, *SMALL)
    assert code == 2
    assert damaged.name in err
    assert not (tmp_path / "run").exists()
