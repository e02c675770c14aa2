# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the numbers in a field are thought to mean."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from fewpoints.annotations.classes import PRESETS, ClassList
from fewpoints.annotations.label_mapping.counting import (
    FieldCounts,
    count_field,
    merged,
    value_names,
)
from fewpoints.annotations.label_mapping.mapping import InstanceField
from fewpoints.annotations.label_mapping.suggestion import Suggestion, instance_field, suggest
from fewpoints.annotations.scans.readers.registry import read_scan
from tests.annotations.datasets.folders import OFFICE, s3dis_room, scannet_scene
from tests.annotations.files import DATA, needs_data

SCANNET = PRESETS["scannet20"].classes
KITTI = PRESETS["semantickitti19"].classes
LAS = PRESETS["las_airborne"].classes
S3DIS = PRESETS["s3dis13"].classes


def field(values: list[int], name: str = "label", **more: object) -> FieldCounts:
    return count_field(name, np.array(values), **more)  # type: ignore[arg-type] # Named ones.


def named(suggestion: Suggestion, classes: ClassList) -> dict[int, str | None]:
    return {
        value: None if index is None else classes[index].name
        for value, index in suggestion.mapping.classes.items()
    }


class TestPublishedNumbers:
    def test_nyu40_of_scannet(self) -> None:
        best = suggest(field([0, 1, 2, 5, 13, 39, 40]), SCANNET)[0]
        assert best.rule == "nyu40"
        assert named(best, SCANNET) == {
            0: None, 1: "wall", 2: "floor", 5: "chair", 13: None, 39: "otherfurniture", 40: None,
        }  # fmt: skip
        assert best.mapping.names[13] == "blinds"
        assert best.share == 4 / 7

    def test_every_id_of_a_preset_is_its_class(self) -> None:
        for classes, rule in ((SCANNET, "nyu40"), (KITTI, "semantic_kitti")):
            ids = [c.external_id for c in classes if c.external_id is not None]
            found = {one.rule: one for one in suggest(field([*ids, 0]), classes)}
            one = found.get("external") or found[rule]
            assert [one.mapping.classes[i] for i in ids] == list(range(len(classes)))

    def test_moving_things_of_semantic_kitti_are_things(self) -> None:
        best = suggest(field([0, 10, 60, 252, 257, 99]), KITTI)[0]
        assert best.rule == "semantic_kitti"
        assert named(best, KITTI) == {
            0: None, 10: "car", 60: "road", 99: None, 252: "car", 257: "other-vehicle",
        }  # fmt: skip

    def test_objects_of_semantic_kitti_in_the_upper_bits(self) -> None:
        values = [10 | (3 << 16), 252 | (4 << 16), 40, 0]
        best = suggest(field(values), KITTI)[0]
        assert best.mapping.packed
        assert named(best, KITTI) == {0: None, 10: "car", 40: "road", 252: "car"}

    def test_las_by_the_standard_even_where_codes_could_be_indices(self) -> None:
        counts = field([1, 2, 5, 6], "classification", source_format="laz")
        best, *others = suggest(counts, LAS)
        assert best.rule == "asprs"
        assert named(best, LAS) == {1: None, 2: "ground", 5: "high vegetation", 6: "building"}
        assert "index" in [other.rule for other in others]

    def test_las_onto_a_list_of_ones_own(self) -> None:
        own = ClassList.from_names(["Ground", "vegetation", "Buildings"])
        best = suggest(field([2, 3, 5, 6, 9], "classification", source_format="las"), own)[0]
        assert named(best, own) == {
            2: "Ground", 3: "vegetation", 5: "vegetation", 6: "Buildings", 9: None,
        }  # fmt: skip


