# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Where the points of a text table begin, how wide it is, and which line names its columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.scans.readers import text, text_arrow
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.fuzz.rules import assert_same

THREE = "1.5 2 3\n4 5 6\n7 8 9\n"


def read(folder: Path, content: str, suffix: str = ".csv") -> PointScan:
    """The scan, which both ways to read it give."""
    path = folder / f"scan{suffix}"
    path.write_text(content)
    scan = read_scan(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_arrow, "LEAST_BYTES", 0)
        patch.setattr(text, "BLOCK_BYTES", 64)
        patch.setattr(text, "_FEW", 0)
        assert_same(scan, read_scan(path))
    return scan


def refusal(folder: Path, content: str, suffix: str = ".csv") -> str:
    with pytest.raises(AppError) as caught:
        read(folder, content, suffix)
    return str(caught.value)


class TestFirstPoints:
    @pytest.mark.parametrize("word", ["NA", "na", "N/A", "n/a", "#N/A", "NULL", "null", "Null"])
    @pytest.mark.parametrize("count", [1, 10, 60])
    def test_points_that_lack_a_value_are_points(
        self, tmp_path: Path, word: str, count: int
    ) -> None:
        content = f"0.25,2,3,{word}\n" * count + "0.5,5,6,7\n" * 60
        scan = read(tmp_path, "x,y,z,label\n" + content)
        assert len(scan) == count + 60
        assert scan.labels["label"].tolist() == [-1] * count + [7] * 60

    def test_a_missing_place_keeps_its_row(self, tmp_path: Path) -> None:
        scan = read(tmp_path, "z y x\n#N/A NA NULL\n1 NULL 3\n4 5 6\n", ".xyz")
        assert scan.positions.tolist()[2] == [6, 5, 4]
        assert scan.finite.tolist() == [False, False, True]

    def test_the_header_counts_above_points_without_colours(self, tmp_path: Path) -> None:
        scan = read(tmp_path, "z,y,x,r,g,b\n1,2,3,NULL,NULL,NULL\n" + "1,2,3,40,50,60\n" * 9)
        assert scan.positions.tolist() == [[3, 2, 1]] * 10
        assert scan.colours is not None
        assert scan.colours[1].tolist() == [40, 50, 60]

    @pytest.mark.parametrize(
        ("first", "sentence"),
        [
            ("1.0 2.0 3..0\n", "line 1: '3..0' is not a number"),
            ("0 1 2x\n", "line 1: '2x' is not a number"),
            ("1.0 ? 3\n", "line 1: '?' is not a number"),
            ("1 2 3 4 5x\n", "line 1: '5x' is not a number"),
            ("x y z\n1.0 lost 3\n", "line 2: 'lost' is not a number"),
            ("x y z\nlost 2 3\n", "line 2: 'lost' is not a number"),
            ("1.0 2.0 o.5\n" * 25, "line 25: 'o.5' is not a number"),
        ],
    )
    def test_a_damaged_one_is_refused(self, tmp_path: Path, first: str, sentence: str) -> None:
        said = refusal(tmp_path, first + THREE, ".xyz")
        assert sentence in said
        assert "Mend it, or begin the line with #" in said

    def test_a_damaged_one_with_words_is_refused(self, tmp_path: Path) -> None:
        content = "x,y,z,class\n1,2,3..0,wall\n4,5,6,floor\n7,8,9,wall\n"
        assert "line 2: '3..0' is not a number" in refusal(tmp_path, content)

    @pytest.mark.parametrize(
        "before",
        [
            "12345\n", "640 480\n", "Scan 12 05\n", "Survey of 12 rooms, 3 4 2024\n", "# 1 2 x\n",
            "x y z\n3\n", "x y z 1 2\n", "0 1 class\n", "// made 12 05 2024\nx y z\n",
        ],
    )  # fmt: skip
    def test_titles_counts_and_names_are_none(self, tmp_path: Path, before: str) -> None:
        scan = read(tmp_path, before + THREE, ".xyz")
        assert scan.positions.tolist() == [[1.5, 2, 3], [4, 5, 6], [7, 8, 9]]

    def test_names_may_hold_numbers(self, tmp_path: Path) -> None:
        scan = read(tmp_path, "400,410,420,z,y,x\n" + "1,2,3,4,5,6\n" * 3)
        assert scan.positions.tolist() == [[6, 5, 4]] * 3


