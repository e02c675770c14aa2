# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A project goes into one file, and another installation gives the same project back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import JSON, Integer, func, select

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.all_tables import metadata
from fewpoints.server.project_archives.packing import pack_project
from fewpoints.server.project_archives.rules import LEFT_OUT, RULES
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import DiskFull
from fewpoints.server.users.tables import BrowserSession, SignInToken, User
from tests.server.conftest import quick_settings
from tests.server.project_archives import (
    Side,
    anonymous,
    contents,
    members_of,
    pack,
    restore,
    rows_of,
    without_checkpoint,
)
from tests.server.reviewing import review
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded
from tests.server.test_exports_preview import made
from tests.server.test_file_labels import imported, labelled_file, start, suggested

POINTS = 1500
FIXES = {"version": 1, "fixes": {"unit": "feet", "up": "+z", "thin_to": 0.03}}


@pytest.fixture(scope="module")
def original(server: RunningServer, lead: Visitor, annotator: Visitor) -> Side:
    """A project with everything in it, in an installation where others were before."""
    lead.project(name="Before")
    project = lead.project(name="Office", strategy="kmeans_features", budget=12)
    room = room_file(POINTS)
    scan = lead.ready_scan(project["id"], room.content)
    bob = server.visitor("Bob", "annotator")
    queries = lead.get_json(f"/scans/{scan['id']}/queries")
    given = []
    for number, query in enumerate(queries):
        point = query["point_index"]
        reply = ("unsure", "unlisted")[number] if number < 2 else "class"
        given.append(
            (annotator, bob)[number % 2].answer(
                scan["id"],
                query_id=query["id"],
                point_index=point,
                reply=reply,
                class_index=int(room.classes[point]) if reply == "class" else None,
                instance=number if number > 7 else None,
                seconds=1.25 + number,
                note="so = it seems" if number == 3 else None,
            )
        )
    annotator.answer(scan["id"], point_index=5, class_index=1)
    annotator.undo(scan["id"])
    bob.answer(scan["id"], point_index=queries[4]["point_index"], class_index=2)
    review(lead, given[6], "approve")
    review(lead, given[7], "send_back", note="look again")
    training = {"variant": "adapter", "steps": 3}
    job = lead.post_json(f"/projects/{project['id']}/trainings", training, status=202)
    done = lead.finished(job)
    assert done["state"] == "done", done
    shown = done["result"]["checkpoint_id"]
    annotator.answer(scan["id"], point_index=7, class_index=0, checkpoint_id=shown)
    review(lead, given[9], "correct", class_index=3)
    answer = lead.post(
        f"/projects/{project['id']}/scans",
        params={"name": "in mm.ply", "options": json.dumps(FIXES)},
        content=room_file(1000).content,
    )
    checked(answer, 201)
    lead.idle(project["id"])
    lead.idle(project["id"])
    other = lead.get_json(f"/scans/{answer.json()['id']}")
    assert other["state"] == "ready", other
    for query in lead.get_json(f"/scans/{other['id']}/queries")[:3]:
        annotator.answer(
            other["id"], query_id=query["id"], point_index=query["point_index"], class_index=4
        )
    return Side(lead, project["id"])