class TestOtherRules:
    def test_indices_of_the_class_list(self) -> None:
        best = suggest(field([0, 3, 12, -1, 255]), S3DIS)[0]
        assert best.rule == "index"
        assert named(best, S3DIS) == {-1: None, 0: "ceiling", 3: "beam", 12: "clutter", 255: None}

    def test_names_that_the_file_gives(self) -> None:
        counts = field([0, 1, 2], names={0: "Chairs", 1: "stairs", 2: "WALL"})
        best = suggest(counts, S3DIS)[0]
        assert best.rule == "names"
        assert named(best, S3DIS) == {0: "chair", 1: None, 2: "wall"}

    def test_a_scheme_that_knows_more_than_the_file_comes_before_its_names(self) -> None:
        own = ClassList.from_names(["wall", "ceiling"])
        counts = field([1, 22], names={1: "wall"})
        assert [one.rule for one in suggest(counts, own)] == ["nyu40", "names"]
        assert suggest(field([1, 2], names={1: "wall"}), own)[0].rule == "names"

    def test_rooms_and_scenes_name_their_classes(self, tmp_path: Path) -> None:
        s3dis_room(tmp_path / "rooms" / "Area_1" / "office_1", OFFICE)
        scannet_scene(tmp_path / "scenes" / "scans" / "scene0000_00")
        for folder, classes, rule in (
            ("rooms", S3DIS, "names"),
            ("scenes", SCANNET, "names"),
            ("scenes", S3DIS, "names"),
        ):
            scan = read_scan(tmp_path / folder)
            fields = merged(
                count_field(name, values, names=value_names(scan, name))
                for name, values in scan.labels.items()
            )
            instance = instance_field(fields["semantic"], fields)
            best = suggest(fields["semantic"], classes, instance=instance)[0]
            assert (best.rule, best.mapping.instance) == (rule, InstanceField("instance", 0))
            for value, index in best.mapping.classes.items():
                name = json.loads(scan.details["names of semantic"]).get(str(value))
                found = None if name is None else classes.find(name)
                assert index == (None if found is None else found.index)

    def test_numbers_of_the_class_list_itself(self) -> None:
        own = ClassList.from_dicts(
            [{"name": "pipe", "external_id": 700}, {"name": "valve", "external_id": 701}]
        )
        best = suggest(field([0, 700, 701]), own)[0]
        assert (best.rule, best.mapping.classes) == ("external", {0: None, 700: 0, 701: 1})

    def test_classes_counted_from_one(self) -> None:
        own = ClassList.from_names(["pipe", "valve"])
        best = suggest(field([0, 1, 2]), own)[0]
        assert (best.rule, best.mapping.classes) == ("from_one", {0: None, 1: 0, 2: 1})

    def test_zero_nearly_everywhere_means_nothing(self) -> None:
        counts = field([0] * 97 + [1, 2, 14])
        assert [one.rule for one in suggest(counts, SCANNET)] == ["external", "from_one", "index"]
        assert suggest(counts, SCANNET)[0].share == 0.03

    def test_no_rule_is_made_up(self) -> None:
        assert suggest(field([1000, 2000]), SCANNET) == []
        assert suggest(field([-1, -1]), SCANNET) == []
        assert suggest(field(list(range(2000))), SCANNET) == []


class TestInstanceField:
    def test_found_by_its_name(self) -> None:
        fields = merged([field([1], "semantic"), field([-1, 0], "instance")])
        assert instance_field(fields["semantic"], fields) == InstanceField("instance", -1)
        assert instance_field(fields["instance"], fields) is None

    def test_two_of_them_leave_it_open(self) -> None:
        fields = merged([field([1], "label"), field([1], "object"), field([1], "cluster")])
        assert instance_field(fields["label"], fields) is None


class TestCounts:
    def test_they_come_back_from_json(self) -> None:
        for counts in (field([1, 1, -3], names={1: "a"}), field([70_000, 1]), field([])):
            assert FieldCounts.from_json(json.loads(json.dumps(counts.to_json()))) == counts

    def test_of_several_scans_they_are_added(self) -> None:
        both = merged([field([1, 2]), field([2, 70_000])])["label"]
        assert both.counts == {1: 1, 2: 2, 70_000: 1}
        assert both.low_counts == {1: 1, 2: 2, 70_000 & 0xFFFF: 1}
        assert both.points == 4

    def test_points_without_a_place_do_not_count(self) -> None:
        counts = count_field("label", np.array([1, 2, 2]), np.array([True, False, True]))
        assert counts.counts == {1: 1, 2: 1}

    def test_huge_numbers_are_no_classes(self) -> None:
        assert count_field("label", np.array([2**63, 1], np.uint64)).counts is None


@needs_data
class TestRealFiles:
    def read(self, path: str) -> dict[str, FieldCounts]:
        scan = read_scan(DATA / path, name=Path(path).name)
        return {
            name: count_field(name, values, scan.finite, source_format=scan.source_format)
            for name, values in scan.labels.items()
        }

    def test_pointcept_segments_are_indices(self) -> None:
        fields = self.read("zoo/derived/npz_coord_color_segment_instance.npz")
        best = suggest(
            fields["segment"], S3DIS, instance=instance_field(fields["segment"], fields)
        )[0]
        assert (best.rule, best.share) == ("index", 1.0)
        assert best.mapping.instance is not None
        assert best.mapping.instance.field == "instance"

    def test_airborne_codes(self) -> None:
        (counts,) = self.read("las-pdal/sample_c.las").values()
        best = suggest(counts, LAS)[0]
        assert best.rule == "asprs"
        assert named(best, LAS)[14] == "wire conductor"
        assert named(best, LAS)[31] is None

    def test_cloudcompare_names_a_scalar_field(self) -> None:
        (counts,) = self.read("zoo/derived/ply_float_scalar_label_cloudcompare.ply").values()
        assert suggest(counts, S3DIS)[0].rule == "index"
