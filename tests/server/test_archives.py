# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Uploads of several scans in one zip archive."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.import_options import NOTHING
from fewpoints.annotations.scans.scan_arrays import load_arrays
from fewpoints.server.settings import Settings
from fewpoints.server.uploads import archives as archives_module
from tests.annotations.scans.archives.zips import Entry, archive, files
from tests.annotations.scans.readers.test_kitti import sweep
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.test_resumable_uploads import begin, check, here, scans, send

ROOM = room_file().content
SWEEP = sweep(400)
LABELS = struct.pack("<400I", *(i % 20 | i << 16 for i in range(400)))
MIXED = {
    "rooms/office.ply": ROOM,
    "rooms/broken.ply": ROOM[:-50],
    "seq/velodyne/000000.bin": SWEEP,
    "seq/labels/000000.label": LABELS,
    "README.md": b"# Scans",
    "__MACOSX/._office.ply": b"x",
}


@pytest.fixture
def project(lead: Visitor) -> dict[str, Any]:
    return lead.project(auto_select=False)


def uploaded(
    lead: Visitor, project: dict[str, Any], content: bytes, name: str = "scans.zip"
) -> dict[str, Any]:
    upload = begin(lead, project, len(content), name, hashlib.sha256(content).hexdigest()[:20])
    checked(send(lead, upload, 0, content), 200)
    found: dict[str, Any] = check(lead, upload, content)
    return found


