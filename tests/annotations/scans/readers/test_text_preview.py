# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.scans.readers.text_layout import TextLayout
from fewpoints.annotations.scans.readers.text_preview import (
    LINES_BEFORE,
    LINES_FROM,
    MOST_CHARACTERS,
    TextPreview,
    preview_text,
)

ROWS = "".join(f"{i}.5;{i * 2}.25;3.5\n" for i in range(40))


def preview(
    folder: Path, content: str | bytes, name: str = "scan.txt", layout: TextLayout | None = None
) -> TextPreview | None:
    path = folder / "stored"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return preview_text(path, name=name, layout=layout)


def shown(found: TextPreview | None) -> list[tuple[int, str]]:
    assert found is not None
    return [(line.number, line.text) for line in found.lines]


def test_the_lines_around_the_first_point_and_the_layout_with_its_reason(tmp_path: Path) -> None:
    found = preview(tmp_path, "a plan\nx;y;z\n" + ROWS)
    assert found is not None
    assert found.layout is not None
    assert (found.layout.columns, found.layout.delimiter) == (("x", "y", "z"), "semicolon")
    assert "names before line 3" in found.layout.reason
    assert shown(found)[:3] == [(1, "a plan"), (2, "x;y;z"), (3, "0.5;0.25;3.5")]
    assert len(shown(found)) == 2 + LINES_FROM
    assert json.loads(json.dumps(found.to_json()))["layout"]["skip"] == 2


def test_what_is_said_is_shown_instead_of_what_is_detected(tmp_path: Path) -> None:
    said = TextLayout(("z", "y", "x"), delimiter="semicolon", skip=30)
    found = preview(tmp_path, ROWS, layout=said)
    assert found is not None
    assert found.layout is said
    numbers = [number for number, _ in shown(found)]
    assert numbers == list(range(31 - LINES_BEFORE, 31 + LINES_FROM))


def test_without_a_layout_the_first_lines_are_shown(tmp_path: Path) -> None:
    prose = "".join(f"a word of {i}\n" for i in range(40))
    found = preview(tmp_path, prose + ROWS)
    assert found is not None
    assert found.layout is None
    assert shown(found) == [(i + 1, f"a word of {i}") for i in range(LINES_BEFORE + LINES_FROM)]


def test_more_lines_to_skip_than_there_are(tmp_path: Path) -> None:
    said = TextLayout(("x", "y", "z"), skip=1000)
    assert shown(preview(tmp_path, ROWS, layout=said)) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_no_part_of_lines(tmp_path: Path, end: str) -> None:
    found = preview(tmp_path, f"1 2 3{end}4 5 6{end}{end}7 8 9")
    assert shown(found) == [(1, "1 2 3"), (2, "4 5 6"), (3, ""), (4, "7 8 9")]


def test_lines_are_short_and_printable(tmp_path: Path) -> None:
    odd = "1\t2\t3\t\u202e\u2028\xad"  # Turns the text around, ends lines, is not seen.
    found = preview(tmp_path, f"\ufeff{odd}\n" + "1 " * 100_000)
    lines = [text for _, text in shown(found)]
    assert lines[0] == "1\t2\t3\t\ufffd\ufffd\ufffd"
    assert len(lines[1]) == MOST_CHARACTERS
    assert lines[1].endswith("…")


def test_bytes_that_are_no_utf8_are_replaced(tmp_path: Path) -> None:
    found = preview(tmp_path, b"x y z H\xf6he\n1 2 3 4\n")
    assert shown(found)[0] == (1, "x y z H\ufffdhe")


def test_a_counted_pts_has_the_columns_of_its_format(tmp_path: Path) -> None:
    found = preview(tmp_path, "2\n1 2 3 7 9 9 9\n4 5 6 8 9 9 9\n", "scan.pts")
    assert found is not None
    assert found.layout is not None
    assert found.layout.columns == ("x", "y", "z", "intensity", "r", "g", "b")
    assert found.layout.skip == 1
    plain = preview(tmp_path, "1 2 3 0.5\n4 5 6 0.25\n", "scan.pts")
    assert plain is not None
    assert plain.layout is not None
    assert (plain.layout.skip, len(plain.layout.columns)) == (0, 4)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"ply\nformat ascii 1.0\n", "scan.txt"),
        (b"1 2 3\n", "scan.obj"),
        (b"\xff\xfe1\x00 \x002\x00", "scan.txt"),
        (b"1 2 3\n\x00\x01", "scan.txt"),
        (b"1 2 3\n", "scan"),
    ],
)
def test_where_no_layout_helps_there_is_nothing_to_say(
    tmp_path: Path, content: bytes, name: str
) -> None:
    assert preview(tmp_path, content, name) is None


@given(
    content=st.binary(max_size=400)
    | st.text(alphabet='0123456789.,;-e \t\r\n"#xyz', max_size=400).map(str.encode),
    suffix=st.sampled_from([".txt", ".csv", ".pts"]),
    skip=st.integers(0, 9),
)
def test_whatever_a_file_holds_what_is_shown_is_small_and_can_be_stored(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str, skip: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for said in (None, TextLayout(("x", "y", "z"), skip=skip)):
        found = preview(folder, content, f"scan{suffix}", said)
        if found is not None:
            assert len(found.lines) <= LINES_BEFORE + LINES_FROM
            text = json.dumps(found.to_json(), ensure_ascii=False)
            assert "\0" not in text
            assert text.encode().decode() == text