@pytest.fixture(scope="module")
def archive(
    original: Side, server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The project in a file."""
    target = tmp_path_factory.mktemp("archive") / "office.fewpoints.zip"
    state = server.app.state
    packed = pack(state.database, state.storage, original.project_id, target)
    assert packed.bytes == target.stat().st_size
    return target


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Another installation, where nobody ever was."""
    with RunningServer(quick_settings(tmp_path_factory.mktemp("elsewhere"))) as running:
        yield running


@pytest.fixture(scope="module")
def restored(archive: Path, elsewhere: RunningServer) -> Side:
    """The project in the other installation."""
    state = elsewhere.app.state
    made = restore(state.database, state.storage, archive)
    assert (made.name, made.scans) == ("Office", 2)
    return Side(elsewhere.visitor("Lea", "lead"), made.project_id)


def test_every_table_is_archived_or_left_out_for_a_reason() -> None:
    names = [rule.name for rule in RULES]
    assert set(names) & set(LEFT_OUT) == set()
    assert set(names) | set(LEFT_OUT) == set(metadata.tables), (
        "decide in project_archives/rules.py whether a new table is part of a project"
    )
    earlier = {"user_account"}
    for rule in RULES:
        earlier.add(rule.name)
        for column in rule.table.columns:
            where = f"{rule.name}.{column.name}"
            targets = {key.column.table.name for key in column.foreign_keys}
            assert targets <= earlier, f"{where} refers to a table that comes later"
            declared = {*rule.refers, *rule.up_to}
            looks_like_id = column.name.endswith(("_id", "_event", "_review"))
            if isinstance(column.type, Integer) and looks_like_id and not column.foreign_keys:
                assert column.name in declared or column.name == "external_id", (
                    f"say in project_archives/rules.py what {where} refers to"
                )
            if isinstance(column.type, JSON):
                decisions = [rule.plain, rule.remaps, rule.resets]
                assert sum(column.name in decision for decision in decisions) == 1, (
                    f"say in project_archives/rules.py whether {where} holds ids"
                )


class TestTheSameProject:
    def test_the_project_and_its_classes(self, original: Side, restored: Side) -> None:
        assert anonymous(original.get("")) == anonymous(restored.get(""))

    def test_ids_are_others(self, original: Side, restored: Side) -> None:
        assert original.project_id != restored.project_id

    def test_scans(self, original: Side, restored: Side) -> None:
        ours, theirs = original.scans(), restored.scans()
        assert anonymous(ours) == anonymous(theirs)
        for one, other in zip(ours, theirs, strict=True):
            for name in ("tiles.json", "tiles.bin", "order.bin", "preflight", "queries", "answers"):
                here = checked(original.lead.get(f"/scans/{one['id']}/{name}"))
                there = checked(restored.lead.get(f"/scans/{other['id']}/{name}"))
                if here.headers["content-type"] == "application/json":
                    assert anonymous(here.json()) == anonymous(there.json()), name
                else:
                    assert here.content == there.content, name
            for name in ("dense.bin", "prediction.bin", "channels/features"):
                here = original.lead.get(f"/scans/{one['id']}/{name}")
                there = restored.lead.get(f"/scans/{other['id']}/{name}")
                assert here.status_code == there.status_code == 200, (name, here.text)
                assert here.content == there.content, name

    @pytest.mark.parametrize("kind", ["sparse_csv", "sparse_pth", "npz", "las", "ply", "npy"])
    def test_exports_are_the_same_bytes(self, original: Side, restored: Side, kind: str) -> None:
        for one, other in zip(original.scans(), restored.scans(), strict=True):
            _, here = made(original.lead, original.project_id, kind, scan_ids=[one["id"]])
            _, there = made(restored.lead, restored.project_id, kind, scan_ids=[other["id"]])
            if kind == "sparse_csv":
                assert without_checkpoint(here) == without_checkpoint(there)
            else:
                assert contents(here) == contents(there)

    def test_reviews(self, original: Side, restored: Side) -> None:
        here, there = original.get("/reviews"), restored.get("/reviews")
        assert here["total"] > 10
        assert anonymous(here) == anonymous(there)
        summary = "/reviews/summary"
        assert anonymous(original.get(summary)) == anonymous(restored.get(summary))

    def test_checkpoints_with_who_made_them_and_their_curve(
        self, original: Side, restored: Side
    ) -> None:
        here, there = original.get("/checkpoints")["items"], restored.get("/checkpoints")["items"]
        assert anonymous(here) == anonymous(there)
        (one,), (other,) = here, there
        assert one["user_name"] == "Lea"
        assert one["snapshot"]["last_event_id"] > 0
        assert one["newer_answers"] == other["newer_answers"] > 0
        losses = [
            side.lead.get_json(f"/jobs/{made['job_id']}/losses")
            for side, made in ((original, one), (restored, other))
        ]
        assert losses[0] == losses[1]
        assert losses[0]["total"] > 0
        files = [
            side.lead.get(f"/checkpoints/{made['id']}/file").content
            for side, made in ((original, one), (restored, other))
        ]
        assert files[0] == files[1]

    @pytest.mark.parametrize("page", ["scans", "activity", "classes", "coverage", "versions"])
    def test_the_figures_of_the_dashboard(self, original: Side, restored: Side, page: str) -> None:
        shown = []
        for side in (original, restored):
            for _ in range(10):  # Figures come a moment at a time.
                figures = side.get(f"/dashboard/{page}")
            shown.append(anonymous(figures))
        assert shown[0] == shown[1]

    def test_the_log_keeps_what_was_taken_back_and_its_uuids(
        self, original: Side, restored: Side, server: RunningServer, elsewhere: RunningServer
    ) -> None:
        logs = []
        for side, running in ((original, server), (restored, elsewhere)):
            with running.app.state.database.read() as session:
                mine = select(Scan.id).where(Scan.project_id == side.project_id)
                events = session.execute(
                    select(AnswerEvent, User.name)
                    .join(User, User.id == AnswerEvent.user_id)
                    .where(AnswerEvent.scan_id.in_(mine))
                    .order_by(AnswerEvent.id)
                ).all()
                place = {event.id: number for number, (event, _) in enumerate(events)}
                logs.append(
                    [
                        (
                            event.client_id,
                            event.kind,
                            name,
                            event.author,
                            event.undoes_id and place[event.undoes_id],
                            event.answered_at,
                            event.created_at,
                            event.note,
                        )
                        for event, name in events
                    ]
                )
        assert logs[0] == logs[1]
        assert "undo" in {entry[1] for entry in logs[0]}

    def test_people_come_along_without_any_way_to_sign_in(
        self, restored: Side, elsewhere: RunningServer
    ) -> None:
        with elsewhere.app.state.database.read() as session:
            for name in ("Ann", "Bob"):
                person = session.scalars(select(User).where(User.name == name)).one()
                assert person.role == "annotator"
                for kind in (SignInToken, BrowserSession):
                    mine = select(func.count()).select_from(kind).where(kind.user_id == person.id)
                    assert session.scalar(mine) == 0
        # An invitation lets them in, as the same people.
        bob = elsewhere.visitor("Bob", "annotator")
        assert bob.get_json("/session")["name"] == "Bob"

    def test_work_goes_on(self, restored: Side) -> None:
        scan = restored.scans()[0]
        before = len(restored.lead.get_json(f"/scans/{scan['id']}/answers"))
        restored.lead.answer(scan["id"], point_index=11, class_index=1)
        after = restored.lead.get_json(f"/scans/{scan['id']}/answers")
        assert len(after) == before + 1
        assert after[-1]["id"] == max(answer["id"] for answer in after)
        restored.lead.undo(scan["id"])


class TestTwice:
    def test_the_second_one_has_another_name_and_other_ids_of_answers(
        self, archive: Path, original: Side, server: RunningServer
    ) -> None:
        state = server.app.state
        again = restore(state.database, state.storage, archive)
        assert again.name == "Office (2)"
        assert again.new_people == []
        with state.database.read() as session:
            counts = [
                session.scalar(
                    select(func.count(AnswerEvent.client_id.distinct())).where(
                        AnswerEvent.scan_id.in_(
                            select(Scan.id).where(Scan.project_id == project_id)
                        )
                    )
                )
                for project_id in (original.project_id, again.project_id)
            ]
        assert counts == [again.answers, again.answers]
        copy = Side(original.lead, again.project_id)
        assert anonymous(copy.get("/reviews")) == anonymous(original.get("/reviews"))
        checked(original.lead.delete(f"/projects/{again.project_id}"))
        assert original.get("/reviews")["total"] > 0


class TestLabelsThatCameWithFiles:
    def test_they_move_and_can_still_be_taken_back(
        self, lead: Visitor, server: RunningServer, tmp_path: Path
    ) -> None:
        state = server.app.state
        project = lead.project(name="Labelled", preset="scannet20", auto_select=False)
        scan = imported(lead, project["id"], labelled_file(tmp_path))
        mapping = suggested(lead, scan)
        start(lead, project["id"], {"mapping": mapping, "per_class": 2})
        truth = start(lead, project["id"], {"mapping": mapping, "target": "truth"})
        assert truth["points"] > 0
        side = Side(lead, project["id"])
        for times in range(2):  # Once from the original, once from a copy of it.
            target = tmp_path / f"labelled-{times}.zip"
            pack(state.database, state.storage, side.project_id, target)
            copy = Side(lead, restore(state.database, state.storage, target).project_id)
            assert anonymous(copy.get("/label-imports")) == anonymous(side.get("/label-imports"))
            files = []
            for one in (side, copy):
                (found,) = one.scans()
                made = one.get("/label-imports")["items"][0]
                path = state.storage.truth_file(found["id"], made["id"])
                files.append(path.read_bytes())
            assert files[0] == files[1]
            side = copy
        (found,) = side.scans()
        assert found["answers"] > 0
        for made in side.get("/label-imports")["items"]:
            lead.post_json(f"/label-imports/{made['id']}/undo")
        assert side.scans()[0]["answers"] == 0
        assert Side(lead, project["id"]).scans()[0]["answers"] > 0


class TestAnswersOutOfFiles:
    def test_whatever_a_table_says_the_project_can_be_moved(
        self, server: RunningServer, lead: Visitor, seeded: Seeded, tmp_path: Path
    ) -> None:
        """Objects are numbered from 1, and times are from 1970 on, in UTC."""
        times = ["1960-01-01T00:00:00Z", "1970-01-01T00:00:00+02:00", "9999-12-31T23:59:59Z"]
        times += ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "2020-02-30", ""]
        lines = [f"{row},0,0,{when}" for row, when in enumerate(times)]
        content = "\n".join(["index,class,instance,when", *lines, "9,1,3,2020-01-01"])
        path = f"/scans/{seeded.scan_id}/answers/import"
        report = checked(lead.post(path, content=content)).json()
        assert report == {"imported": 8, "skipped": 0, "problems": []}
        assert checked(lead.post(path, content=content)).json()["skipped"] == 8
        answers = lead.get_json(f"/scans/{seeded.scan_id}/answers")
        assert {a["point_index"]: a["instance"] for a in answers} == {
            **dict.fromkeys(range(7)),
            9: 3,
        }
        state = server.app.state
        pack(state.database, state.storage, seeded.project_id, tmp_path / "a.zip")
        assert restore(state.database, state.storage, tmp_path / "a.zip").answers == 8


