# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.import_options import ImportOptions
from fewpoints.annotations.scans.readers.in_process import inspect_in_process
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.readers.text_detect import detect_layout
from fewpoints.annotations.scans.readers.text_layout import InvalidTextLayout, TextLayout
from fewpoints.annotations.scans.readers.text_table import read_text
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.files import COLOURS, POINTS
from tests.annotations.scans.readers.mutations import attacked, check, mutated
from tests.oracles.slow_text import slow_table

PLACES = [
    [1.5, -2.25, 3.125], [4.0, 5.5, -6.75], [0.001, 100.5, 7.0], [-8.5, 9.25, 1000.75],
]  # fmt: skip


def read(folder: Path, content: bytes, suffix: str = ".txt") -> PointScan:
    path = folder / f"scan{suffix}"
    path.write_bytes(content)
    return read_scan(path)


def refusal(folder: Path, content: bytes, suffix: str = ".txt") -> str:
    with pytest.raises(AppError) as caught:
        read(folder, content, suffix)
    assert str(caught.value).startswith("scan")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def table(rows: Any, *, delimiter: str = " ", comma: bool = False, end: str = "\n") -> bytes:
    words = [[f"{value:.6g}" for value in row] for row in rows]
    if comma:
        words = [[word.replace(".", ",") for word in row] for row in words]
    return "".join(delimiter.join(row) + end for row in words).encode()


def layout(text: str) -> TextLayout:
    return detect_layout(text.encode(), name="scan.txt")


def rooms(count: int = 300) -> Any:
    return np.random.default_rng(0).uniform(-5, 5, (count, 3)).round(3)


def parts(text: str) -> str:
    return " ".join(layout(text).columns)


class TestDialects:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize(
        ("delimiter", "comma", "name"),
        [
            (" ", False, "blanks"), ("   ", False, "blanks"), ("\t", False, "tab"),
            (",", False, "comma"), (", ", False, "comma"), (";", False, "semicolon"),
            (" ", True, "blanks"), ("\t", True, "tab"), (";", True, "semicolon"),
            (" ; ", True, "semicolon"),
        ],
    )  # fmt: skip
    def test_every_dialect_gives_the_same_numbers(
        self, tmp_path: Path, delimiter: str, comma: bool, name: str, end: str
    ) -> None:
        content = table(PLACES, delimiter=delimiter, comma=comma, end=end)
        found = detect_layout(content, name="scan.txt")
        assert (found.delimiter, found.decimal) == (name, "comma" if comma else "point")
        assert read(tmp_path, content).positions.tolist() == PLACES

    def test_a_byte_order_mark_is_no_column(self, tmp_path: Path) -> None:
        content = b"\xef\xbb\xbf" + table(PLACES)
        assert read(tmp_path, content).positions.tolist() == PLACES
        named = b"\xef\xbb\xbfX;Y;Z\n" + table(PLACES, delimiter=";")
        assert read(tmp_path, named).positions.tolist() == PLACES

    def test_utf16_is_refused_with_the_way_out(self, tmp_path: Path) -> None:
        content = table(PLACES).decode().encode("utf-16")
        assert "Save it as UTF-8" in refusal(tmp_path, content)

    def test_quoted_fields(self, tmp_path: Path) -> None:
        content = b'"X","Y","Z"\n"1.5","2","3"\n"4","5","6"\n'
        assert read(tmp_path, content).positions.tolist() == [[1.5, 2, 3], [4, 5, 6]]
        content = b'"1,5" "2" "3"\n"4" "5" "6"\n'
        assert read(tmp_path, content).positions.tolist() == [[1.5, 2, 3], [4, 5, 6]]

    def test_a_delimiter_at_the_end_of_each_line(self, tmp_path: Path) -> None:
        assert read(tmp_path, b"1,2,3,\n4,5,6,\n").positions.tolist() == [[1, 2, 3], [4, 5, 6]]

    def test_an_empty_field_is_a_missing_number(self, tmp_path: Path) -> None:
        content = b"x,y,z,label\n1,2,3,7\n4,5,6,\n,8,9,3\n1, ,3,5\r\n,,,\n"
        scan = read(tmp_path, content, ".csv")
        assert scan.labels["label"].tolist() == [7, -1, 3, 5]
        assert scan.finite.tolist() == [True, True, False, False]
        assert scan.positions[2, 1:].tolist() == [8, 9]

    def test_lines_of_fields_that_are_short_in_different_places_are_not_shifted(
        self, tmp_path: Path
    ) -> None:
        scan = read(tmp_path, b"1,2,3,4\n1,,3,4\n,2,3,4\n1,2,,4\n")
        np.testing.assert_array_equal(
            scan.positions[1:], [[1, np.nan, 3], [np.nan, 2, 3], [1, 2, np.nan]]
        )

    def test_numbers_spelled_in_words(self, tmp_path: Path) -> None:
        words = [
            "nan", "NaN", "-nan", "nan(ind)", "-nan(ind)", "1.#QNAN", "-1.#IND", "inf", "-Infinity",
            "1.#INF", "+inf",
        ]  # fmt: skip
        content = "".join(f"1 2 {word}\n" for word in ["3", *words, "4e1", "+5", ".5", "6."])
        scan = read(tmp_path, content.encode())
        expected = slow_table(content.encode())
        np.testing.assert_array_equal(scan.positions, expected)
        assert scan.finite.tolist() == [True] + [False] * len(words) + [True] * 4

    def test_blank_lines_anywhere(self, tmp_path: Path) -> None:
        content = b"\n \n\t\r\n" * 3000 + table(PLACES[:2]) + b"\n" * 5000 + table(PLACES[2:])
        assert read(tmp_path, content + b"\n\n").positions.tolist() == PLACES
        assert "only blank lines" in refusal(tmp_path, b"\n" * 10_000)

    def test_the_last_line_needs_no_end(self, tmp_path: Path) -> None:
        assert read(tmp_path, b"1 2 3\n4 5 6").positions.tolist() == [[1, 2, 3], [4, 5, 6]]
        assert read(tmp_path, b"1;2;3").positions.tolist() == [[1, 2, 3]]


