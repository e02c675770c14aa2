# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The command line as a user or a script meets it."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.writers import write_ply
from fewpoints.models.nets import default_weights
from fewpoints.models.nets.checkpoint import save_network, untrained_network
from fewpoints.server import cli
from tests.rooms import SmallRoom, small_room

Run = Callable[..., tuple[int, str, str]]
# Coarse voxels and the smallest network: what is tested here is the command, not the result.
SMALL = ("--voxel-size", "0.1", "--arch", "Res16UNet14A", "--device", "cpu")


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """Run `fewpoints ...` in this process: (exit code, stdout, stderr)."""

    monkeypatch.setenv("FEWPOINTS_HOME", str(tmp_path_factory.mktemp("home")))

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fewpoints", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        out, err = capsys.readouterr()
        return (code if isinstance(code, int) else 0 if code is None else 1), out, err

    return command


@pytest.fixture(scope="module")
def room() -> SmallRoom:
    return small_room(4_000)


@pytest.fixture
def scan(room: SmallRoom, tmp_path: Path) -> Path:
    path = tmp_path / "room.ply"
    write_ply(path, room.scan)
    return path


def test_inspect_as_json_counts_points_and_names_fields(run: Run, scan: Path) -> None:
    code, out, _ = run("inspect", scan, "--json")
    report = json.loads(out)
    assert code == 0
    assert report["points"] == report["finite_points"] == 4_000
    assert {"x", "y", "z", "red"} <= {field["name"] for field in report["fields"]}
    assert report["up_axis"] == "z"


def test_inspect_for_people_says_the_same(run: Run, scan: Path) -> None:
    code, out, _ = run("inspect", scan)
    assert code == 0
    assert "4,000" in out


