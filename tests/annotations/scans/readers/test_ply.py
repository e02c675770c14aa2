# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.errors import AppError, UnreadableScan
from fewpoints.annotations.scans.readers.registry import read_scan
from tests.annotations.files import COLOURS, POINTS, RGB, XYZ, ElementSpec, Prop, ply

FORMS = ["ascii", "binary_little_endian", "binary_big_endian"]
COLOURED: ElementSpec = (
    "vertex", [*XYZ, *RGB], [(*p, *c) for p, c in zip(POINTS, COLOURS, strict=True)]
)  # fmt: skip


def save(folder: Path, content: bytes, name: str = "scan.ply") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(folder: Path, content: bytes) -> str:
    with pytest.raises(AppError) as caught:
        read_scan(save(folder, content))
    message = str(caught.value)
    assert message.startswith("scan.ply")
    assert "\n" not in message
    assert caught.value.status == 422
    return message


class TestEveryEncoding:
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("form", FORMS)
    def test_points_and_colours_come_back_in_file_order(
        self, tmp_path: Path, form: str, newline: str
    ) -> None:
        scan = read_scan(save(tmp_path, ply(form, [COLOURED], newline=newline)))
        assert scan.positions.tolist() == [list(p) for p in POINTS]
        assert scan.colours is not None
        assert scan.colours.tolist() == [list(c) for c in COLOURS]
        assert scan.global_shift.tolist() == [0, 0, 0]
        assert [tuple(f) for f in scan.fields] == [*XYZ, *RGB]
        assert scan.source_format == "ply"

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize(
        "types",
        [("double", "float64", "float"), ("int", "int32", "short"), ("char", "int8", "int16")],
    )
    def test_any_scalar_type_can_hold_a_coordinate(
        self, tmp_path: Path, form: str, types: tuple[str, str, str]
    ) -> None:
        rows = [(1, -2, 3), (100, 5, -6)]
        props: list[Prop] = list(zip("xyz", types, strict=True))
        scan = read_scan(save(tmp_path, ply(form, [("vertex", props, rows)])))
        assert scan.positions.tolist() == [[1, -2, 3], [100, 5, -6]]

    @pytest.mark.parametrize("form", FORMS)
    def test_elements_around_the_vertices_are_skipped(self, tmp_path: Path, form: str) -> None:
        before: ElementSpec = ("camera", [("fov", "float"), ("id", "int")], [(0.5, 7), (1.5, 8)])
        lists: ElementSpec = (
            "face",
            [("vertex_indices", "uchar", "int"), ("quality", "float"), ("tags", "int", "short")],
            [([0, 1, 2], 0.5, []), ([0, 1, 2, 3], 1.5, [4, 5]), ([], 2.5, [1]), ([3], 1.0, [])],
        )
        for order in ([before, lists, COLOURED], [COLOURED, lists, before]):
            scan = read_scan(save(tmp_path, ply(form, order)))
            assert scan.positions.tolist() == [list(p) for p in POINTS]

    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("lengths", ["constant", "changing"])
    def test_list_properties_of_vertices_are_skipped(
        self, tmp_path: Path, form: str, lengths: str
    ) -> None:
        rng = np.random.default_rng(0)
        count = 300
        rows = []
        for i in range(count):
            items = list(range(3 if lengths == "constant" else int(rng.integers(0, 5))))
            rows.append(
                (float(i), items, 0.5 * i, float(-i), [1] * (i % 2 if items else 0), i % 256)
            )
        props: list[Prop] = [
            ("x", "float"), ("a", "uchar", "int"), ("y", "double"), ("z", "float"),
            ("b", "ushort", "uchar"), ("label", "uchar"),
        ]  # fmt: skip
        scan = read_scan(save(tmp_path, ply(form, [("vertex", props, rows)])))
        assert scan.positions[:, 0].tolist() == [r[0] for r in rows]
        assert scan.positions[:, 1].tolist() == [r[2] for r in rows]
        assert scan.positions[:, 2].tolist() == [r[3] for r in rows]
        assert scan.labels["label"].tolist() == [r[5] for r in rows]

    @pytest.mark.parametrize("form", FORMS)
    def test_labels_normals_and_intensity_are_found_by_name(
        self, tmp_path: Path, form: str
    ) -> None:
        props: list[Prop] = [
            *XYZ, ("nx", "float"), ("ny", "float"), ("nz", "float"), ("scalar_Intensity", "float"),
            ("label", "int"), ("object_id", "ushort"), ("scalar_Classification", "float"),
            ("curvature", "float"), ("class_score", "float"),
        ]  # fmt: skip
        rows = [
            (*p, 0.0, 0.0, 1.0, 0.25 + i, i - 1, i, float(2 * i), 0.1, 0.3)
            for i, p in enumerate(POINTS)
        ]
        scan = read_scan(save(tmp_path, ply(form, [("vertex", props, rows)])))
        assert {name: values.tolist() for name, values in scan.labels.items()} == {
            "label": [-1, 0, 1, 2],
            "object_id": [0, 1, 2, 3],
            "scalar_Classification": [0, 2, 4, 6],
        }
        assert scan.normals is not None
        assert scan.normals.tolist() == [[0, 0, 1]] * 4
        assert scan.intensity is not None
        assert scan.intensity.tolist() == [0.25, 1.25, 2.25, 3.25]