class TestWhatColumnsMean:
    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("x y z r g b", "x y z r g b"),
            ("//X Y Z R G B", "x y z r g b"),
            ("// X Y Z Rf Gf Bf", "x y z r g b"),
            ("# x y z nx ny nz", "x y z nx ny nz"),
            ("b g r x y z", "b g r x y z"),
            ("X Y Z Intensity instance foo", "x y z intensity label skip"),
            ("Z[m] Y[m] X[m] label intensity time", "z y x label intensity skip"),
            ("id easting northing height i label", "skip x y z intensity label"),
            ("Points:0 Points:1 Points:2 a b c", "x y z skip skip skip"),
            ("label x y z x Scalar_Classification", "label x y z skip label"),
        ],
    )
    def test_names_say_it(self, header: str, expected: str) -> None:
        assert parts(f"{header}\n1 2 3 4 5 6\n7 8 9 1 2 3\n") == expected

    def test_a_header_above_a_count_and_comments(self) -> None:
        found = layout("# made by hand\n// X,Y,Z,label\n2\n\n1,2,3,4\n5,6,7,8\n")
        assert (found.columns, found.skip) == (("x", "y", "z", "label"), 4)
        assert found.names == ("X", "Y", "Z", "label")

    @pytest.mark.parametrize(
        ("first", "expected"),
        [("0 1 2", "skip x y z"), ("1 2 3", "skip x y z"), ("0 inf inf", "x y z intensity")],
    )
    def test_a_column_that_counts_the_lines_is_left_out(self, first: str, expected: str) -> None:
        lines = [f"{n} {i}.5 {i * i} {0.1 * i}" for i, n in enumerate(first.split())]
        assert parts("\n".join(lines)) == expected

    def test_names_that_do_not_tell_leave_it_to_the_values(self) -> None:
        found = layout("a b c d\n1 2 3 0.5\n4 5 6 0.25\n")
        assert found.columns == ("x", "y", "z", "intensity")
        assert "names do not tell" in found.reason

    def test_values_say_it_without_names(self) -> None:
        rng = np.random.default_rng(3)
        xyz = rng.uniform(-50, 50, (200, 3))
        normals = rng.normal(size=(200, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        rgb = rng.integers(0, 256, (200, 3))
        classes = rng.integers(0, 13, (200, 1))
        strength = rng.integers(-2000, 2000, (200, 1))
        running = np.arange(200)[:, None]
        cases: list[tuple[list[Any], str]] = [
            ([xyz], "x y z"),
            ([xyz, rgb], "x y z r g b"),
            ([xyz, rgb / 255], "x y z r g b"),
            ([xyz, rgb * 257], "x y z r g b"),
            ([xyz, normals], "x y z nx ny nz"),
            ([xyz, rgb, normals], "x y z r g b nx ny nz"),
            ([xyz, normals, rgb], "x y z nx ny nz r g b"),
            ([xyz, strength, rgb], "x y z intensity r g b"),
            ([xyz, rgb, classes], "x y z r g b label"),
            ([xyz, rgb, classes, classes], "x y z r g b label label"),
            ([xyz, rng.uniform(0, 1, (200, 1))], "x y z intensity"),
            ([xyz, classes], "x y z label"),
            ([xyz, rgb, np.full((200, 1), 255)], "x y z r g b skip"),
            ([running, xyz, rgb], "skip x y z r g b"),
        ]
        for columns, expected in cases:
            rows = np.hstack(columns)
            text = "\n".join(" ".join(f"{v:.6g}" for v in row) for row in rows)
            assert parts(text + "\n") == expected, expected

    def test_an_intensity_before_colours_is_none_of_them(self) -> None:
        rng = np.random.default_rng(5)
        xyz = rng.uniform(-50, 50, (200, 3))
        grey = rng.uniform(20, 235, (200, 1))
        rgb = (grey + rng.uniform(-20, 20, (200, 3))).round()
        strength = (0.4 * grey + rng.uniform(0, 150, (200, 1))).round()
        few = rng.integers(0, 300, (200, 1)).clip(0, 255)
        cases: list[tuple[list[Any], str]] = [
            ([xyz, strength, rgb], "x y z intensity r g b"),
            ([xyz, strength / 255, rgb / 255], "x y z intensity r g b"),
            ([xyz, rgb, strength], "x y z r g b intensity"),
            ([xyz, strength, rgb, few], "x y z intensity r g b skip"),
            ([xyz, few, strength, rgb], "x y z intensity skip r g b"),
        ]
        for columns, expected in cases:
            rows = np.hstack(columns)
            text = "\n".join(" ".join(f"{v:.6g}" for v in row) for row in rows)
            assert parts(text + "\n") == expected, expected

    def test_colours_may_be_a_hair_above_one(self) -> None:
        text = "".join(f"{i}.5 {i} 7 0.5 {0.1 * i} 1.00001\n" for i in range(9))
        assert parts(text) == "x y z r g b"
        assert parts(text.replace("1.00001", "1.2")) != "x y z r g b"

    def test_colours_normals_and_labels_arrive(self, tmp_path: Path) -> None:
        rows = [(*p, *c, 0, 0, 1, i) for i, (p, c) in enumerate(zip(POINTS, COLOURS, strict=True))]
        content = b"x;y;z;red;green;blue;nx;ny;nz;class\n" + table(rows, delimiter=";", comma=True)
        scan = read(tmp_path, content, ".csv")
        assert scan.colours is not None
        assert scan.normals is not None
        assert scan.colours.tolist() == [list(c) for c in COLOURS]
        assert scan.normals.tolist() == [[0, 0, 1]] * 4
        assert scan.labels["class"].tolist() == [0, 1, 2, 3]
        assert scan.details["table"] == (
            "columns: x y z r g b nx ny nz label; separated by semicolons; decimal comma; "
            "1 line before the first point"
        )

    def test_a_guess_is_said_to_be_one(self, tmp_path: Path) -> None:
        scan = read(tmp_path, table(np.hstack([rooms(), rooms()])))
        assert any("guess" in note for note in scan.notes)
        assert read(tmp_path, b"x y z\n1 2 3\n4 5 6\n").notes == ()


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"1 2 3\n4 5 6\n7 8\n", "line 3: 2 values where the table has 3 columns"),
            (b"x y z\n1 2 3\n4 5 6 7\n", "line 3: 4 values where the table has 3 columns"),
            (b"1 2 3\n4 5 six\n", "line 2: 'six' is not a number"),
            (b"1;2;3\n1,5;2;3.5\n1,5;2;3,5\n", "line 2: '3.5' is not a number"),
            (b"1,5 2 3\n1,5 2 1.234\n1,5 2 3\n", "line 2: '1.234' is not a number"),
            (b"1 2 3\n1 2 3\n4 5 1e3e4\n", "line 3: '1e3e4' is not a number"),
            (b"1 2 3\n1 2 0x10\n1 2 3\n", "line 2: '0x10' is not a number"),
            (b"1 2 3\n1 2 1_000\n1 2 3\n", "line 2: '1_000' is not a number"),
            (b"1 2 3\n# more\n4 5 6\n", "line 2: "),
            (b"1 2\n3 4\n", "no table of points was found"),
            (b"Read me\n\nThis is a scan of 1 2 3 rooms.\n", "looked for lines of at least three"),
            (b"ncols 4\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3 4\n", "ESRI"),
            (b"3\nwater\nO 0 0 0\nH 1 0 0\nH 0 1 0\n", "no table of points was found"),
            (b"nan nan nan\nnan nan nan\n", "finite coordinates"),
            (b"{\"a\": [1, 2, 3]}\n", "no table of points was found"),
            (b"1 2 3\n1 2\x003\n", "the content is not XYZ"),
        ],
    )  # fmt: skip
    def test_the_place_is_named(self, tmp_path: Path, content: bytes, sentence: str) -> None:
        assert sentence in refusal(tmp_path, content)

    def test_prose_with_a_table_in_it_is_no_scan(self, tmp_path: Path) -> None:
        prose = b"These are the notes of a survey.\nIt was cold.\nThree numbers follow:\n1 2 3\n"
        assert "no table" in refusal(tmp_path, prose + b"That was all.\nGood bye.\n" * 3)

    def test_a_line_without_an_end(self, tmp_path: Path) -> None:
        assert "no line end" in refusal(tmp_path, b"1 2 3 " * 100_000)
        assert "columns" in refusal(tmp_path, b"1 " * 20_000 + b"\n")
        start = time.monotonic()
        assert "line 3" in refusal(tmp_path, b"1 2 3\n4 5 6\n" + b"7 " * 9_000_000)
        assert time.monotonic() - start < 10

    def test_a_bad_line_far_behind_is_named(self, tmp_path: Path) -> None:
        good = table(rooms(40_000))
        assert "line 40001: 'x' is" in refusal(tmp_path, good + b"1 x 3\n" + good)
        assert "line 40001: 2 values" in refusal(tmp_path, good + b"1 3\n" + good)

    def test_other_names_do_not_make_a_table(self, tmp_path: Path) -> None:
        assert "not a format" in refusal(tmp_path, table(PLACES), ".md")
        assert "not PLY" in refusal(tmp_path, table(PLACES), ".ply")


