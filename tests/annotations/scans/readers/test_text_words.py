# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tables with words in them: class names, times, names of files."""

from __future__ import annotations

import csv
import io
import json
import random
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.label_mapping.counting import value_names
from fewpoints.annotations.scans.readers import text, text_arrow
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.readers.text_cells import cells_of, columns_of_words, split_quoted
from fewpoints.annotations.scans.readers.text_layout import TextLayout
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.scans.readers.mutations import attacked

XYZ_LABEL = ("x", "y", "z", "label")
NUMBERS = ["1", "-2.5", "1e3", "0.125", "+4", " 7 ", '"8"', "nan", "NA", "", "1.5.5", "1_0", "Na"]
WORDS = [
    "wall", "Wand", "living room", "wall,floor", 'a "big" room', '"', '""', "'floor'", " roof ",
    "", " ", "7", "nan", "nan(x)", "Küche", "厨房", "a\x0bb", "1;2", "tab\there", "x" * 101,
    "# no comment", "null", "NA", "\x1f", "a(b)", "two\rlines",
]  # fmt: skip


def scan_of(
    folder: Path, content: str | bytes, suffix: str = ".csv", layout: TextLayout | None = None
) -> PointScan:
    path = folder / f"scan{suffix}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_scan(path, text=layout)


def refusal(
    folder: Path, content: str | bytes, suffix: str = ".csv", layout: TextLayout | None = None
) -> str:
    with pytest.raises(AppError) as caught:
        scan_of(folder, content, suffix, layout)
    assert str(caught.value).startswith(f"scan{suffix}")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def words_of(scan: PointScan, name: str) -> list[str | None]:
    """The word of each point."""
    names = value_names(scan, name)
    return [names.get(value) for value in scan.labels[name].tolist()]


