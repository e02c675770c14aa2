# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the view shows beside colours: intensity, normals, feature colours, objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.server.channels.files import (
    intensity_bytes,
    normal_bytes,
    save_feature_colours,
    usual_range,
)
from fewpoints.server.records import count_objects
from fewpoints.server.scans.tables import Scan
from tests.server.conftest import quick_settings
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded, seed_scan, small_scan


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without workers: what needs a job is tested with one below."""
    settings = quick_settings(tmp_path_factory.mktemp("home"))
    with RunningServer(settings.model_copy(update={"run_jobs": False})) as running:
        yield running


def seeded(server: RunningServer, **fields: Any) -> Seeded:
    scan: PointScan = replace(small_scan(), **fields)
    return seed_scan(server.app.state.database, server.app.state.storage, scan=scan)


def channels(visitor: Visitor, scan_id: int) -> dict[str, dict[str, Any]]:
    return {c["name"]: c for c in visitor.get_json(f"/scans/{scan_id}/channels")}


def content(visitor: Visitor, scan_id: int, name: str) -> np.ndarray:
    answer = checked(visitor.get(f"/scans/{scan_id}/channels/{name}"), 200)
    return np.frombuffer(answer.content, np.uint8).reshape(-1, 4)


def order_of(visitor: Visitor, scan_id: int) -> np.ndarray:
    return np.frombuffer(visitor.get(f"/scans/{scan_id}/order.bin").content, "<u4")


class TestIntensity:
    def test_records_hold_the_share_of_the_usual_range(
        self, server: RunningServer, lead: Visitor
    ) -> None:
        values = np.random.default_rng(0).gamma(2, 900, 1000).astype(np.float32)
        values[3] = np.inf
        scan_id = seeded(server, intensity=values).scan_id
        channel = channels(lead, scan_id)["intensity"]
        assert channel["state"] == "ready"
        low, high = np.percentile(np.delete(values, 3).astype(np.float64), (1, 99))
        assert (channel["low"], channel["high"]) == (pytest.approx(low), pytest.approx(high))
        found = content(lead, scan_id, "intensity")
        share = (found[:, 0] + 256.0 * found[:, 1]) / 65535
        for record, row in enumerate(order_of(lead, scan_id)):
            wanted = 0 if row == 3 else min(max((values[row] - low) / (high - low), 0), 1)
            assert share[record] == pytest.approx(wanted, abs=2e-5)
        assert not found[:, 2:].any()

    def test_without_it_the_reason_is_said(self, server: RunningServer, lead: Visitor) -> None:
        scan_id = seeded(server).scan_id
        channel = channels(lead, scan_id)["intensity"]
        assert channel["state"] == "unavailable"
        assert "no intensity" in channel["reason"]
        refused = lead.get(f"/scans/{scan_id}/channels/intensity")
        assert refused.status_code == 404
        assert "no intensity" in refused.json()["error"]["message"]
        assert lead.post(f"/scans/{scan_id}/channels/intensity").status_code == 409
        same = seeded(server, intensity=np.full(1000, 7, np.float32)).scan_id
        assert "the same" in channels(lead, same)["intensity"]["reason"]

    def test_ranges_and_versions(self, server: RunningServer, lead: Visitor) -> None:
        values = np.arange(1000, dtype=np.float32)
        scan_id = seeded(server, intensity=values).scan_id
        whole = content(lead, scan_id, "intensity")
        path = f"/scans/{scan_id}/channels/intensity"
        part = lead.get(path, headers={"Range": "bytes=40-79"})
        assert part.status_code == 206
        assert part.content == whole[10:20].tobytes()
        several = checked(lead.get(path, params={"ranges": "990-999,0-2"}), 200)
        assert several.content == whole[990:].tobytes() + whole[:2].tobytes()
        assert lead.get(path, params={"ranges": "990-1000"}).status_code == 422
        gone = lead.get(path, params={"ranges": "0-2"}, headers={"If-Match": '"another"'})
        assert gone.status_code == 412
        version = channels(lead, scan_id)["intensity"]["version"]
        assert "immutable" in lead.get(path, params={"v": version}).headers["cache-control"]


class TestNormals:
    def test_those_of_the_file_are_used(self, server: RunningServer, lead: Visitor) -> None:
        normals = np.random.default_rng(1).normal(size=(1000, 3)).astype(np.float32)
        normals[5] = 0
        scan_id = seeded(server, normals=normals).scan_id
        assert channels(lead, scan_id)["normals"]["estimated"] is False
        found = content(lead, scan_id, "normals")
        for record, row in enumerate(order_of(lead, scan_id)):
            if row == 5:
                assert found[record, 3] == 0
                continue
            unit = normals[row] / np.sqrt((normals[row].astype(float) ** 2).sum())
            np.testing.assert_allclose(found[record, :3] / 127.5 - 1, unit, atol=0.005)
            assert found[record, 3] == 255

    def test_without_any_a_job_is_offered_once(self, server: RunningServer, lead: Visitor) -> None:
        scan_id = seeded(server).scan_id
        channel = channels(lead, scan_id)["normals"]
        assert (channel["state"], channel["estimated"]) == ("missing", True)
        assert lead.get(f"/scans/{scan_id}/channels/normals").status_code == 404
        job = lead.post_json(f"/scans/{scan_id}/channels/normals", status=202)
        assert job["kind"] == "normals"
        assert lead.post_json(f"/scans/{scan_id}/channels/normals")["id"] == job["id"]


class TestFeatures:
    def test_they_belong_to_the_present_features(
        self, server: RunningServer, lead: Visitor
    ) -> None:
        scan_id = seeded(server).scan_id
        assert channels(lead, scan_id)["features"]["state"] == "missing"
        job = lead.post_json(f"/scans/{scan_id}/channels/features", status=202)
        assert job["kind"] == "features"
        features = np.random.default_rng(2).normal(size=(1000, 96)).astype(np.float32)
        placed = np.ones(1000, bool)
        placed[7] = False
        for key in ("one network", "another network"):
            save_feature_colours(server.app.state.storage, scan_id, key, features, placed)
            with server.app.state.database.write() as session:
                session.get_one(Scan, scan_id).features_key = key
            assert channels(lead, scan_id)["features"]["state"] == "ready"
            assert content(lead, scan_id, "features").shape == (999, 4)
        folder = server.app.state.storage.scan_folder(scan_id) / "channels"
        assert len(list(folder.glob("features-*.bin"))) == 1, "the old ones are gone"
        with server.app.state.database.write() as session:
            session.get_one(Scan, scan_id).features_key = "a third"
        assert channels(lead, scan_id)["features"]["state"] == "missing"


def test_strangers_see_nothing_and_names_are_checked(server: RunningServer, lead: Visitor) -> None:
    scan_id = seeded(server).scan_id
    stranger = server.stranger()
    for path in ("channels", "channels/normals", "objects.bin"):
        assert stranger.get(f"/scans/{scan_id}/{path}").status_code == 401
    assert stranger.post(f"/scans/{scan_id}/channels/normals").status_code == 401
    assert lead.get(f"/scans/{scan_id}/channels/..%2F..%2Ffewpoints.db").status_code in (404, 422)
    assert lead.get(f"/scans/{scan_id}/channels/positions").status_code == 422
    assert lead.get("/scans/9999/channels").status_code == 404


def test_a_real_import_has_all_of_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    with RunningServer(quick_settings(tmp_path_factory.mktemp("jobs"))) as running:
        lead = running.visitor("Lea", "lead")
        project = lead.project(auto_select=False)
        scan = lead.ready_scan(project["id"], room_file().content)
        scan_id = scan["id"]
        assert channels(lead, scan_id)["features"]["state"] == "ready"
        colours = content(lead, scan_id, "features")
        assert len(np.unique(colours[:, :3], axis=0)) > 50
        done = lead.finished(lead.post_json(f"/scans/{scan_id}/channels/normals", status=202))
        assert done["state"] == "done", done
        found = channels(lead, scan_id)["normals"]
        assert (found["state"], found["estimated"]) == ("ready", True)
        normals = content(lead, scan_id, "normals")[:, :3] / 127.5 - 1
        truth = room_file().classes[order_of(lead, scan_id)]
        floor = np.abs(normals[truth == 1, 2])  # scannet20: 1 is floor.
        assert np.median(floor) > 0.9
        # Objects: a chair with a number, and a wall without.
        classes = room_file().classes
        chair = int(np.flatnonzero(classes == 4)[0])
        lead.answer(scan_id, point_index=chair, class_index=4, instance=3)
        lead.answer(scan_id, point_index=int(np.flatnonzero(classes == 0)[0]), class_index=0)
        answer = checked(lead.get(f"/scans/{scan_id}/objects.bin"))
        objects = np.frombuffer(answer.content, np.uint8).reshape(-1, 4)
        numbers = objects[:, 0] + 256 * objects[:, 1].astype(int)
        assert set(np.unique(numbers)) == {0, 3}
        assert (objects[numbers == 3, 2] == 4).all()
        assert numbers[order_of(lead, scan_id) == chair].tolist() == [3]
        dense = np.frombuffer(lead.get(f"/scans/{scan_id}/dense.bin").content, np.uint8)
        np.testing.assert_array_equal(objects[:, 2:], dense.reshape(-1, 2))
        again = lead.get(
            f"/scans/{scan_id}/objects.bin", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304
        part = lead.get(f"/scans/{scan_id}/objects.bin", params={"ranges": "2900-3000,3-5"})
        assert part.content == objects[2900:].tobytes() + objects[3:5].tobytes()
        assert part.headers["etag"] == answer.headers["etag"]
        assert lead.get_json(f"/scans/{scan_id}/objects/counts") == {
            "records": 3000,
            "counts": [{"class_index": 4, "instance": 3, "records": int((numbers == 3).sum())}],
        }
        lead.answer(scan_id, point_index=chair, class_index=4, instance=5)
        changed = checked(lead.get(f"/scans/{scan_id}/objects.bin"))
        assert changed.headers["etag"] != answer.headers["etag"]


def test_objects_are_counted_by_number_and_class() -> None:
    rows = [(1, 0, 2, 9), (0, 0, 2, 9), (1, 0, 2, 3), (44, 1, 2, 9), (1, 0, 5, 1), (44, 1, 255, 0)]
    counts = count_objects(np.array(rows, np.uint8))
    assert counts.records == 6
    assert [(c.instance, c.class_index, c.records) for c in counts.counts] == [
        (1, 2, 2),
        (1, 5, 1),
        (300, None, 1),
        (300, 2, 1),
    ]


def test_shares_and_normals_at_the_edges() -> None:
    values = np.array([-5, 0, 50, 100, 900, np.nan], np.float32)
    span = usual_range(np.arange(101, dtype=np.float32))
    assert span is not None
    assert span == (1, 99)
    shares = intensity_bytes(values, span).view("<u2")[:, 0] / 65535
    np.testing.assert_allclose(shares, [0, 0, 0.5, 1, 1, 0], atol=1e-4)
    assert usual_range(np.array([np.nan, np.inf])) is None
    bytes_ = normal_bytes(np.array([[0, 0, -2], [np.nan, 0, 0], [0, 3, 4]], np.float32))
    assert bytes_.tolist() == [[128, 128, 0, 255], [128, 128, 128, 0], [128, 204, 230, 255]]