def test_inspect_cuts_a_long_list_of_words_for_people(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"{i % 20},{i // 20},{i % 3},kind {i:03}\n" for i in range(400))
    (tmp_path / "kinds.csv").write_text("x,y,z,class\n" + rows)
    code, out, _ = run("inspect", tmp_path / "kinds.csv")
    assert code == 0
    assert "kind 005" in out
    assert "kind 399" not in out
    _, out, _ = run("inspect", tmp_path / "kinds.csv", "--json")
    assert "kind 399" in json.loads(out)["details"]["names of class"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"\x89PNG\r\n\x1a\n0000", "")],
)
def test_unreadable_file_is_one_sentence_and_exit_code_2(
    run: Run, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "broken.ply"
    path.write_bytes(content)
    code, out, err = run("inspect", path)
    assert code == 2
    assert out == ""
    assert err.startswith("Error: ")
    assert "broken.ply" in err
    assert said in err
    assert "Traceback" not in err
    assert err.count("\n") == 1


def test_truncated_scan_leaves_nothing_behind(run: Run, scan: Path, tmp_path: Path) -> None:
    scan.write_bytes(scan.read_bytes()[:-7])
    before = sorted(tmp_path.iterdir())
    code, _, err = run("features", scan, "--out", tmp_path / "f.npy", *SMALL)
    assert code == 2
    assert "room.ply" in err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("features", "{scan}", "--out", "f.txt"), ".npy"),
        (("features", "{scan}", "--out", "missing/f.npy"), "missing"),
        (("features", "nowhere.ply", "--out", "f.npy"), "nowhere.ply"),
        (("features", "{scan}", "--out", "f.npy", "--voxel-size", "0"), "voxel-size"),
        (("select", "{scan}", "--out", "p.csv", "--strategy", "magic"), "magic"),
        (
            ("select", "{scan}", "--out", "p.csv", "--strategy", "random", "--budget", "4001"),
            "4001",
        ),
        (("finetune", "{scan}", "--out", "m.safetensors", "--labels", "no.csv"), "no.csv"),
        (
            ("finetune", "{scan}", "--out", "m.safetensors", "--labels", "a", "--preset", "big"),
            "room, paper",
        ),
        (
            ("finetune", "{scan}", "--out", "m.safetensors", "--labels", "a", "--variant", "tail"),
            "--variant tail",
        ),
        (
            ("finetune", "{scan}", "--out=m.safetensors", "--labels=a", "--pseudo-labels=2"),
            "--pseudo-labels 2",
        ),
        (("export", "No such project", "--out", "x.csv"), "No such project"),
    ],
)
def test_bad_argument_is_one_sentence(
    run: Run,
    scan: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run(*(part.format(scan=scan) for part in arguments))
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_an_untrained_network_says_so_loudly(
    run: Run, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(default_weights, "_FILE", tmp_path / "none")
    code, _, err = run("features", scan, "--out", tmp_path / "f.npy", *SMALL)
    assert code == 0
    assert "untrained" in err.lower()


def test_features_are_one_row_per_point_and_feed_select(
    run: Run, scan: Path, tmp_path: Path
) -> None:
    features, first, second = tmp_path / "f.npy", tmp_path / "a.csv", tmp_path / "b.csv"
    code, _, err = run("features", scan, "--out", features, *SMALL)
    assert code == 0
    assert "untrained" not in err.lower(), "the packaged weights are trained"
    array = np.load(features)
    assert array.shape == (4_000, 96)
    assert array.dtype == np.float32
    assert np.abs(array).sum() > 0
    given = ("--features", features, *SMALL)
    assert run("select", scan, *given, "--budget", 7, "--out", first)[0] == 0
    assert run("select", scan, "--budget", 7, "--out", second, *SMALL)[0] == 0
    assert first.read_text() == second.read_text(), "cached features choose the same points"
    rows = list(csv.DictReader(first.read_text().splitlines()))
    assert len({row["index"] for row in rows}) == 7
    positions = read_scan(scan).positions
    for row in rows:
        expected = positions[int(row["index"])]
        np.testing.assert_array_equal([float(row[axis]) for axis in "xyz"], expected)


class TestDensify:
    def test_a_few_labels_become_a_class_for_every_point(
        self, run: Run, scan: Path, tmp_path: Path
    ) -> None:
        cloud = read_scan(scan)
        truth = np.where(cloud.positions[:, 2] < 0.1, 7, -40)
        rows = [int(np.flatnonzero(truth == value)[k]) for value in (7, -40) for k in (50, 200)]
        labels, out, shares = (tmp_path / name for name in ("l.csv", "dense.npy", "p.npy"))
        lines = [f"{row},note,{truth[row]}" for row in rows]
        labels.write_text("\n".join(["Index,remark,CLASS", *lines, "3,unsure,", ""]))
        arguments = ("densify", scan, "--labels", labels, "--out", out, *SMALL)
        code, _, err = run(*arguments, "--probabilities", shares)
        assert code == 0, err
        dense, probabilities = np.load(out), np.load(shares)
        assert dense.shape == (len(cloud),)
        assert dense.dtype == np.int64
        assert dense[rows].tolist() == truth[rows].tolist()
        assert (dense == truth).mean() > 0.6
        assert probabilities.shape == (len(cloud), 2)
        assert (np.array([-40, 7])[probabilities.argmax(axis=1)] == dense).all()
        features = tmp_path / "f.npy"
        assert run("features", scan, "--out", features, *SMALL)[0] == 0
        again = tmp_path / "again.npy"
        given = ("densify", scan, "--labels", labels, "--features", features, "--out", again)
        assert run(*given, *SMALL)[0] == 0
        np.testing.assert_array_equal(np.load(again), dense)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("index,name\n1,2\n", "no column class"),
            ("", "no column index"),
            ("index,class\n1,2\n3,chair\n", "line 3"),
            ("index,class\n1\n", "line 2"),
            ("index,class\n1,99999999999999999999\n", "too large"),
            ("index,class\n4000,2\n", "points 0 to 3999"),
            ("index,class\n-1,2\n", "point -1"),
            ("index,class\n", "no answers"),
            ("index,class\n5,\n", "no answers"),
        ],
    )
    def test_labels_that_cannot_be_right(
        self, run: Run, scan: Path, tmp_path: Path, text: str, said: str
    ) -> None:
        labels, out, features = tmp_path / "l.csv", tmp_path / "dense.npy", tmp_path / "f.npy"
        labels.write_text(text)
        np.save(features, np.ones((4_000, 4), np.float32))
        code, _, err = run(
            "densify", scan, "--labels", labels, "--features", features, "--out", out
        )
        assert code == 2
        assert said in err
        assert "Traceback" not in err
        assert not out.exists()


