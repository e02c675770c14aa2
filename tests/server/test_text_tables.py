# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How a text file is a table: shown when it is checked, said otherwise, and imported so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.annotations.scans.archives.zips import files
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.test_resumable_uploads import begin, check, here, send

ROWS = "".join(f"{i % 40},5;{i // 40},25;7;{i % 3}\n" for i in range(1600))
PROSE = "".join(f"Remark {i} of the surveyor\n" for i in range(30))


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


def table(*, step: float, header: int) -> str:
    """Rows of id, y, x, z with decimal commas, below some lines of text."""
    text = "".join(f"Remark {i} of the surveyor\n" for i in range(header))
    for i in range(900):
        # The id is far larger than the room, so that what is detected is told from what is said.
        row = f"{i * 7 % 900 + 5000};{i // 30 * step:.2f};{i % 30 * step:.2f};{i % 3}"
        text += row.replace(".", ",") + "\n"
    return text


def archive_of_tables(lead: Visitor, project: dict[str, Any]) -> dict[str, Any]:
    content = files(
        {
            "site/a.csv": table(step=0.5, header=0).encode(),
            "site/b.csv": table(step=0.25, header=3).encode(),
            "site/plain.xyz": "".join(f"{i % 9} {i // 9} {i % 4}\n" for i in range(300)).encode(),
            "site/room.ply": room_file().content,
        }
    )
    upload = begin(lead, project, len(content), name="site.zip", print_=str(hash(content)))
    checked(send(lead, upload, 0, content), 200)
    return upload


def test_tables_in_an_archive_are_read_as_it_is_said_of_those_that_look_alike(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    upload = archive_of_tables(lead, project)
    found = check(lead, upload)
    assert [(t["members"], t["said"]) for t in found["tables"]] == [
        (["site/a.csv", "site/b.csv"], False),
        (["site/plain.xyz"], False),
    ]
    shown = found["tables"][0]["table"]
    assert shown["layout"]["columns"] == ["x", "y", "z", "label"]
    assert shown["lines"][0] == {"number": 1, "text": "5000;0,00;0,00;0"}
    by_title = {scan["title"]: scan["preflight"] for scan in found["scans"]}
    assert by_title["a.csv"]["extent"] == pytest.approx([899, 14.5, 14.5])

    text = {"columns": ["skip", "y", "x", "z"], "delimiter": "semicolon", "decimal": "comma"}
    path = f"/uploads/{upload['id']}/check"
    told = lead.post_json(path, {"tables": {"site/a.csv": text}})
    assert [t["said"] for t in told["tables"]] == [True, False]
    assert told["tables"][0]["table"]["layout"]["columns"] == text["columns"]
    after = {scan["title"]: scan["preflight"] for scan in told["scans"]}
    assert after["a.csv"]["extent"] == pytest.approx([14.5, 14.5, 2])
    assert after["b.csv"]["extent"] == pytest.approx([7.25, 7.25, 2]), "its header is its own"
    assert after["plain.xyz"] == by_title["plain.xyz"]
    assert after["room.ply"] == by_title["room.ply"]
    assert lead.get_json(f"/uploads/{upload['id']}") == told
    assert len(here(server, upload)) == 1, "nothing unpacked is left"

    wrong = checked(lead.post(path, json={"tables": {"site/b.csv": text}}), 422).json()["error"]
    assert '"site/b.csv" is not a text table of site.zip' in wrong["message"]
    twice = {**text, "columns": ["x", "x", "y", "z"]}
    wrong = checked(lead.post(path, json={"tables": {"site/a.csv": twice}}), 422).json()["error"]
    assert wrong["message"] == "2 columns are x; only one can be."
    assert lead.get_json(f"/uploads/{upload['id']}") == told

    made = lead.post_json(f"/uploads/{upload['id']}/scans", {}, status=201)
    lead.idle(project["id"])
    ready = {scan["name"]: lead.get_json(f"/scans/{scan['id']}") for scan in made}
    assert {scan["state"] for scan in ready.values()} == {"ready"}
    for name, reach in (("a.csv", 14.5), ("b.csv", 7.25)):
        scan = ready[name]
        assert scan["points"] == 900
        assert scan["options"]["text"]["columns"] == text["columns"]
        bounds = scan["bounds"]
        assert [high - low for low, high in zip(bounds["min"], bounds["max"], strict=True)] == (
            pytest.approx([reach, reach, 2], abs=1e-3)
        )
    assert ready["plain.xyz"]["options"]["text"] is None


def test_what_is_said_of_a_table_in_an_archive_can_be_taken_back(
    lead: Visitor, project: dict[str, Any]
) -> None:
    upload = archive_of_tables(lead, project)
    found = check(lead, upload)
    path = f"/uploads/{upload['id']}/check"
    text = {"columns": ["x", "y", "z"], "skip": 4}
    told = lead.post_json(path, {"tables": {"site/plain.xyz": text}})
    plain = next(scan for scan in told["scans"] if scan["title"] == "plain.xyz")
    assert plain["preflight"]["points"] == 296
    assert lead.post_json(path, {}) == found


def test_tables_in_an_archive_that_nobody_could_read_are_read_as_it_is_said(
    lead: Visitor, project: dict[str, Any]
) -> None:
    content = files(
        {f"{n}.csv": table(step=s, header=30).encode() for n, s in (("a", 1), ("b", 2))}
    )
    upload = begin(lead, project, len(content), name="odd.zip", print_=str(hash(content)))
    checked(send(lead, upload, 0, content), 200)
    found = check(lead, upload)
    assert found["state"] == "refused"
    assert found["tables"][0]["members"] == ["a.csv", "b.csv"]
    assert found["tables"][0]["table"]["layout"] is None
    text = {
        "columns": ["skip", "y", "x", "z"],
        "delimiter": "semicolon",
        "decimal": "comma",
        "skip": 30,
    }
    told = lead.post_json(f"/uploads/{upload['id']}/check", {"tables": {"a.csv": text}})
    assert told["state"] == "checked"
    assert [scan["preflight"]["points"] for scan in told["scans"]] == [900, 900]


def test_the_only_table_in_an_archive_is_read_as_it_is_said(
    lead: Visitor, project: dict[str, Any]
) -> None:
    content = files({"one/a.csv": table(step=1, header=0).encode(), "README.md": b"# One"})
    upload = begin(lead, project, len(content), name="one.zip", print_=str(hash(content)))
    checked(send(lead, upload, 0, content), 200)
    (kind,) = check(lead, upload)["tables"]
    text = {"columns": ["skip", "y", "x", "z"], "delimiter": "semicolon", "decimal": "comma"}
    lead.post_json(f"/uploads/{upload['id']}/check", {"tables": {kind["member"]: text}})
    (scan,) = lead.post_json(f"/uploads/{upload['id']}/scans", {}, status=201)
    lead.idle(project["id"])
    bounds = lead.get_json(f"/scans/{scan['id']}")["bounds"]
    reach = [high - low for low, high in zip(bounds["min"], bounds["max"], strict=True)]
    assert reach == pytest.approx([29, 29, 2], abs=1e-3)