class TestAscii:
    def test_blank_lines_tabs_and_a_missing_last_newline_do_no_harm(self, tmp_path: Path) -> None:
        header = "ply\nformat ascii 1.0\nelement vertex 2\n" + "".join(
            f"property float {a}\n" for a in "xyz"
        )
        text = header + "end_header\n\n  1\t2  3 \n\n4 5 6"
        scan = read_scan(save(tmp_path, text.encode()))
        assert scan.positions.tolist() == [[1, 2, 3], [4, 5, 6]]

    def test_what_windows_prints_for_nan_is_read(self, tmp_path: Path) -> None:
        head = "ply\nformat ascii 1.0\nelement vertex 3\n" + "".join(
            f"property float {a}\n" for a in "xyz"
        )
        text = head + "end_header\n1 2 3\n1.#QNAN -1.#IND -nan(ind)\nnan inf -inf\n"
        scan = read_scan(save(tmp_path, text.encode()))
        assert scan.finite.tolist() == [True, False, False]
        assert np.isnan(scan.positions[1]).all()

    def test_blocks_are_put_together(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("fewpoints.annotations.scans.readers.text.BLOCK_BYTES", 37)
        rows = [(float(i), 0.5 * i, -1.0 * i) for i in range(50)]
        scan = read_scan(save(tmp_path, ply("ascii", [("vertex", XYZ, rows)])))
        assert scan.positions.tolist() == [list(r) for r in rows]

    @pytest.mark.parametrize(
        ("old", "new", "line", "part"),
        [
            (b"1.0 0.0 0.25 0 0 0", b"1.0 0.0 0.25 0 0", "line 15", "5 values"),
            (b"1.0 0.0 0.25 0 0 0", b"1.0 0.0 0.25 0 0 0 0", "line 15", "7 values"),
            (b"1.0 0.0 0.25 0 0 0", b"1.0 zero 0.25 0 0 0", "line 15", "'zero' is not a number"),
            (b"1.0 0.0 0.25 0 0 0", b"1.0 1_0 0.25 0 0 0", "line 15", "is not a number"),
            (b"1.0 0.0 0.25 0 0 0", b"1.0 0.0 0.25 0 0 256", "line 15", "256 does not fit"),
            (b"1.0 0.0 0.25 0 0 0", b"1.0 0.0 0.25 0 0 0.5", "line 15", "0.5 does not fit"),
            (b"8.5 2.5 1.5 9 200 77\n", b"", "line 16", "ends after 3 of 4 vertex"),
            (b"8.5 2.5 1.5 9 200 77\n", b"8.5 2.5 1.5 9 200 77\n1", "line 17", "more lines"),
        ],
    )
    def test_a_damaged_line_is_named(
        self, tmp_path: Path, old: bytes, new: bytes, line: str, part: str
    ) -> None:
        content = ply("ascii", [COLOURED])
        assert old in content
        message = refusal(tmp_path, content.replace(old, new))
        assert f"scan.ply, {line}:" in message
        assert part in message

    def test_faces_may_be_longer_than_promised_but_not_shorter(self, tmp_path: Path) -> None:
        faces: ElementSpec = ("face", [("v", "uchar", "int"), ("q", "int")], [([0, 1, 2], 5)])
        content = ply("ascii", [COLOURED, faces])
        longer = content.replace(b"3 0 1 2 5", b"3 0 1 2 5 6 7")
        assert len(read_scan(save(tmp_path, longer))) == 4
        assert "4 values" in refusal(tmp_path, content.replace(b"3 0 1 2 5", b"3 0 1 2"))


class TestBinary:
    @pytest.mark.parametrize("form", FORMS[1:])
    def test_every_truncation_is_refused(self, tmp_path: Path, form: str) -> None:
        faces: ElementSpec = ("face", [("v", "uchar", "int")], [([0, 1, 2],), ([1, 2],)])
        for content in (ply(form, [COLOURED]), ply(form, [faces, COLOURED, faces])):
            for size in range(len(content)):
                refusal(tmp_path, content[:size])

    @pytest.mark.parametrize("form", FORMS)
    def test_bytes_behind_the_last_record_are_refused(self, tmp_path: Path, form: str) -> None:
        content = ply(form, [COLOURED]) + ply(form, [COLOURED])[-15:]
        assert "counts are wrong" in refusal(tmp_path, content)

    def test_a_line_end_behind_the_last_record_is_let_pass(self, tmp_path: Path) -> None:
        assert len(read_scan(save(tmp_path, ply(FORMS[1], [COLOURED]) + b"\r\n"))) == 4

    def test_a_huge_count_is_refused_before_anything_is_allocated(self, tmp_path: Path) -> None:
        for form in FORMS:
            content = ply(form, [COLOURED]).replace(b"vertex 4", b"vertex 4000000000")
            assert "4,000,000,000 vertex records" in refusal(tmp_path, content)

    def test_blocks_are_put_together(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("fewpoints.annotations.scans.readers.ply.BLOCK_ROWS", 3)
        scan = read_scan(save(tmp_path, ply(FORMS[1], [COLOURED])))
        assert scan.positions.tolist() == [list(p) for p in POINTS]


class TestHeader:
    @pytest.mark.parametrize(
        ("old", "new", "part"),
        [
            (b"property float y", b"property float x", 'two properties "x"'),
            (b"property float y", b"property quad y", "not a property of a known type"),
            (b"property float y", b"property list float int y", "cannot be counted by a float"),
            (b"property float z\n", b"", "no field z"),
            (b"vertex 4", b"vertex four", "element NAME COUNT"),
            (b"vertex 4", b"vertex -4", "element NAME COUNT"),
            (b"vertex 4", b"vertex 99999999999999999999", "absurd"),
            (b"element vertex", b"element point", 'no element "vertex"'),
            (b"element vertex 4\n", b"", "before any element"),
            (b"format ascii 1.0\n", b"", "no format line"),
            (b"ascii 1.0", b"ascii 2.0", "version '2.0'"),
            (b"ascii 1.0", b"text 1.0", "none of ascii"),
            (b"obj_info nothing", b"nonsense", "not a PLY header line"),
            (b"end_header\n", b"", "ends inside the header"),
        ],
    )
    def test_a_wrong_header_is_refused(
        self, tmp_path: Path, old: bytes, new: bytes, part: str
    ) -> None:
        content = ply("ascii", [COLOURED])
        assert old in content
        message = refusal(tmp_path, content.replace(old, new, 1))
        assert part.replace("'", "") in message.replace("'", "")

    def test_capital_and_prefixed_names_count(self, tmp_path: Path) -> None:
        props: list[Prop] = [("X", "float"), ("Y", "float"), ("Z", "float"), ("Label", "int")]
        scan = read_scan(
            save(tmp_path, ply("ascii", [("vertex", props, [(*p, 1) for p in POINTS])]))
        )
        assert scan.positions.tolist() == [list(p) for p in POINTS]
        assert scan.labels["Label"].tolist() == [1, 1, 1, 1]

    def test_no_points_is_an_error_of_its_own(self, tmp_path: Path) -> None:
        for form in FORMS:
            assert "holds no points" in refusal(tmp_path, ply(form, [("vertex", XYZ, [])]))

    def test_a_scan_without_a_finite_point_is_refused(self, tmp_path: Path) -> None:
        rows = [(float("nan"), 1.0, 2.0)] * 3
        assert "none of its 3 points" in refusal(tmp_path, ply(FORMS[1], [("vertex", XYZ, rows)]))


class TestSniffing:
    def test_the_content_decides_not_the_name(self, tmp_path: Path) -> None:
        path = save(tmp_path, ply("ascii", [COLOURED]), "scan.las")
        assert read_scan(path).source_format == "ply"

    @pytest.mark.parametrize(
        ("content", "part"),
        [
            (b"", "the file is empty"),
            (b"\x89PNG\r\n\x1a\n" + bytes(50), "looks like a PNG picture"),
            (b"random words\n1 2 3\n", "the content is not PLY"),
            (bytes(range(256)), "the content is not PLY"),
        ],
    )
    def test_other_content_is_refused(self, tmp_path: Path, content: bytes, part: str) -> None:
        assert part in refusal(tmp_path, content)

    def test_an_unknown_kind_lists_what_can_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(AppError, match=r"notes\.doc: not a format .* Readable: PLY, PCD, LAS"):
            read_scan(save(tmp_path, b"hello", "notes.doc"))

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableScan, match=r"gone\.ply: cannot be opened"):
            read_scan(tmp_path / "gone.ply")

    def test_messages_use_the_name_that_is_given(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableScan, match=r"^My room\.ply: the file is empty"):
            read_scan(save(tmp_path, b"", "3f2a.bin"), name="My room.ply")

    def test_progress_reaches_the_end_and_may_cancel(self, tmp_path: Path) -> None:
        class Cancelled(Exception):
            pass

        def cancel(fraction: float, sentence: str) -> None:
            raise Cancelled

        seen: list[float] = []
        for form in FORMS:
            path = save(tmp_path, ply(form, [COLOURED]))
            read_scan(path, progress=lambda f, s: seen.append(f))
            assert seen[-1] == 1.0
            with pytest.raises(Cancelled):
                read_scan(path, progress=cancel)
