# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Fields of words, whose numbers are other ones in other files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from fewpoints.annotations.classes import PRESETS, ClassList
from fewpoints.annotations.label_mapping.choice import mapped_blocks
from fewpoints.annotations.label_mapping.counting import FieldCounts, count_scan, merged
from fewpoints.annotations.label_mapping.mapping import ClassMapping, mapping_of_json
from fewpoints.annotations.label_mapping.suggestion import suggest
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan_arrays import save_arrays

SCANNET = PRESETS["scannet20"].classes


def saved(folder: Path, words: list[str]) -> Path:
    """A table of such words as it is imported."""
    folder.mkdir()
    lines = [f'{i},0,0,"{word}"' for i, word in enumerate(words)]
    (folder / "scan.csv").write_text("x,y,z,class\n" + "\n".join(lines))
    save_arrays(read_scan(folder / "scan.csv"), folder / "arrays")
    return folder / "arrays"


def counted(folder: Path) -> FieldCounts:
    (found,) = count_scan(folder)
    assert FieldCounts.from_json(found.to_json()) == found
    return found


def by_word(found: FieldCounts) -> dict[str, int]:
    return {found.names.get(v, ""): n for v, n in (found.counts or {}).items()}


def classes_at(folder: Path, mapping: ClassMapping) -> list[str]:
    (block,) = mapped_blocks(folder, mapping)
    return [SCANNET[i].name if i != 255 else "" for i in block.classes.tolist()]


def test_only_the_words_suggest_classes(tmp_path: Path) -> None:
    known = counted(saved(tmp_path / "a", ["wall", "Floor", "shower curtain", "wall", ""]))
    (one,) = suggest(known, SCANNET)
    assert one.rule == "names"
    assert one.share == 4 / 5
    foreign = counted(saved(tmp_path / "b", ["Mauer", "Boden"]))
    assert suggest(foreign, SCANNET) == []  # Though 0 and 1 are indices of classes.


def test_a_mapping_of_several_files_means_their_words(tmp_path: Path) -> None:
    words = [["wall", "floor", "wall"], ["chair", "wall", "bed", ""], ["floor"]]
    folders = [saved(tmp_path / str(i), some) for i, some in enumerate(words)]
    both = merged(map(counted, folders))["class"]
    expected = Counter(word for some in words for word in some)
    assert by_word(both) == dict(expected)
    (one,) = suggest(both, SCANNET)
    # As it goes over HTTP.
    mapping = mapping_of_json(one.mapping.to_json(SCANNET), SCANNET)
    for folder, some in zip(folders, words, strict=True):
        assert classes_at(folder, mapping) == some


def test_in_one_file_the_numbers_stay_what_they_are(tmp_path: Path) -> None:
    one = counted(saved(tmp_path / "a", ["wall", "floor"]))
    assert one.names == {0: "floor", 1: "wall"}
    assert merged([one])["class"] == one


def test_a_mapping_without_names_means_the_numbers(tmp_path: Path) -> None:
    folder = saved(tmp_path / "a", ["wall", "bed"])
    assert classes_at(folder, ClassMapping("class", {1: 3})) == [SCANNET[3].name, ""]


def test_numbers_and_words_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    words = saved(tmp_path / "words", ["wall", "bed"])
    (tmp_path / "numbers.csv").write_text("x,y,z,class\n0,0,0,1\n1,0,0,0\n2,0,0,1\n")
    save_arrays(read_scan(tmp_path / "numbers.csv"), tmp_path / "numbers")
    for order in ([words, tmp_path / "numbers"], [tmp_path / "numbers", words]):
        both = merged(map(counted, order))["class"]
        assert both.counts is not None
        assert sorted(both.counts.values()) == [1, 1, 1, 2]
        named = {word: value for value, word in both.names.items()}
        mapping = ClassMapping("class", {1: 5, named["wall"]: 0, named["bed"]: 3}, names=both.names)
        assert classes_at(words, mapping) == ["wall", "bed"]
        assert classes_at(tmp_path / "numbers", mapping) == [SCANNET[5].name, "", SCANNET[5].name]


def test_too_many_words_in_all_are_no_classes(tmp_path: Path) -> None:
    some = [saved(tmp_path / str(k), [f"word {k} {i}" for i in range(600)]) for k in range(2)]
    assert merged(map(counted, some))["class"].counts is None


def test_counts_of_before_have_no_words() -> None:
    old = {
        "name": "label", "points": 1, "low": 0, "counts": {"0": 1}, "low_counts": None,
        "names": {}, "source_format": "ply",
    }  # fmt: skip
    assert not FieldCounts.from_json(old).words


def test_the_classes_of_a_mapping_may_be_few() -> None:
    own = ClassList.from_names(["wall"])
    raw = {"version": 1, "field": "class", "values": [{"value": 7, "class": "wall", "name": "w"}]}
    mapping = mapping_of_json(raw, own).for_words({0: "v", 1: "w"})
    assert mapping.classes == {1: 0}
    assert mapping.classes_of(np.array([0, 1, -1])).tolist() == [255, 0, 255]