class TestLayouts:
    def test_a_layout_survives_json(self) -> None:
        found = layout("X;Y;Z;label\n1,5;2;3;4\n5,5;6;7;8\n")
        assert TextLayout.from_json(found.to_json()) == found
        assert found.decimal == "comma"

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"columns": ["x", "y"]}, "2 columns"),
            ({"columns": ["x", "y", "skip"]}, "No column is z"),
            ({"columns": ["x", "y", "z", "x"]}, "2 columns are x"),
            ({"columns": ["x", "y", "z", "r"]}, "all three or none"),
            ({"columns": ["x", "y", "z", "red"]}, 'cannot be "red"'),
            ({"columns": "xyz"}, "list"),
            ({"columns": ["x", "y", "z"], "delimiter": "|"}, "use one of blanks"),
            ({"columns": ["x", "y", "z"], "decimal": "comma", "delimiter": "comma"}, "as well"),
            ({"columns": ["x", "y", "z"], "skip": -1}, "0 or more"),
            ({"columns": ["x", "y", "z"], "skip": True}, "whole number"),
            ({"columns": ["x", "y", "z"], "names": ["a"]}, "1 names for 3"),
            ({"columns": ["x", "y", "z"], "colour": 1}, 'no "colour"'),
            ([], "object"),
        ],
    )
    def test_a_layout_that_contradicts_itself_is_refused(self, wrong: Any, sentence: str) -> None:
        with pytest.raises(InvalidTextLayout, match=sentence):
            TextLayout.from_json(wrong)

    def test_a_layout_that_is_said_overrides_the_detected_one(self, tmp_path: Path) -> None:
        path = tmp_path / "scan.csv"
        path.write_bytes(b"a,b\n1,2,3,4\n5,6,7,8\n")
        said = TextLayout(("z", "label", "y", "x"), delimiter="comma", skip=1)
        scan = read_text(path, name=path.name, layout=said)
        assert scan.positions.tolist() == [[4, 3, 1], [8, 7, 5]]
        assert scan.labels["label"].tolist() == [2, 6]
        with pytest.raises(AppError, match="line 1: 'a' is not a number"):
            read_text(path, name=path.name, layout=TextLayout(said.columns, delimiter="comma"))
        with pytest.raises(AppError, match="only 3"):
            read_text(path, name=path.name, layout=TextLayout(said.columns, skip=9))

    def test_it_travels_with_the_options_of_an_import(self, tmp_path: Path) -> None:
        path = tmp_path / "scan.csv"
        path.write_bytes(b"1,2,3,4\n5,6,7,8\n")
        said = ImportOptions(text=TextLayout(("z", "label", "y", "x"), delimiter="comma"))
        assert ImportOptions.from_json(said.to_json()) == said
        assert ImportOptions.from_json({"version": 1}).text is None
        facts = inspect_in_process(path, name="my.csv", options=said)
        assert facts["bounds"] == {"min": [4, 3, 1], "max": [8, 7, 5]}
        assert list(facts["label_fields"]) == ["label"]

    def test_other_formats_cannot_be_told(self, tmp_path: Path) -> None:
        path = tmp_path / "scan.ptx"
        path.write_bytes(SOUND["stations.ptx"])
        with pytest.raises(AppError, match="this is PTX, whose columns cannot be told"):
            read_scan(path, text=TextLayout(("x", "y", "z")))