class TestWithoutWhatCanBeMadeAgain:
    def test_it_is_made_again(self, original: Side, server: RunningServer, tmp_path: Path) -> None:
        state = server.app.state
        target = tmp_path / "small.fewpoints.zip"
        pack(state.database, state.storage, original.project_id, target, derived=False)
        names = members_of(target)
        assert not [name for name in names if "superpoints" in name or "channels" in name]
        made = restore(state.database, state.storage, target, name="Small")
        side = Side(original.lead, made.project_id)
        side.lead.idle(made.project_id)
        for one, other in zip(original.scans(), side.scans(), strict=True):
            assert other["has_features"]
            here = original.lead.get(f"/scans/{one['id']}/dense.bin").content
            assert here == side.lead.get(f"/scans/{other['id']}/dense.bin").content
        checked(side.lead.delete(f"/projects/{made.project_id}"))


class TestPacking:
    def test_no_secret_is_in_it(self, archive: Path, server: RunningServer) -> None:
        members = members_of(archive)
        people = rows_of(members, "people.jsonl")
        assert {"Ann", "Bob", "Lea"} <= {person["name"] for person in people}
        assert all(set(person) == {"id", "name", "role", "created_at"} for person in people)
        with server.app.state.database.read() as session:
            hashes = session.scalars(select(BrowserSession.token_hash)).all()
        assert hashes
        text = b"".join(content for name, content in members.items() if name.endswith("l"))
        assert not [secret for secret in hashes if secret.encode() in text]

    def test_what_happens_meanwhile_is_not_in_it(
        self,
        original: Side,
        server: RunningServer,
        annotator: Visitor,
        tmp_path: Path,
        archive: Path,
    ) -> None:
        state = server.app.state
        copy = restore(state.database, state.storage, archive, name="Changing")
        side = Side(original.lead, copy.project_id)
        one, other = side.scans()
        began = False

        def meddle(fraction: float, sentence: str) -> None:
            nonlocal began
            if began:
                return
            began = True
            annotator.answer(one["id"], point_index=3, class_index=1)
            checked(original.lead.delete(f"/scans/{other['id']}"))

        target = tmp_path / "changing.fewpoints.zip"
        with state.storage.work_folder("meddling") as work:
            pack_project(
                state.database,
                state.storage,
                copy.project_id,
                target,
                work=work,
                progress=meddle,
            )
        assert began
        members = members_of(target)
        assert len(rows_of(members, "tables/answer_event.jsonl")) == copy.answers
        assert len(rows_of(members, "tables/scan.jsonl")) == 2
        again = restore(state.database, state.storage, target)
        assert len(Side(original.lead, again.project_id).scans()) == 2
        for left in (copy, again):
            checked(original.lead.delete(f"/projects/{left.project_id}"))

    @pytest.mark.parametrize("name", ["项目" * 100, "é" * 199, "x" * 200, "..."])
    def test_a_name_of_any_length_is_part_of_the_name_of_the_file(
        self, name: str, tmp_path: Path, lead: Visitor
    ) -> None:
        project = lead.project(name=name)
        job = lead.post_json(f"/projects/{project['id']}/archives", {"derived": True}, status=202)
        done = lead.finished(job)
        assert done["state"] == "done", done
        filename = lead.get_json(f"/projects/{project['id']}/archives")["items"][0]["filename"]
        assert filename.endswith(".fewpoints.zip")
        assert len(filename.encode()) < 230
        checked(lead.delete(f"/projects/{project['id']}"))

    def test_room_is_needed_where_the_archive_goes(
        self,
        original: Side,
        server: RunningServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        state = server.app.state
        asked = []

        def none_there(folder: Path | None = None) -> int:
            asked.append(folder)
            return 10 if folder == tmp_path else 10**12

        monkeypatch.setattr(state.storage, "free_bytes", none_there)
        with pytest.raises(DiskFull):
            pack(state.database, state.storage, original.project_id, tmp_path / "a.zip")
        assert asked == [tmp_path]
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_project_can_be_moved(
        self, lead: Visitor, server: RunningServer, tmp_path: Path
    ) -> None:
        state = server.app.state
        project = lead.project(name="Empty")
        pack(state.database, state.storage, project["id"], tmp_path / "empty.zip")
        made = restore(state.database, state.storage, tmp_path / "empty.zip")
        with state.database.read() as session:
            assert session.get_one(Project, made.project_id).name == "Empty (2)"


class TestOverHttp:
    def test_a_project_is_packed_downloaded_and_sent_elsewhere(
        self,
        original: Side,
        archive: Path,
        elsewhere: RunningServer,
        server: RunningServer,
        annotator: Visitor,
    ) -> None:
        path = f"/projects/{original.project_id}"
        size = original.lead.get_json(f"{path}/archive-size")
        assert size["bytes"] == pytest.approx(archive.stat().st_size, rel=0.2)
        assert size["bytes_without_derived"] < size["bytes"]
        job = original.lead.post_json(f"{path}/archives", {"derived": True}, status=202)
        done = original.lead.finished(job)
        assert done["state"] == "done", done
        (made,) = original.get("/archives")["items"]
        assert (made["id"], made["created_by"]) == (done["result"]["export_id"], "Lea")
        assert made["filename"] == "Office.fewpoints.zip"
        response = checked(original.lead.get(f"/exports/{made['id']}/file"))
        assert hashlib.sha256(response.content).hexdigest() == made["sha256"]
        part = original.lead.get(f"/exports/{made['id']}/file", headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, response.content[100:200])
        # It is no export among the others, and not in the next archive.
        exports = original.get("/exports")["items"]
        assert made["id"] not in [export["id"] for export in exports]
        assert annotator.post(f"{path}/archives", json={}).status_code == 403
        assert annotator.get(f"{path}/archive-size").status_code == 403
        # Ground truths are in it.
        assert annotator.get(f"{path}/archives").status_code == 403
        assert annotator.get(f"/exports/{made['id']}/file").status_code == 403

        there = elsewhere.visitor("Lea", "lead")
        sent = there.post(
            "/project-archives",
            params={"filename": "C:\\x\\office.zip", "name": "By post"},
            content=response.content,
        )
        done = there.finished(checked(sent, 202).json())
        assert done["state"] == "done", done
        assert done["result"]["name"] == "By post"
        assert done["project_id"] == done["result"]["project_id"]
        project = there.get_json(f"/projects/{done['project_id']}")
        assert project["counts"] == original.get("")["counts"]
        assert list((elsewhere.settings.home / "archives").iterdir()) == []
        checked(original.lead.delete(f"/exports/{made['id']}"), 204)
        assert original.get("/archives")["total"] == 0
        assert not server.app.state.storage.export_folder(made["id"]).exists()

    def test_what_is_no_archive_is_refused_at_once(
        self, elsewhere: RunningServer, archive: Path
    ) -> None:
        there = elsewhere.visitor("Lea", "lead")
        before = there.get_json("/projects")["total"]
        content = archive.read_bytes()
        for sent in (b"x" * 1000, content[:-100], content[:1000]):
            answer = there.post("/project-archives", params={"filename": "odd.zip"}, content=sent)
            problem = checked(answer, 422).json()["error"]
            assert problem["code"] == "damaged_archive"
            assert problem["message"].startswith("odd.zip: ")
        assert there.post("/project-archives", params={"name": " "}, content=content).status_code
        stranger = elsewhere.visitor("Ann", "annotator")
        assert stranger.post("/project-archives", content=content).status_code == 403
        # A byte that is wrong in the middle is found by the job.
        flipped = bytearray(content)
        flipped[content.index(b"positions.npy") + 500] ^= 1
        job = there.post("/project-archives", params={"filename": "x.zip"}, content=bytes(flipped))
        done = there.finished(checked(job, 202).json())
        assert done["state"] == "failed"
        assert "positions.npy is damaged" in done["error"]
        assert there.get_json("/projects")["total"] == before
        assert list((elsewhere.settings.home / "archives").iterdir()) == []
        assert list((elsewhere.settings.home / "work").iterdir()) == []
