# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Uploads of several scans in one zip archive."""

from __future__ import annotations

import hashlib
import os
import struct
import time
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
from fewpoints.server.uploads import service
from tests.annotations.scans.archives.zips import Entry, archive, files
from tests.annotations.scans.readers.test_kitti import sweep
from tests.server.processes import ServerProcess
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
    scan = lead.post_json(f"/uploads/{found['id']}/scans", {}, status=201)[0]
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
    scan = lead.post_json(f"/uploads/{upload['id']}/scans", {}, status=201)[0]
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


def test_damage_that_shows_when_unpacked_fails_one_scan_and_stops_no_other(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    """Between check and import the disk may have lost something."""
    content = files({"x/a.ply": ROOM, "x/b.ply": ROOM}, method=0)
    found = uploaded(lead, project, content)
    (path,) = here(server, found)
    damaged = bytearray(content)
    damaged[content.index(ROOM) + 1000] ^= 1
    path.write_bytes(damaged)
    made = lead.post_json(f"/uploads/{found['id']}/scans", {}, status=201)
    assert [(scan["name"], scan["state"]) for scan in made] == [
        ("a.ply", "queued"),
        ("b.ply", "queued"),
    ]
    assert here(server, found) == []
    lead.idle(project["id"])
    broken, whole = (lead.get_json(f"/scans/{scan['id']}") for scan in made)
    assert broken["state"] == "failed"
    assert broken["error"].startswith("x/a.ply: its checksum is wrong")
    assert (whole["state"], whole["points"], whole["options"]["member"]) == ("ready", 3000, None)
    assert left_of(server, broken) == set()
    assert not any(name.startswith("source") for name in left_of(server, whole))
    refusal = lead.post_json(f"/scans/{broken['id']}/retry", status=409)
    assert "Upload it again" in refusal["error"]["message"]


def left_of(server: RunningServer, scan: dict[str, Any]) -> set[str]:
    """What lies in the folder of a scan."""
    return {path.name for path in (server.settings.home / "scans" / str(scan["id"])).iterdir()}


def test_a_cancelled_import_can_be_tried_again_and_a_deleted_scan_leaves_nothing(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    content = files({f"{i}.ply": ROOM for i in range(10)})
    found = uploaded(lead, project, content)
    made = lead.post_json(f"/uploads/{found['id']}/scans", {}, status=201)
    last, deleted = made[-1], made[-2]
    source = server.settings.home / "scans" / str(last["id"]) / "source.zip"
    # The first imports may be over already.
    assert 1 < source.stat().st_nlink <= len(made), "the archive is on the disk once"
    (job,) = lead.get_json("/jobs", project_id=project["id"], scan_id=last["id"])["items"]
    lead.post_json(f"/jobs/{job['id']}/cancel")
    checked(lead.delete(f"/scans/{deleted['id']}"), 204)
    lead.idle(project["id"])
    assert lead.get_json(f"/scans/{last['id']}")["error"] == "The import was cancelled."
    assert source.stat().st_nlink == 1
    again = lead.post_json(f"/scans/{last['id']}/retry", status=202)
    assert lead.finished(again)["state"] == "done"
    assert lead.get_json(f"/scans/{last['id']}")["points"] == 3000
    assert not any(name.startswith("source") for name in left_of(server, last))
    assert not (server.settings.home / "scans" / str(deleted["id"])).exists()
    own = hashlib.sha256(ROOM).hexdigest()
    assert lead.get_json(f"/scans/{last['id']}")["version"].startswith(own[:8])


def test_imports_of_an_archive_go_on_after_a_kill(tmp_path: Path) -> None:
    content = files({f"{i}.ply": ROOM for i in range(5)})
    with ServerProcess(tmp_path) as server:
        owner = server.owner()
        project = owner.project(auto_select=False)
        found = uploaded(owner, project, content)
        made = owner.post_json(f"/uploads/{found['id']}/scans", {}, status=201)
        server.kill()
    assert list(tmp_path.glob("scans/*/source.zip")), "killed before all were imported"
    with ServerProcess(tmp_path) as server:
        owner = server.owner()
        owner.idle(project["id"])
        for scan in made:
            assert owner.get_json(f"/scans/{scan['id']}")["points"] == 3000
    assert list(tmp_path.glob("scans/*/source*")) == []
    assert list(tmp_path.glob("partial/*")) == []


def test_links_that_no_scan_knows_are_removed(server: RunningServer, tmp_path: Path) -> None:
    """The server was killed when it had made them and not yet stored the scans."""
    storage, database = server.app.state.storage, server.app.state.database
    upload = tmp_path / "a.zip"
    upload.write_bytes(b"x")
    old = time.time() - 7200
    for scan_id in (800_001, 800_002, 800_003):
        storage.share_upload([scan_id], upload, ".zip")
        if scan_id != 800_002:
            os.utime(storage.scan_folder(scan_id), (old, old))
    (storage.scan_folder(800_003) / "data").mkdir()
    os.utime(storage.scan_folder(800_003), (old, old))
    service.sweep(database, storage, service.Writers())
    assert not storage.scan_folder(800_001).exists()
    assert storage.scan_folder(800_002).exists(), "its transaction may be under way"
    assert storage.scan_folder(800_003).exists(), "there is more than a link"
    assert upload.stat().st_nlink == 3


def test_where_the_disk_has_no_links_each_scan_has_a_copy(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: Any) -> None:
        raise OSError(1, "Operation not permitted")

    upload = tmp_path / "a.zip"
    upload.write_bytes(b"archive")
    monkeypatch.setattr(os, "link", link)
    server.app.state.storage.share_upload([800_004], upload, ".zip")
    assert server.app.state.storage.scan_source(800_004, ".zip").read_bytes() == b"archive"
    server.app.state.storage.remove_scan(800_004)


def test_files_together_must_fit_what_uploads_may_have(tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    path.write_bytes(files({"a.ply": ROOM, "b.ply": ROOM}))
    settings = Settings(home=tmp_path, max_upload_bytes=len(ROOM) + 100)
    with pytest.raises(UnreadableScan, match="FEWPOINTS_MAX_UPLOAD_BYTES"):
        archives_module.look_into(path, name="two.zip", settings=settings, options=NOTHING)