class TestSelectFromLabels:
    @pytest.mark.parametrize("strategy", ["uncertain", "mixed", "random"])
    def test_what_is_labelled_or_unsure_does_not_come_again(
        self, run: Run, scan: Path, tmp_path: Path, strategy: str
    ) -> None:
        features, labels, out = (tmp_path / name for name in ("f.npy", "l.csv", "p.csv"))
        np.save(features, np.ones((4_000, 4), np.float32))
        classes = [f"{row},{row % 3 - 70}" for row in range(0, 4_000, 3)]
        unsure = [f"{row}," for row in range(1, 4_000, 3)]
        labels.write_text("\n".join(["index,class", *classes, *unsure]))
        given = ("--features", features, "--labels", labels, "--strategy", strategy)
        code, _, err = run("select", scan, *given, "--budget", 1_333, "--out", out)
        assert code == 0, err
        found = {int(row["index"]) for row in csv.DictReader(out.read_text().splitlines())}
        assert found == set(range(2, 4_000, 3))
        code, _, err = run("select", scan, *given, "--budget", 1_334, "--out", out)
        assert code == 2
        assert "1333 points" in err
        assert "2667" in err

    def test_no_labels_yet_are_an_empty_table(self, run: Run, scan: Path, tmp_path: Path) -> None:
        features, labels = tmp_path / "f.npy", tmp_path / "l.csv"
        np.save(features, np.ones((4_000, 4), np.float32))
        labels.write_text("index,class\n")
        tables = []
        for extra in ((), ("--labels", labels)):
            out = tmp_path / "p.csv"
            given = ("--features", features, "--strategy", "uncertain", *extra)
            assert run("select", scan, *given, "--budget", 5, "--out", out)[0] == 0
            tables.append(out.read_text())
        assert tables[0] == tables[1]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("index,class\n4000,2\n", "0 to 3999"),
            ("index,class\n-3,\n", "-3"),
            ("index,class\n1,chair\n", "line 2"),
        ],
    )
    def test_labels_that_cannot_be_right(
        self, run: Run, scan: Path, tmp_path: Path, text: str, said: str
    ) -> None:
        features, labels, out = (tmp_path / name for name in ("f.npy", "l.csv", "p.csv"))
        np.save(features, np.ones((4_000, 4), np.float32))
        labels.write_text(text)
        code, _, err = run("select", scan, "--features", features, "--labels", labels, "--out", out)
        assert code == 2
        assert said in err
        assert not out.exists()


def test_select_writes_the_original_dictionary(run: Run, scan: Path, tmp_path: Path) -> None:
    target = tmp_path / "points.pth"
    code, _, _ = run("select", scan, "--strategy", "random", "--budget", 5, "--out", target)
    assert code == 0
    found = torch.load(target, weights_only=False)
    assert list(found) == ["room"]
    assert found["room"].dtype == np.int64
    assert len(set(found["room"].tolist())) == 5