class TestWidth:
    @pytest.mark.parametrize("count", [1, 10, 100])
    @pytest.mark.parametrize("mark", [",", ";", "\t"])
    def test_points_without_a_label_come_first(self, tmp_path: Path, count: int, mark: str) -> None:
        content = "x,y,z,label\n" + "0.25,2,3,\n" * count + "0.5,5,6,4.0\n" * 3
        scan = read(tmp_path, content.replace(",", mark))
        assert scan.labels["label"].tolist() == [-1] * count + [4] * 3
        assert scan.positions[-1].tolist() == [0.5, 5, 6]

    @pytest.mark.parametrize("above", ["", "Scan of rooms\n"])
    def test_the_header_counts_where_all_last_cells_are_empty(
        self, tmp_path: Path, above: str
    ) -> None:
        scan = read(tmp_path, above + "z,y,x,label\n" + "1,2,3,\n" * 9)
        assert scan.positions.tolist() == [[3, 2, 1]] * 9
        scan = read(tmp_path, above + "z,y,x,class,note\n" + "1,2,3,wall,\n" * 9)
        assert scan.positions.tolist() == [[3, 2, 1]] * 9

    @pytest.mark.parametrize("header", ["z,y,x\n", "z,y,x,\n"])
    def test_a_separator_at_the_end_of_each_line_is_no_column(
        self, tmp_path: Path, header: str
    ) -> None:
        scan = read(tmp_path, header + "1,2,3,\n" * 9)
        assert scan.positions.tolist() == [[3, 2, 1]] * 9
        assert len(scan.fields) == 3

    def test_a_point_without_a_height_may_be_the_first(self, tmp_path: Path) -> None:
        scan = read(tmp_path, "x,y,z\n1,2,\n" + "1,2,3\n" * 9)
        assert scan.finite.tolist() == [False] + [True] * 9
        scan = read(tmp_path, "x,y,z,class\n1,,,wall\n" + "1,2,3,floor\n" * 9)
        assert scan.finite.tolist() == [False] + [True] * 9

    def test_all_last_cells_may_be_empty_without_any_header(self, tmp_path: Path) -> None:
        assert len(read(tmp_path, "1,2,3,4,\n" * 9).fields) == 4


class TestNames:
    def test_columns_of_velodyne_viewers_are_known(self, tmp_path: Path) -> None:
        header = (
            '"intensity","laser_id","azimuth","Points_m_XYZ:0","Points_m_XYZ:1","Points_m_XYZ:2"\n'
        )
        scan = read(tmp_path, header + "7,3,17000,1.5,2.5,3.5\n" * 9)
        assert scan.positions.tolist() == [[1.5, 2.5, 3.5]] * 9
        assert scan.intensity is not None
        assert scan.notes == ()

    @pytest.mark.parametrize(
        "content",
        [
            "# z y x label\n# units are in metres\n1 2 3 4\n5 6 7 8\n",
            "z,y,x,class\nm,m,m,-\n1,2,3,4\n5,6,7,8\n",
            "# z y x label\n# a b c d\n# units are in metres\n1 2 3 4\n5 6 7 8\n",
        ],
    )
    def test_the_nearest_line_that_tells_x_y_and_z_names_the_columns(
        self, tmp_path: Path, content: str
    ) -> None:
        scan = read(tmp_path, content)
        assert scan.positions.tolist() == [[3, 2, 1], [7, 6, 5]]
        assert [values.tolist() for values in scan.labels.values()] == [[4, 8]]
        assert scan.notes == ()

    @pytest.mark.parametrize("header", ["a,b,c\n", "first,second,z\n"])
    def test_a_guess_is_told_where_names_do_not_help(self, tmp_path: Path, header: str) -> None:
        scan = read(tmp_path, header + "1.5,2,3\n4,5,6\n")
        assert len(scan.notes) == 1
        assert scan.notes[0].startswith("What the columns mean is a guess: the names do not tell")

    def test_words_that_are_left_out_by_a_guess_are_told_once(self, tmp_path: Path) -> None:
        scan = read(tmp_path, "a,b,c,d\n" + "1.5,2,3,wall\n" * 4)
        assert len(scan.notes) == 1
        assert scan.notes[0].endswith("column 4 holds words and is left out.")


