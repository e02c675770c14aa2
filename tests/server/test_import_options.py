# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What is decided before an import: made on the points, shown with the scan, undone in exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from fewpoints.annotations.scans.fixes import apply_fixes
from fewpoints.annotations.scans.import_options import UP_AXES, Fixes, ImportOptions
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.units import METRES
from fewpoints.server.scans.schemas import FileUnit, FileUp, FixesBody, ImportOptionsBody
from tests.server.rooms import room_file
from tests.server.running import Visitor, checked
from tests.server.test_resumable_uploads import begin, send

ROOM = room_file().content
FIXES = {
    "unit": "feet",
    "up": "+y",
    "drop_duplicates": False,
    "thin_to": 0.05,
    "unaligned": False,
}
OPTIONS: dict[str, Any] = {"version": 1, "fixes": FIXES}


def test_http_and_readers_know_the_same_options() -> None:
    assert set(FixesBody.model_fields) == set(Fixes.__dataclass_fields__)
    assert set(ImportOptionsBody.model_fields) == {"version", *ImportOptions.__dataclass_fields__}
    assert get_args(FileUnit) == tuple(METRES)
    assert get_args(FileUp) == UP_AXES
    assert ImportOptionsBody().options() == ImportOptions()
    given = ImportOptionsBody.model_validate(OPTIONS).options()
    assert given == ImportOptions(Fixes("feet", "+y", thin_to=0.05))


class TestUploads:
    def test_a_check_says_what_an_import_with_its_options_would_have(
        self, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, len(ROOM), print_="options")
        send(lead, upload, 0, ROOM)
        path = f"/uploads/{upload['id']}/check"
        plain = lead.post_json(path, {})
        nothing = FixesBody().model_dump()
        assert plain["options"]["fixes"] == nothing
        options = {"fixes": {"unit": "feet", "up": "+y"}}
        fixed = lead.post_json(path, {"options": options})
        assert fixed["options"]["fixes"] == nothing | options["fixes"]
        assert fixed["preflight"]["unit"] == "metres"
        x, y, z = plain["preflight"]["extent"]
        turned = [x * 0.3048, z * 0.3048, y * 0.3048]
        assert fixed["preflight"]["extent"] == pytest.approx(turned)

        scan = lead.post_json(f"/uploads/{upload['id']}/scans", status=201)[0]
        assert scan["options"] == fixed["options"], "those of the check"
        lead.idle(project["id"])
        ready = lead.get_json(f"/scans/{scan['id']}")
        assert (ready["unit"], ready["up"]) == ("metres", [0, 0, 1])
        assert ready["options"] == fixed["options"]

    def test_what_is_said_last_counts(self, lead: Visitor, project: dict[str, Any]) -> None:
        upload = begin(lead, project, len(ROOM), print_="last")
        send(lead, upload, 0, ROOM)
        lead.post_json(f"/uploads/{upload['id']}/check", {})
        body = {"options": OPTIONS}
        scan = lead.post_json(f"/uploads/{upload['id']}/scans", body, status=201)[0]
        assert scan["options"] == {**OPTIONS, "text": None, "member": None}

    @pytest.mark.parametrize("fixes", [{"unit": "miles"}, {"turn": 1}, {"thin_to": -1}])
    def test_unknown_options_are_refused(
        self, lead: Visitor, project: dict[str, Any], fixes: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, len(ROOM), print_="refused")
        send(lead, upload, 0, ROOM)
        answer = lead.post(f"/uploads/{upload['id']}/check", json={"options": {"fixes": fixes}})
        assert answer.status_code == 422, answer.text

    def test_the_layout_of_a_text_file_is_among_them(
        self, lead: Visitor, project: dict[str, Any]
    ) -> None:
        table = "".join(f"{i % 40}.5 {i // 40} 7 {i}\n" for i in range(1600)).encode()
        text = {"columns": ["y", "x", "z", "skip"], "delimiter": "blanks"}
        ask = {"name": "table.xyz", "options": json.dumps({"text": text})}
        found = checked(lead.post("/inspect", params=ask, content=table), 200).json()
        assert found["bounds"]["max"] == [39, 39.5, 7]
        path = f"/projects/{project['id']}/scans"
        scan = checked(lead.post(path, params=ask, content=table), 201).json()
        assert scan["options"]["text"]["columns"] == text["columns"]
        lead.idle(project["id"])
        assert lead.get_json(f"/scans/{scan['id']}")["state"] == "ready"

    def test_options_as_text_beside_bytes(self, lead: Visitor, project: dict[str, Any]) -> None:
        ask = {"name": "room.ply", "options": '{"fixes": {"unit": "inches"}}'}
        found = checked(lead.post("/inspect", params=ask, content=ROOM), 200).json()
        assert found["unit"] == "metres"
        answer = lead.post("/inspect", params={"options": '{"fix": 1}'}, content=ROOM)
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "invalid_import_options"
        path = f"/projects/{project['id']}/scans"
        scan = checked(lead.post(path, params=ask, content=ROOM), 201).json()
        assert scan["options"]["fixes"]["unit"] == "inches"


def test_exports_have_the_rows_and_coordinates_of_the_file(lead: Visitor, tmp_path: Path) -> None:
    project = lead.project(auto_select=False)
    path = f"/projects/{project['id']}/scans"
    ask = {"name": "undone.ply", "options": json.dumps(OPTIONS)}
    scan = checked(lead.post(path, params=ask, content=ROOM), 201).json()
    lead.idle(project["id"])
    lead.idle(project["id"])
    (tmp_path / "room.ply").write_bytes(ROOM)
    source = read_scan(tmp_path / "room.ply")
    fixed, undo = apply_fixes(source, ImportOptionsBody.model_validate(OPTIONS).options().fixes)
    assert undo is not None
    assert undo.kept is not None
    ready = lead.get_json(f"/scans/{scan['id']}")
    assert (ready["points"], ready["finite_points"]) == (len(source), fixed.finite.sum())
    order = np.frombuffer(lead.get(f"/scans/{scan['id']}/order.bin").content, "<u4")
    assert sorted(order) == np.flatnonzero(fixed.finite).tolist()
    assert len(order) < len(source), "this needs points that are thinned away"

    for number, row in enumerate(order[:: len(order) // 6].tolist()):
        lead.answer(scan["id"], point_index=row, class_index=number % 3)
    job = lead.post_json(f"/projects/{project['id']}/exports", {"kind": "labels_ply"}, status=202)
    done = lead.finished(job)
    assert done["state"] == "done", done
    newest = lead.get_json(f"/projects/{project['id']}/exports")["items"][0]
    written = tmp_path / "written.ply"
    written.write_bytes(checked(lead.get(f"/exports/{newest['id']}/file")).content)
    back = read_scan(written)
    assert back.positions.tobytes() == source.positions.tobytes()
    classes = back.labels["class"]
    assert (classes != 255).all(), "points that were thinned away have a label, too"
    assert classes.tolist() == classes[undo.kept].tolist()
    assert len(np.unique(classes)) > 1