def test_features_of_another_scan_are_refused(run: Run, scan: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.npy"
    np.save(wrong, np.zeros((12, 96), np.float32))
    code, _, err = run("select", scan, "--features", wrong, "--out", tmp_path / "p.csv")
    assert code == 2
    assert "12" in err
    assert "4,000" in err


def test_finetune_writes_a_checkpoint_that_predicts(
    run: Run, scan: Path, room: SmallRoom, tmp_path: Path
) -> None:
    labels, model, folder = tmp_path / "l.csv", tmp_path / "m.safetensors", tmp_path / "out"
    rows = np.random.default_rng(0).choice(4_000, 30, replace=False)
    table = "".join(f"{row},{room.classes[row]}\n" for row in rows)
    labels.write_text("index,class\n" + table)
    code, out, _ = run(
        *("finetune", scan, "--labels", labels, "--out", model, "--predictions", folder),
        *("--json", *SMALL),
    )
    assert code == 0
    assert json.loads(out)["sha256"]
    predicted = read_scan(folder / "room.ply").labels["class"]
    assert (predicted == room.classes).mean() > 0.3
    assert not model.with_name("m.safetensors.run").exists()
    code, _, _ = run("features", scan, "--checkpoint", model, "--out", tmp_path / "f.npy")
    assert code == 0
    other = tmp_path / "other" / "room.ply"
    other.parent.mkdir()
    shutil.copy(scan, other)
    code, _, err = run(
        *("predict", scan, other, "--checkpoint", model, "--out", tmp_path / "new"),
        *("--voxel-size", "0.1"),
    )
    assert code == 0, err
    for name in (f"{scan.parent.name}-room.ply", "other-room.ply"):
        again = read_scan(tmp_path / "new" / name).labels["class"]
        assert (again == predicted).mean() > 0.99


def test_predictions_that_would_overwrite_each_other_are_refused_at_once(
    run: Run, scan: Path, tmp_path: Path
) -> None:
    code, _, err = run(
        *("finetune", scan, scan, "--labels", "a.csv", "--labels", "b.csv"),
        *("--out", tmp_path / "m.safetensors", "--predictions", tmp_path),
    )
    assert code == 2
    assert "would both be written" in err


def test_weights_that_were_not_trained_on_answers_predict_nothing(
    run: Run, scan: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "w.safetensors"
    network = untrained_network("Res16UNet14A", out_channels=4)
    save_network(weights, network.network, network.meta)
    code, _, err = run("predict", scan, "--checkpoint", weights, "--out", tmp_path / "out")
    assert code == 2
    assert "not trained on answers" in err
    assert not (tmp_path / "out").exists()


def test_finetune_tells_objects_apart_when_asked_to(
    run: Run, scan: Path, room: SmallRoom, tmp_path: Path
) -> None:
    labels, model, folder = tmp_path / "l.csv", tmp_path / "m.safetensors", tmp_path / "out"
    rows = np.random.default_rng(0).choice(4_000, 60, replace=False)
    table = "".join(f"{row},{room.classes[row]},{room.instances[row]}\n" for row in rows)
    labels.write_text("index,class,instance\n" + table)
    code, _, _ = run(
        *("finetune", scan, "--labels", labels, "--out", model, "--predictions", folder),
        *("--instances", "--steps", "3", "--pseudo-labels", "0.5", *SMALL),
    )
    assert code == 0
    found = read_scan(folder / "room.ply").labels
    assert found["instance"].shape == found["class"].shape == (4_000,)
    members = found["instance"] > 0
    assert not np.isin(found["class"][members], [0, 1]).any(), "walls and floors have none"
    assert not model.with_name("m.safetensors.run").exists()


def test_import_then_export_round_trip(
    run: Run, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWPOINTS_ARCH", "Res16UNet14A")
    code, out, _ = run("import", scan, "--project", "Office", "--json")
    assert code == 0
    assert len(json.loads(out)["scan_ids"]) == 1
    target = tmp_path / "answers.csv"
    code, _, err = run("export", "Office", "--out", target)
    assert code in (0, 2)  # A project without answers may be refused, but only with a sentence.
    assert (code == 0) == target.exists(), err


def test_a_project_moves_through_one_file(
    run: Run, scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWPOINTS_ARCH", "Res16UNet14A")
    assert run("import", scan, "--project", "Office")[0] == 0
    target = tmp_path / "office.fewpoints.zip"
    code, out, _ = run("project", "export", "Office", "--out", target, "--json")
    assert code == 0
    assert json.loads(out)["bytes"] == target.stat().st_size
    monkeypatch.setenv("FEWPOINTS_HOME", str(tmp_path / "elsewhere"))
    assert run("project", "import", target)[0] == 0
    code, out, _ = run("project", "import", target, "--name", "Flat", "--json")
    assert code == 0
    assert (json.loads(out)["name"], json.loads(out)["scans"]) == ("Flat", 1)
    code, out, err = run("project", "import", scan)
    assert (code, out) == (2, "")
    assert "room.ply: It is no archive of a project" in err
    code, _, err = run("project", "export", "Shed", "--out", target)
    assert code == 2
    assert 'There are: "Office", "Flat"' in err


def test_import_of_a_broken_file_names_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.ply"
    broken.write_bytes(b"ply\nformat ascii 1.0\nelement vertex 3\n")
    code, _, err = run("import", broken)
    assert code == 2
    assert "broken.ply" in err


def test_doctor_reports_every_part(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, out, _ = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(out)}
    assert code == (1 if any(check["state"] == "problem" for check in checks.values()) else 0)
    assert {"torch", "GPU", "engine native", "FEWPOINTS_HOME", "web app"} <= set(checks)
    assert checks["engine native"]["state"] == "ok"