class TestCommasInQuotes:
    @pytest.mark.parametrize(
        ("content", "number"),
        [
            ('x,y,z\n"1,5","2,5","3,5"\n"4,5","5,5","6,5"\n', "1,5"),
            ('x,y,z\n"500,123.45","5,600,000.25",3\n"500,124.45","5,600,001.25",3\n', "500,123.45"),
            ('x,y,z,class\n"1,5","2,5","3,5",wall\n"4,5","5,5","6,5",floor\n', "1,5"),
            ('"500,123.45",2,3,4,wall\n"500,124.45",2,3,4,floor\n', "500,123.45"),
            ('x,y,z,i,class\n"500,123.45",2,3,4,wall\n"500,124.45",2,3,4,floor\n', "500,123.45"),
        ],
    )
    def test_a_number_is_not_split(self, tmp_path: Path, content: str, number: str) -> None:
        said = refusal(tmp_path, content)
        assert f"the number '{number}' in quotes has a comma in it. Save the table with" in said
        assert f"line {2 if content.startswith('x') else 1}:" in said

    def test_other_cells_and_separators_may_have_them(self, tmp_path: Path) -> None:
        scan = read(tmp_path, 'x,y,z,class,tile\n1,2,3,wall,"3,4"\n4,5,6,floor,"3,5"\n')
        assert scan.positions.tolist() == [[1, 2, 3], [4, 5, 6]]
        scan = read(tmp_path, '1,2,3,wall,"3,4"\n4,5,6,floor,"3,5"\n')
        assert scan.positions.tolist() == [[1, 2, 3], [4, 5, 6]]
        scan = read(tmp_path, 'x;y;z\n"1,5";"2,5";"3,5"\n"4,5";"5,5";"6,5"\n')
        assert scan.positions.tolist() == [[1.5, 2.5, 3.5], [4.5, 5.5, 6.5]]


class TestDegrees:
    @pytest.mark.parametrize(
        "header", ["lon,lat,alt", "Latitude [deg],Longitude [deg],Height", "lat,longitude,z"]
    )
    def test_longitudes_and_latitudes_are_no_metres(self, tmp_path: Path, header: str) -> None:
        scan = read(tmp_path, f"{header}\n" + "".join(f"8.{i},47.{i},4{i}\n" for i in range(9)))
        assert scan.details["unit"] == "degrees"
        codes = [finding.code for finding in inspect_scan(scan, name="scan.csv").findings]
        assert "degrees" in codes

    def test_heights_beside_degrees_are_up(self, tmp_path: Path) -> None:
        """The extents are a few ten-thousandths by a few ten-thousandths by metres."""
        rows = np.random.default_rng(0).random((2000, 3)) * [4e-4, 5e-4, 9] + [8.5, 47.3, 400]
        lines = "".join(f"{x:.7f},{y:.7f},{z:.3f}\n" for x, y, z in rows)
        found = inspect_scan(read(tmp_path, f"lon,lat,alt\n{lines}"), name="scan.csv")
        assert (found.up_axis, found.up_sign) == ("z", 1)
        assert "up" not in [finding.code for finding in found.findings]

    @pytest.mark.parametrize("header", ["lon,lat,alt", "east,north,alt"])
    def test_map_coordinates_are(self, tmp_path: Path, header: str) -> None:
        scan = read(tmp_path, f"{header}\n" + "500000.5,5300000,4\n" * 9)
        assert "unit" not in scan.details
