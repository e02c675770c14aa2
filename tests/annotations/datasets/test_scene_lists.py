# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest

from fewpoints.annotations.datasets.scene_lists import read_scene_list
from fewpoints.annotations.errors import UnreadableDataset


def test_a_list_has_a_name_per_line(tmp_path: Path) -> None:
    path = tmp_path / "1.txt"
    path.write_bytes(b"\xef\xbb\xbfscene0500_00\r\nscene0013_01 \n\nscene0500_00\nscene0001_00")
    assert read_scene_list(path) == ("scene0500_00", "scene0013_01", "scene0001_00")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "1.txt: the list names no scene"),
        (b"scene0000_00\nscene0001_00 12\n", "1.txt, line 2: 'scene0001_00 12' is no name"),
        (b"scene\x000\n", r"1.txt, line 1: 'scene\\x000' is no name"),
        (b"PK\x03\x04\xff", "1.txt, byte 4: not a text file"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "1.txt"
    path.write_bytes(content)
    with pytest.raises(UnreadableDataset, match=problem):
        read_scene_list(path)


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataset, match=r"20\.txt: cannot be opened"):
        read_scene_list(tmp_path / "20.txt")
