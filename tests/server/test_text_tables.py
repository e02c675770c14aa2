# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How a text file is a table: shown when it is checked, said otherwise, and imported so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server.running import Visitor
from tests.server.test_resumable_uploads import begin, check, send

ROWS = "".join(f"{i % 40},5;{i // 40},25;7;{i % 3}\n" for i in range(1600))
PROSE = "".join(f"Remark {i} of the surveyor\n" for i in range(30))


@pytest.fixture(scope="module")
def project(lead: Visitor) -> dict[str, Any]:
    return lead.project(auto_select=False)


def sent(lead: Visitor, project: dict[str, Any], text: str, name: str = "t.csv") -> dict[str, Any]:
    upload = begin(lead, project, len(text.encode()), name=name, print_=str(hash(text)))
    send(lead, upload, 0, text.encode())
    return upload


def test_a_check_shows_the_layout_and_lines(lead: Visitor, project: dict[str, Any]) -> None:
    found = check(lead, sent(lead, project, "x;y;z;class\n" + ROWS))
    table = found["text_table"]
    assert table["layout"]["columns"] == ["x", "y", "z", "label"]
    assert table["layout"]["decimal"] == "comma"
    assert table["layout"]["names"] == ["x", "y", "z", "class"]
    assert table["lines"][:2] == [
        {"number": 1, "text": "x;y;z;class"},
        {"number": 2, "text": "0,5;0,25;7;0"},
    ]
    assert "text_table" not in found["preflight"]


def test_a_refused_file_shows_its_lines_and_is_read_as_it_is_said(
    lead: Visitor, project: dict[str, Any]
) -> None:
    upload = sent(lead, project, PROSE + ROWS, "remarks.csv")
    found = check(lead, upload)
    assert found["state"] == "refused"
    assert found["text_table"]["layout"] is None
    assert found["text_table"]["lines"][0]["text"] == "Remark 0 of the surveyor"

    path = f"/uploads/{upload['id']}/check"
    text = {"columns": ["y", "x", "z", "label"], "delimiter": "semicolon", "decimal": "comma"}
    still = lead.post_json(path, {"options": {"text": {**text, "skip": 29}}})
    assert still["state"] == "refused"
    assert "line 30" in still["problem"]["message"]
    assert still["text_table"]["layout"]["skip"] == 29, "as it was said"

    found = lead.post_json(path, {"options": {"text": {**text, "skip": 30}}})
    assert found["state"] == "checked"
    assert found["preflight"]["bounds"]["max"] == [39.25, 39.5, 7]
    assert lead.get_json(f"/uploads/{upload['id']}")["text_table"] == found["text_table"]

    scan = lead.post_json(f"/uploads/{upload['id']}/scans", status=201)[0]
    lead.idle(project["id"])
    ready = lead.get_json(f"/scans/{scan['id']}")
    assert (ready["state"], ready["points"]) == ("ready", 1600)
    assert ready["options"]["text"]["columns"] == text["columns"]


def test_words_are_left_out_by_name_and_can_be_made_labels_but_no_places(
    lead: Visitor, project: dict[str, Any]
) -> None:
    rows = [
        f'{i % 40}.5,{i // 40}.25,{i % 3},{("wall", "floor")[i % 2]},"room, {i}"'
        for i in range(900)
    ]
    upload = sent(lead, project, "\n".join(["x,y,z,kind,place", *rows]) + "\n", "words.csv")
    found = check(lead, upload)
    layout = found["text_table"]["layout"]
    assert layout["columns"] == ["x", "y", "z", "skip", "skip"]
    assert 'Column 4 "kind" holds words and is left out.' in str(found["preflight"])

    path = f"/uploads/{upload['id']}/check"
    said = {**layout, "columns": ["x", "y", "z", "label", "skip"], "reason": ""}
    found = lead.post_json(path, {"options": {"text": said}})
    assert found["state"] == "checked"
    assert json.loads(found["preflight"]["details"]["names of kind"]) == {"0": "floor", "1": "wall"}

    said = {**layout, "columns": ["skip", "y", "z", "x", "skip"], "reason": ""}
    found = lead.post_json(path, {"options": {"text": said}})
    assert found["state"] == "refused"
    assert found["problem"]["message"].endswith(
        "line 2: 'wall' is not a number, but column 4 is to be x. Say which column is, or what "
        "parts the columns."
    )


def test_a_layout_that_contradicts_itself_changes_nothing(
    lead: Visitor, project: dict[str, Any]
) -> None:
    upload = sent(lead, project, ROWS, "same.csv")
    before = check(lead, upload)
    body = {"options": {"text": {"columns": ["x", "x", "y", "z"]}}}
    answer = lead.post(f"/uploads/{upload['id']}/check", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "2 columns are x; only one can be."
    assert lead.get_json(f"/uploads/{upload['id']}") == before


def test_other_formats_have_no_table(lead: Visitor, project: dict[str, Any]) -> None:
    ply = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\n"
    text = ply + "property float z\nend_header\n1 2 3\n"
    assert check(lead, sent(lead, project, text, "one.ply"))["text_table"] is None