def test_each_scan_is_shown_and_becomes_one(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    found = uploaded(lead, project, files(MIXED))
    assert (found["state"], found["preflight"], found["problem"]) == ("checked", None, None)
    by_title = {scan["title"]: scan for scan in found["scans"]}
    assert set(by_title) == {"broken.ply", "office.ply", "000000.bin"}
    assert by_title["office.ply"]["preflight"]["points"] == 3000
    assert by_title["office.ply"]["preflight"]["name"] == "office.ply"
    sweep_found = by_title["000000.bin"]
    assert (sweep_found["kind"], sweep_found["files"]) == ("sweep", 2)
    assert sweep_found["preflight"]["points"] == 400
    broken = by_title["broken.ply"]
    assert broken["preflight"] is None
    assert broken["problem"]["message"].startswith("scans.zip, rooms/broken.ply")
    assert {one["file"] for one in found["left_out"]} == {"README.md", "__MACOSX/._office.ply"}
    assert [path.name for path in here(server, found)] == [f"upload-{found['id']}.zip"]

    made = lead.post_json(f"/uploads/{found['id']}/scans", {}, status=201)
    assert [scan["name"] for scan in made] == ["office.ply", "000000.bin"]
    again = lead.post_json(f"/uploads/{found['id']}/scans", {}, status=201)
    assert [scan["id"] for scan in again] == [scan["id"] for scan in made]
    assert here(server, found) == []
    lead.idle(project["id"])
    ready = {scan["name"]: scan for scan in scans(lead, project)}
    assert {scan["state"] for scan in ready.values()} == {"ready"}
    assert (ready["office.ply"]["points"], ready["000000.bin"]["points"]) == (3000, 400)
    folder = server.settings.home / "scans" / str(ready["000000.bin"]["id"])
    arrays = load_arrays(folder / "data" / "arrays")
    np.testing.assert_array_equal(arrays.labels["semantic"], [i % 20 for i in range(400)])
    np.testing.assert_array_equal(arrays.labels["instance"], np.arange(400))
    kept = lead.get_json(f"/uploads/{found['id']}")
    assert [scan["scan_id"] is None for scan in kept["scans"]] == [True, False, False]


def test_scans_that_are_there_already_are_known_again(
    lead: Visitor, project: dict[str, Any]
) -> None:
    content = files(MIXED)
    first = uploaded(lead, project, content)
    assert first["twins"] == []
    lead.post_json(f"/uploads/{first['id']}/scans", {}, status=201)
    assert lead.get_json(f"/uploads/{first['id']}")["twins"] == []
    other = {name: data for name, data in MIXED.items() if "broken" not in name}
    again = uploaded(lead, project, files(other, method=0), "others.zip")
    assert again["twins"] == ["office.ply", "000000.bin"]
    single = uploaded(lead, project, files({"office.ply": ROOM, "x.md": b""}), "one.zip")
    assert single["twins"] == ["office.ply"]


def test_one_scan_in_a_zip_is_like_any_upload(lead: Visitor, project: dict[str, Any]) -> None:
    content = files({"velodyne/7.bin": SWEEP, "labels/7.label": LABELS}, method=0)
    found = uploaded(lead, project, content)
    assert found["preflight"]["points"] == 400
    assert [scan["title"] for scan in found["scans"]] == ["7.bin"]
    scan = lead.post_json(f"/uploads/{found['id']}/scan", {}, status=201)
    assert scan["name"] == "7.bin"
    lead.idle(project["id"])
    assert lead.get_json(f"/scans/{scan['id']}")["format"] == "kitti"


def test_a_zip_of_arrays_is_looked_into_and_an_npz_is_one_file(
    lead: Visitor, project: dict[str, Any], tmp_path: Path
) -> None:
    np.savez(tmp_path / "a.npz", coord=np.arange(300.0).reshape(100, 3), segment=np.arange(100))
    content = (tmp_path / "a.npz").read_bytes()
    found = uploaded(lead, project, content, "room.npz")
    assert (found["scans"], found["preflight"]["points"]) == ([], 100)
    found = uploaded(lead, project, content, "room.zip")
    assert [scan["kind"] for scan in found["scans"]] == ["arrays"]
    assert found["preflight"]["points"] == 100


def test_fixes_are_made_of_every_scan(lead: Visitor, project: dict[str, Any]) -> None:
    found = uploaded(lead, project, files({"a.ply": ROOM, "b.ply": ROOM}))
    options = {"fixes": {"unit": "millimetres"}}
    made = lead.post_json(f"/uploads/{found['id']}/scans", {"options": options}, status=201)
    lead.idle(project["id"])
    for scan in made:
        now = lead.get_json(f"/scans/{scan['id']}")
        assert (now["state"], now["options"]["fixes"]["unit"]) == ("ready", "millimetres")


def test_one_of_several_may_be_asked_for(lead: Visitor, project: dict[str, Any]) -> None:
    content = files({"a.ply": ROOM, "b.ply": ROOM})
    upload = begin(lead, project, len(content), "two.zip", "one of two")
    send(lead, upload, 0, content)
    body = {"options": {"member": "b.ply"}}
    found = lead.post_json(f"/uploads/{upload['id']}/check", body)
    assert [scan["title"] for scan in found["scans"]] == ["b.ply"]
    scan = lead.post_json(f"/uploads/{upload['id']}/scan", {}, status=201)
    lead.idle(project["id"])
    assert lead.get_json(f"/scans/{scan['id']}")["points"] == 3000
    assert len(scans(lead, project)) == 1


def test_a_scan_that_takes_too_long_is_left_for_the_import(
    lead: Visitor, project: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10_000, 61))
    late = SimpleNamespace(monotonic=lambda: float(next(clock)))
    monkeypatch.setattr(archives_module, "time", late)
    found = uploaded(lead, project, files({"a.ply": ROOM, "b.ply": ROOM}))
    assert found["state"] == "checked"
    assert [(s["preflight"], s["problem"]) for s in found["scans"]] == [(None, None)] * 2
    assert len(lead.post_json(f"/uploads/{found['id']}/scans", {}, status=201)) == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (archive([Entry(b"../a.ply", ROOM)]), "leads out of its folder"),
        (archive([Entry(b"a.xyz", bytes(200_000_000))]), "no scan compresses like that"),
        (archive([Entry(b"a.ply", ROOM)], count=1_000_000, zip64=True), "1,000,000 files"),
        (files({"a.ply": ROOM[:-9], "b.ply": ROOM[:-9]}), "none of its 2 scans can be read"),
        (files({"a.ply": ROOM})[:-30], "cut short"),
        (files({"README.md": b""}), "no scan is in it"),
    ],
)
def test_a_hostile_archive_is_refused_and_nothing_is_left(
    server: RunningServer, lead: Visitor, project: dict[str, Any], content: bytes, problem: str
) -> None:
    found = uploaded(lead, project, content)
    assert found["state"] == "refused"
    assert problem in found["problem"]["message"]
    assert len(here(server, found)) == 1
    answer = lead.post(f"/uploads/{found['id']}/scans", json={})
    assert answer.status_code == 409
    lead.delete(f"/uploads/{found['id']}")
    assert here(server, found) == []


def test_damage_that_shows_when_unpacked_stops_no_other(
    server: RunningServer, lead: Visitor, project: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between check and import the disk may have lost something."""
    content = files({"a.ply": ROOM, "b.ply": ROOM}, method=0)
    found = uploaded(lead, project, content)
    (path,) = here(server, found)
    damaged = bytearray(content)
    damaged[content.index(ROOM) + 1000] ^= 1
    path.write_bytes(damaged)
    made = lead.post_json(f"/uploads/{found['id']}/scans", {}, status=201)
    assert [scan["name"] for scan in made] == ["b.ply"]
    kept = lead.get_json(f"/uploads/{found['id']}")["scans"]
    assert "a.ply" in kept[0]["problem"]["message"]
    assert "checksum" in kept[0]["problem"]["message"]


def test_files_together_must_fit_what_uploads_may_have(tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    path.write_bytes(files({"a.ply": ROOM, "b.ply": ROOM}))
    settings = Settings(home=tmp_path, max_upload_bytes=len(ROOM) + 100)
    with pytest.raises(UnreadableScan, match="FEWPOINTS_MAX_UPLOAD_BYTES"):
        archives_module.look_into(path, name="two.zip", settings=settings, options=NOTHING)