class TestWhatIsFound:
    def test_a_column_called_like_a_label_becomes_one_with_its_words_in_order(
        self, tmp_path: Path
    ) -> None:
        scan = scan_of(tmp_path, "x,y,z,class\n1,2,3,wall\n4,5,6,floor\n7,8,9,wall\n1,1,1,Ähre\n")
        assert scan.labels["class"].tolist() == [1, 0, 1, 2]
        assert scan.labels["class"].dtype == np.int32
        assert json.loads(scan.details["names of class"]) == {
            "0": "floor",
            "1": "wall",
            "2": "Ähre",
        }
        assert scan.positions.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 1, 1]]
        assert [tuple(field) for field in scan.fields][2:] == [("z", "number"), ("class", "words")]

    @pytest.mark.parametrize("name", ["Label", "class_name", "semantic label", "Category Name"])
    def test_names_of_classes_are_known(self, tmp_path: Path, name: str) -> None:
        known = name != "semantic label"
        scan = scan_of(tmp_path, f"x;y;z;{name}\n1;2;3;wall\n4;5;6;floor\n")
        assert (name in scan.labels) == known
        assert known or f'Column 4 "{name}" holds words and is left out.' in scan.notes

    def test_times_and_names_of_files_are_left_out_and_it_is_said_by_name(
        self, tmp_path: Path
    ) -> None:
        content = "time,x,y,z,file\n" + "2024-05-01T12:00:01,1,2,3,a.jpg\n" * 3
        scan = scan_of(tmp_path, content)
        assert scan.positions.tolist() == [[1, 2, 3]] * 3
        assert scan.labels == {}
        assert 'Column 1 "time" holds words and is left out.' in scan.notes
        assert 'Column 5 "file" holds words and is left out.' in scan.notes

    def test_many_columns_of_words_are_told_in_few_sentences(self, tmp_path: Path) -> None:
        names = ",".join(f"word{i}" for i in range(50))
        scan = scan_of(tmp_path, f"x,y,z,{names}\n" + ("1,2,3" + ",abc" * 50 + "\n") * 3)
        assert 'Column 23 "word19" holds words and is left out.' in scan.notes
        assert scan.notes[-1] == "30 more columns of words are left out."
        scan = scan_of(tmp_path, ("1.5 2.5 3.5" + " abc" * 50 + "\n") * 3, ".txt")
        assert "columns 4 to 53 hold words and are left out" in scan.notes[-1]
        mixed = "".join(" abc" if i % 2 else " -7" for i in range(40))
        scan = scan_of(tmp_path, f"1.5 2.5 3.5 7.25{mixed}\n" * 3, ".txt")
        assert "columns 6, 8, 10, 12, 14, 16 and 14 more hold words" in scan.notes[-1]
        assert "columns 5, 7, 9, 11, 13, 15 and 14 more are left out" in scan.notes[-1]

    @pytest.mark.parametrize("inside", ["\x85", "\xa0", "\u2003"])
    @pytest.mark.parametrize("long", [False, True])
    def test_only_blanks_and_tabs_part_columns(
        self, tmp_path: Path, inside: str, long: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if long:
            monkeypatch.setattr(text_arrow, "LEAST_BYTES", 1)
        scan = scan_of(tmp_path, f"1.5 2.5 3.5 living{inside}room\n" * 3, ".txt")
        assert scan.positions.tolist() == [[1.5, 2.5, 3.5]] * 3
        assert scan.details["table"].startswith("columns: x y z -;")

    @pytest.mark.parametrize("least", [1, 1 << 20])
    def test_a_control_character_that_stands_alone_is_a_word(
        self, tmp_path: Path, least: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What `str.split` takes for a blank; it stands further down than is looked for those."""
        monkeypatch.setattr(text_arrow, "LEAST_BYTES", least)
        scan = scan_of(tmp_path, f"1.5 2.5 3.5 {'a ' * 2100}\x1d b\n", ".txt")
        assert len(scan.fields) == 2105

    @pytest.mark.parametrize(
        ("line", "columns"),
        [
            ("1.5 2.5 3.5 wall", "x y z -"),
            ("2024-05-01 12:00:01 1.5 2.5 3.5", "- - x y z"),
            ("1.5\t2.5\t3.5\t255\t0\t17\tliving room", "x y z r g b -"),
        ],
    )
    def test_without_names_words_may_follow_the_place_or_be_the_time_before_it(
        self, tmp_path: Path, line: str, columns: str
    ) -> None:
        scan = scan_of(tmp_path, f"{line}\n" * 4, ".txt")
        assert scan.details["table"].startswith(f"columns: {columns};")
        assert scan.positions.tolist() == [[1.5, 2.5, 3.5]] * 4

    @pytest.mark.parametrize(
        "content",
        [
            "Car 0.00 0 -1.57 587.01 173.33 614.12 200.12 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59\n",
            "P0: 7.2e+02 0.0 6.0e+02 0.0\nP1: 7.2e+02 0.0 6.0e+02 0.0\n",
            "v 1 2 3\nv 4 5 6\nv 7 8 9\nf 1 2 3\n",
        ],
    )
    def test_lines_that_begin_with_words_are_no_points(self, tmp_path: Path, content: str) -> None:
        assert "no table of points" in refusal(tmp_path, content, ".txt")

    def test_decimal_commas_are_no_words(self, tmp_path: Path) -> None:
        lines = [f'12:00;{i},5;{2 * i},25;-0,{i + 1};{i};7;255;"a, b"' for i in range(9)]
        scan = scan_of(tmp_path, "\n".join(["time;x;y;z;red;green;blue;class_name", *lines]))
        expected = [[i + 0.5, 2 * i + 0.25, -(i + 1) / 10] for i in range(9)]
        np.testing.assert_array_equal(scan.positions, expected)
        assert scan.colours is not None
        assert scan.colours.tolist() == [[i, 7, 255] for i in range(9)]
        assert words_of(scan, "class_name") == ["a, b"] * 9

    def test_columns_called_x_y_z_are_those_or_none_are(self, tmp_path: Path) -> None:
        lines = [f"{i}m 2m 3m {i} 7 255 wall" for i in range(9)]
        told = refusal(tmp_path, "\n".join(["x y z red green blue class", *lines]), ".txt")
        assert 'most cells of the column "x" are no numbers' in told
        assert "line 2" in told

    def test_a_damaged_number_does_not_make_a_column_of_words(self, tmp_path: Path) -> None:
        content = "x,y,z,r,g,b\n" + "1,2,3,4,5,6\n" * 20 + "1,2,3,4,5,oops\n"
        assert refusal(tmp_path, content) == "scan.csv, line 22: 'oops' is not a number."

    def test_words_far_down_in_a_column_that_is_left_out_do_no_harm(self, tmp_path: Path) -> None:
        content = "x,y,z,note\n" + "1,2,3,0.25\n" * 20_000 + '4,5,6,"seen twice, moved"\n'
        layout = TextLayout(("x", "y", "z", "skip"), "comma", skip=1)
        scan = scan_of(tmp_path, content, layout=layout)
        assert len(scan) == 20_001
        assert scan.positions[-1].tolist() == [4, 5, 6]
        wrong = content.replace("4,5,6", "4,5,x6")
        said = refusal(tmp_path, wrong, layout=layout)
        assert said == "scan.csv, line 20002: 'x6' is not a number."


class TestWhatIsSaid:
    def test_a_column_of_words_can_be_made_a_label(self, tmp_path: Path) -> None:
        scan = scan_of(tmp_path, "wall 1 2 3\nfloor 4 5 6\n", ".txt", TextLayout(("label", *"xyz")))
        assert words_of(scan, "label") == ["wall", "floor"]
        assert scan.notes == ()

    @pytest.mark.parametrize("role", ["x", "y", "z", "intensity"])
    def test_words_are_neither_places_nor_intensities(self, tmp_path: Path, role: str) -> None:
        roles = ["x", "y", "z", "intensity"]
        roles.remove(role)
        said = refusal(
            tmp_path, "wall,1,2,3\nfloor,4,5,6\n", layout=TextLayout((role, *roles), "comma")
        )
        assert said.startswith(
            f"scan.csv, line 1: 'wall' is not a number, but column 1 is to be {role}."
        )

    def test_too_many_words_are_no_label(self, tmp_path: Path) -> None:
        for count, kept in ((1000, True), (1001, False)):
            lines = "".join(f"{i},2,3,word {i}\n" for i in range(count))
            scan = scan_of(tmp_path, "x,y,z,class\n" + lines)
            assert len(scan) == count
            assert ("class" in scan.labels) == kept == ("names of class" in scan.details)
            assert kept != any("more than 1,000 different words" in note for note in scan.notes)

    def test_so_many_columns_of_words_are_labels(self, tmp_path: Path) -> None:
        layout = TextLayout(("x", "y", "z", *["label"] * 25), "comma")
        scan = scan_of(tmp_path, ("1,2,3" + ",a" * 25 + "\n") * 3, layout=layout)
        assert list(scan.labels) == ["label", *(f"label_{i}" for i in range(2, 21))]
        assert sum("as 20 columns before it do" in note for note in scan.notes) == 5

    def test_long_words_are_no_label(self, tmp_path: Path) -> None:
        scan = scan_of(tmp_path, f"x,y,z,class\n1,2,3,{'a' * 101}\n4,5,6,b\n")
        assert scan.labels == {}
        assert any("words of more than 100 characters" in note for note in scan.notes)

    def test_points_without_a_word_count_as_minus_one(self, tmp_path: Path) -> None:
        scan = scan_of(tmp_path, 'x,y,z,class\n1,2,3,wall\n4,5,6,\n7,8,9,""\n1,2,3,NA\n')
        assert scan.labels["class"].tolist() == [0, -1, -1, -1]

    @pytest.mark.parametrize(
        ("cells", "labels", "kind"),
        [
            (["7", "12"], [7, 12], "number"),
            (["wall", "floor"], [1, 0], "words"),
            (["wall", "12"], [1, 0], "words"),
            (["NA", "null"], None, "number"),
        ],
    )
    def test_labels_that_nothing_is_known_of_at_first(
        self, tmp_path: Path, cells: list[str], labels: list[int] | None, kind: str
    ) -> None:
        lines = "1,2,3,NA\n" * 1500 + "".join(f"1,2,3,{cell}\n" for cell in cells)
        scan = scan_of(tmp_path, "x,y,z,class\n" + lines)
        assert len(scan) == 1502
        assert [tuple(field) for field in scan.fields][3] == ("class", kind)
        assert ("names of class" in scan.details) == (kind == "words")
        if labels is None:
            assert scan.labels == {}
        else:
            assert scan.labels["class"].tolist() == [-1] * 1500 + labels

    def test_ten_million_different_words_take_no_memory_of_their_own(self, tmp_path: Path) -> None:
        """Here a hundredth of them: what is kept does not grow."""
        lines = "".join(f"1,2,3,w{i}\n" for i in range(100_000))
        path = tmp_path / "scan.csv"
        path.write_text("x,y,z,class\n" + lines)
        read_scan(path)
        tracemalloc.start()
        try:
            scan = read_scan(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert scan.labels == {}
        assert peak < 60e6


class TestQuotes:
    @pytest.mark.parametrize("row", ["1,2,3,4", '1,2,3,"a, b"'])
    def test_names_in_quotes_hold_what_they_say(self, tmp_path: Path, row: str) -> None:
        scan = scan_of(tmp_path, "\n".join(['x,y,z,"label (old, new)"', *[row] * 4]))
        assert list(scan.labels) == ["label"]

    @pytest.mark.parametrize(("mark", "suffix"), [(",", ".csv"), (";", ".csv"), ("\t", ".txt")])
    @pytest.mark.parametrize("fast", [True, False])
    def test_cells_in_quotes_hold_what_they_say(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str, suffix: str, fast: bool
    ) -> None:
        monkeypatch.setattr(text_arrow, "LEAST_BYTES", 0 if fast else sys.maxsize)
        words = ["living room", f"a{mark}b", 'the "big" one', '"', "plain"]
        out = io.StringIO()
        writer = csv.writer(out, delimiter=mark)
        writer.writerows([["x", "y", "z", "class"], *([i, 2, 3, w] for i, w in enumerate(words))])
        scan = scan_of(tmp_path, out.getvalue(), suffix)
        assert words_of(scan, "class") == [word.replace("\t", " ") for word in words]

    @pytest.mark.parametrize("fast", [True, False])
    def test_a_blank_may_stand_before_a_quote(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: bool
    ) -> None:
        monkeypatch.setattr(text_arrow, "LEAST_BYTES", 0 if fast else sys.maxsize)
        scan = scan_of(tmp_path, 'x, y, z, "class"\n1, 2, 3, "wall, old"\n4, 5, 6, \'floor\'\n')
        assert words_of(scan, "class") == ["wall, old", "floor"]

    @pytest.mark.parametrize("least", [0, sys.maxsize])
    @pytest.mark.parametrize("block", [20, 64, 1 << 20])
    @pytest.mark.parametrize("cell", ['"wall\nold"', '"wall\n', '"wall\n"', '"wall\r\nold"'])
    def test_a_line_break_in_quotes_is_refused(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        least: int,
        block: int,
        cell: str,
    ) -> None:
        monkeypatch.setattr(text_arrow, "LEAST_BYTES", least)
        monkeypatch.setattr(text, "BLOCK_BYTES", block)
        for place in ("label", "skip"):
            layout = TextLayout(("x", "y", "z", place), "comma")
            content = "1,2,3,floor\n" * 9 + f'1,2,3,{cell}\n4,5,6,b"\n'
            said = refusal(tmp_path, content, layout=layout)
            assert said == (
                "scan.csv, line 10: a cell in quotes does not end in its line. Save the table "
                "without line breaks inside cells."
            )

    def test_lines_are_split_as_the_csv_module_does(self) -> None:
        rng = random.Random(0)
        for _ in range(5000):
            line = "".join(rng.choices('",a b', k=rng.randint(0, 12)))
            mine = split_quoted(line, ",")
            expected = next(csv.reader([line]), [""])
            if mine is not None:
                assert mine == (expected or [""]), line
            else:
                with pytest.raises(csv.Error):
                    list(csv.reader([line], strict=True))

    def test_blanks_part_words_whatever_the_quotes(self) -> None:
        assert cells_of("1 2 'a b'", "blanks") == ["1", "2", "a", "b"]


def test_half_of_the_cells_decide() -> None:
    rows = [["1", "a", "b", ""], ["2", "3", "c", ""], ["3", "4", "4", "d"], ["oops", "b", "d", ""]]
    assert columns_of_words(rows, "point") == {1, 2, 3}


def outcome(folder: Path, content: bytes, layout: TextLayout, *, fast: bool, block: int) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_arrow, "LEAST_BYTES", 0 if fast else sys.maxsize)
        patch.setattr(text, "BLOCK_BYTES", block)
        try:
            scan = scan_of(folder, content, layout=layout)
        except AppError as error:
            return str(error)
    return (
        scan.positions.tobytes(),
        {name: values.tolist() for name, values in scan.labels.items()},
        dict(scan.details),
        scan.notes,
    )


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, TextLayout]:
    delimiter, decimal, mark = draw(
        st.sampled_from(
            [("comma", "point", ","), ("semicolon", "comma", ";"), ("tab", "point", "\t"),
             ("blanks", "point", " ")]
        )
    )  # fmt: skip
    odd = draw(st.integers(0, 3)) == 0
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\n", "\r\n", "\n\n", "\r"]]))
    words = [w for w in WORDS if odd or ('"' not in w and "\r" not in w and len(w) < 50)]
    lines = []
    for i in range(draw(st.integers(1, 12))):
        numbers = [f"{i}.5", "2", draw(st.sampled_from(NUMBERS if odd else NUMBERS[:10]))]
        if decimal == "comma":
            numbers = [n.replace(".", ",") for n in numbers]
        cells = [*numbers, *(draw(st.sampled_from(words)) for _ in range(2))]
        if delimiter == "blanks":
            cells = [c.replace(" ", "_") or "nan" for c in cells]
        elif draw(st.booleans()):
            cells[3:] = ['"' + c.replace('"', '""') + '"' for c in cells[3:]]
        if odd and draw(st.integers(0, 9)) == 0:
            cells = draw(st.sampled_from([cells[:-1], [*cells, ""], [*cells, "x"], [""] * 5]))
        lines.append(mark.join(cells) + draw(st.sampled_from(ends)))
    role = draw(st.sampled_from(["label", "skip"]))
    return "".join(lines).encode(), TextLayout(("x", "y", "z", "label", role), delimiter, decimal)


@attacked
@given(table=tables(), block=st.integers(16, 90))
def test_both_ways_give_the_same_wherever_blocks_end(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[bytes, TextLayout], block: int
) -> None:
    folder = tmp_path_factory.mktemp("words")
    content, layout = table
    slow = outcome(folder, content, layout, fast=False, block=1 << 20)
    for fast, size in ((True, 1 << 20), (True, block), (False, block)):
        assert outcome(folder, content, layout, fast=fast, block=size) == slow


def test_large_tables_are_read_by_arrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    places = rng.uniform(-5, 5, (30_000, 3)).round(3)
    words = rng.choice(["wall", "floor", "living room", "Küche"], len(places))
    lines = [
        f'{x},{y},{z},{w},"IMG {i}"\n'
        for i, ((x, y, z), w) in enumerate(zip(places, words, strict=True))
    ]
    monkeypatch.setattr("fewpoints.annotations.scans.readers.text_words.WordRows._slowly", None)
    scan = scan_of(tmp_path, "x,y,z,class,image\n" + "".join(lines))
    assert np.array_equal(scan.positions, places)
    assert words_of(scan, "class") == words.tolist()