class TestAgainstOtherParsers:
    @given(
        st.lists(
            st.tuples(*[st.floats(-1e6, 1e6, width=64) for _ in range(4)]), min_size=1, max_size=30
        ),
        st.sampled_from(["{:.3f}", "{!r}", "{:.9g}", "{:.18e}", "{:+.2f}"]),
    )
    @attacked
    def test_every_spelling_of_a_number_is_read_to_the_last_bit(
        self, rows: list[tuple[float, ...]], form: str
    ) -> None:
        content = "\n".join(" ".join(form.format(v) for v in row) for row in rows).encode()
        scan = check(content, ".xyz")
        assert scan is not None
        expected = np.array(slow_table(content))
        np.testing.assert_array_equal(scan.positions, expected[:, :3])

    def test_loadtxt_reads_the_same(self, tmp_path: Path) -> None:
        rows = np.random.default_rng(1).uniform(-1e4, 1e4, (20_000, 3))
        path = tmp_path / "scan.xyz"
        np.savetxt(path, rows, fmt="%.4f")
        np.testing.assert_array_equal(read_scan(path).positions, np.loadtxt(path))

    def test_memory_stays_within_three_times_the_arrays(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(2)
        rows = np.hstack([rng.uniform(0, 99, (100_000, 3)), rng.integers(0, 256, (100_000, 3))])
        path = tmp_path / "scan.txt"
        np.savetxt(path, rows, fmt="%.3f %.3f %.3f %d %d %d")
        tracemalloc.start()
        scan = read_scan(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert scan.colours is not None
        arrays = scan.positions.nbytes + scan.colours.nbytes
        buffers = 16 << 20  # Blocks of the file, whatever its size.
        assert peak < 3 * arrays + buffers


_ROWS = [(*p, *c, i) for i, (p, c) in enumerate(zip(POINTS, COLOURS, strict=True))]
SOUND = {
    "blanks.xyz": table(_ROWS),
    "named.csv": b"x,y,z,r,g,b,label\n" + table(_ROWS, delimiter=","),
    "german.txt": b"\xef\xbb\xbf//X;Y;Z;R;G;B;Klasse\r\n"
    + table(_ROWS, delimiter=";", comma=True, end="\r\n"),
    "quoted.asc": b'"X"\t"Y"\t"Z"\n' + table(PLACES, delimiter="\t"),
    "words.csv": b"time,x,y,z,class,file\n12:00:01,1,2,3,wall,a.jpg\n"
    b'12:00:02,4,5,6,"living ""room"", 2",\n'
    b"12:00:03,7,8,9,,\n",
    "counted.pts": b"4\n" + table(_ROWS) + b"2\n" + table(_ROWS[:2]),
    "stations.ptx": (
        b"2\n2\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n1 0 0 0\n0 1 0 0\n0 0 1 0\n5 6 7 1\n"
        + table([(*p, 0.5, *c) for p, c in zip(POINTS, COLOURS, strict=True)])
    ),
}


@pytest.mark.parametrize("name", sorted(SOUND))
def test_the_sound_ones_load(name: str) -> None:
    assert check(SOUND[name], Path(name).suffix) is not None


@pytest.mark.parametrize("name", sorted(SOUND))
@attacked
@given(data=st.data())
def test_damaged_files(name: str, data: st.DataObject) -> None:
    check(data.draw(mutated(SOUND[name])), Path(name).suffix)


@attacked
@given(
    st.text(alphabet="0123456789.,;-+eE \t\r\n\"'#/nainfxyz", max_size=200),
    st.sampled_from([".txt", ".csv", ".pts", ".ptx"]),
)
def test_what_looks_nearly_like_a_table(content: str, suffix: str) -> None:
    if content:
        check(content.encode(), suffix)
