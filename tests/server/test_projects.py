# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Setting a project up: presets, class tables, people, and how long answers take."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from fewpoints.annotations.classes import PRESETS
from tests.server.rooms import room_file
from tests.server.running import Visitor, checked


class TestPresets:
    def test_they_are_the_lists_of_the_code(self, annotator: Visitor) -> None:
        shown = annotator.get_json("/presets")
        assert [preset["name"] for preset in shown] == list(PRESETS)
        streets = next(preset for preset in shown if preset["name"] == "semantickitti19")
        car = streets["classes"][0]
        assert (car["name"], car["color"], car["external_id"]) == ("car", "#6496f5", 10)
        assert car["parent"] == "vehicle"


class TestClassTable:
    TABLE: ClassVar[tuple[dict[str, Any], ...]] = (
        {"name": "desk", "color": "#112233", "key": "d", "instanceable": True,
         "parent": "furniture", "description": "With drawers or without", "external_id": 7},
        {"name": "wall", "color": "#445566", "key": None, "instanceable": False,
         "parent": None, "description": "", "external_id": None},
    )  # fmt: skip

    def test_what_is_given_is_read_again(self, lead: Visitor) -> None:
        project = lead.project(classes=list(self.TABLE))
        read = lead.get_json(f"/projects/{project['id']}")["classes"]
        assert [{**entry, "index": place} for place, entry in enumerate(self.TABLE)] == read

    def test_a_parent_can_be_changed_and_taken_away(self, lead: Visitor) -> None:
        project = lead.project(classes=list(self.TABLE))
        path = f"/projects/{project['id']}/classes"
        new = [{**self.TABLE[0], "index": 0, "parent": None}, {**self.TABLE[1], "parent": "shell"}]
        changed = checked(lead.put(path, json=new)).json()
        assert [entry["parent"] for entry in changed["classes"]] == [None, "shell"]

    @pytest.mark.parametrize("parent", ["", "a\nb", "x" * 101])
    def test_a_parent_is_a_short_text(self, lead: Visitor, parent: str) -> None:
        body = {"name": "P", "classes": [{**self.TABLE[0], "parent": parent}]}
        assert "parent" in lead.post_json("/projects", body, status=422)["error"]["message"]

    def test_the_refusal_names_the_classes_that_have_answers(self, lead: Visitor) -> None:
        project = lead.project(classes=list(self.TABLE), auto_select=False)
        scan = lead.ready_scan(project["id"], room_file(500).content)
        lead.answer(scan["id"], class_index=1)
        lead.undo(scan["id"])
        path = f"/projects/{project['id']}/classes"
        refusal = checked(lead.put(path, json=[{**self.TABLE[0], "index": 0}]), 409).json()
        assert refusal["error"]["code"] == "classes_in_use"
        assert refusal["error"]["details"] == {"classes": ["wall"]}


class TestPeople:
    def test_leads_see_everybody_with_role(self, lead: Visitor, annotator: Visitor) -> None:
        lead.post_json("/invitations", {"name": "Nobody yet", "role": "annotator"})
        people = {person["name"]: person for person in lead.get_json("/people")["items"]}
        assert (people["Lea"]["role"], people["Lea"]["signed_in"]) == ("lead", True)
        assert (people["Ann"]["role"], people["Ann"]["signed_in"]) == ("annotator", True)
        assert people["Nobody yet"]["signed_in"] is False

    def test_annotators_do_not(self, annotator: Visitor) -> None:
        checked(annotator.get("/people"), 403)

    def test_a_page_at_a_time(self, lead: Visitor, annotator: Visitor) -> None:
        whole = lead.get_json("/people")
        page = lead.get_json("/people", offset=1, limit=1)
        assert page["total"] == whole["total"]
        assert page["items"] == whole["items"][1:2]


class TestPace:
    def test_the_median_of_what_was_timed(self, lead: Visitor, annotator: Visitor) -> None:
        project = lead.project(auto_select=False)
        path = f"/projects/{project['id']}/pace"
        assert annotator.get_json(path) == {"answers": 0, "median_seconds": None}
        scan = lead.ready_scan(project["id"], room_file(500).content)
        for point, seconds in enumerate((2.0, 30.0, 3.0, None, 4.0)):
            lead.answer(scan["id"], point_index=point, seconds=seconds)
        assert annotator.get_json(path) == {"answers": 4, "median_seconds": 3.5}
        checked(lead.get("/projects/9999/pace"), 404)
