# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.errors import InvalidLabels
from fewpoints.annotations.sparse_labels import (
    COLUMNS,
    SparseLabel,
    SparseLabels,
    read_csv,
    write_csv,
)

CLASSES = ClassList.from_names(["wall", "floor", "=cmd", "3"])

_text = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=12)
_labels = st.builds(
    lambda index, class_index, instance, who, seconds, strategy, reply, note: SparseLabel(
        index=index,
        class_index=class_index if reply == "class" else None,
        class_name=CLASSES[class_index].name if reply == "class" else "",
        instance=instance,
        who=who,
        when="2026-01-02T03:04:05Z",
        seconds=seconds,
        strategy=strategy,
        checkpoint="12",
        reply=reply,
        note=note or ("?" if reply == "note" else ""),
    ),
    st.integers(0, 10**9),
    st.integers(0, 3),
    st.none() | st.integers(0, 2**31 - 1),
    _text,
    st.none() | st.floats(0, 1e6),
    _text,
    st.sampled_from(["class", "unsure", "skip", "unlisted", "note"]),
    _text,
)


class TestThereAndBack:
    @settings(deadline=None, derandomize=True)
    @given(st.lists(_labels, max_size=6))
    def test_what_is_written_is_read_again(self, labels: list[SparseLabel]) -> None:
        text = write_csv(labels, CLASSES)
        assert list(read_csv(text, CLASSES).labels) == labels
        assert list(read_csv(text.encode(), CLASSES).labels) == labels
        # Spreadsheets save with a byte order mark and other line ends.
        again = read_csv(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), CLASSES)
        assert list(again.labels) == labels

    def test_the_columns_are_as_documented(self) -> None:
        text = write_csv([SparseLabel(5, 1, "floor", 2, "Ada", "now", 1.5, "random", "7")], CLASSES)
        (row,) = csv.DictReader(io.StringIO(text))
        assert list(row) == list(COLUMNS)
        assert list(row.values()) == [
            "5", "1", "floor", "2", "Ada", "now", "1.5", "random", "7", "class", "",
        ]  # fmt: skip

    def test_names_are_no_formulas(self) -> None:
        text = write_csv([SparseLabel(5, 2, "=cmd", who="@me", strategy="-1")], CLASSES)
        assert "'=cmd" in text
        assert ",'@me," in text

    def test_an_unknown_class_cannot_be_written(self) -> None:
        with pytest.raises(InvalidLabels, match="Point 5 has class 4, but there are only 4"):
            write_csv([SparseLabel(5, 4)], CLASSES)


class TestLenientReading:
    @pytest.mark.parametrize(
        "text",
        [
            "index,class\n3,1\n",
            "class;index\n1;3\n",
            "Index\tCLASS\tx\n3\tfloor\t9\n",
            "\n index , class \n\n 3 , Floor \n\n",
            "index,class_name\n3,floor\n",
            "index,class\n3.0,1.0\n",
            'index,class\n"3","1"',
            "index,class,reply\n3,1,Class\n",
        ],
    )
    def test_index_and_class_are_enough(self, text: str) -> None:
        (label,) = read_csv(text, CLASSES).labels
        assert (label.index, label.class_index, label.class_name) == (3, 1, "floor")

    def test_a_number_is_an_index_before_it_is_a_name(self) -> None:
        (label,) = read_csv("index,class\n1,3\n", CLASSES).labels
        assert label.class_index == 3

    @pytest.mark.parametrize(
        ("line", "part"),
        [
            ("x,1", 'line 3: the index "x" is not a whole number'),
            ("1.5,1", 'the index "1.5" is not'),
            ("-1,1", "the index -1 is negative"),
            ("10,1", "the index 10 is not a row of the scan, which has 10"),
            ("1,4", "class 4 does not exist; there are 0 to 3"),
            ("1,chair", 'there is no class "chair"; the classes are wall, floor'),
            ("1,", "there is no class"),
            ("1", "there is no class"),
            ("1,1,wall", 'class 1 is "floor" here, but the line says "wall"'),
            ("1,1,,-5", "the instance -5 is not between"),
            ("1,1,,,soon", 'the seconds "soon" are no length of time'),
            ("1,1,,,nan", "are no length of time"),
            ("1,1,,,,maybe", 'the reply "maybe" is none of class, unsure, skip'),
            ("1,1,,,,skip", 'a reply "skip" cannot have a class'),
        ],
    )
    def test_bad_lines_are_named(self, line: str, part: str) -> None:
        text = f"index,class,class_name,instance,seconds,reply\n0,0\n{line}\n2,1\n"
        with pytest.raises(InvalidLabels) as caught:
            read_csv(text, CLASSES, scan_points=10, name="labels.csv")
        assert str(caught.value).startswith("labels.csv, line 3: ")
        assert part in str(caught.value)
        read = read_csv(text, CLASSES, scan_points=10, name="labels.csv", strict=False)
        assert [label.index for label in read.labels] == [0, 2]
        assert read.problems == [str(caught.value)]

    @pytest.mark.parametrize(
        ("content", "part"),
        [
            ("", "is empty"),
            ("\n \n", "is empty"),
            ("a,b\n1,2\n", "no column index and no column class"),
            ("index,class,class\n", 'two columns are called "class"'),
            (b"\xff\xfe\x00", "not a text file"),
            (b"index,class\n\xff\n", "not a text file (byte 12)"),
            (b"index,class\n\0\n", "not a text file"),
        ],
    )
    def test_other_files_are_refused(self, content: str | bytes, part: str) -> None:
        with pytest.raises(InvalidLabels) as caught:
            read_csv(content, CLASSES, strict=False)
        assert part in str(caught.value)

    def test_many_problems_are_summed_up(self) -> None:
        text = "index,class\n" + "x,1\n" * 100
        problems = read_csv(text, CLASSES, strict=False).problems
        assert len(problems) == 21
        assert problems[-1] == "80 more lines could not be used."

    def test_an_enormous_cell_is_refused(self) -> None:
        with pytest.raises(InvalidLabels):
            read_csv("index,class\n1," + "9" * 200_000 + "\n", CLASSES)


class TestPoints:
    def test_the_last_reply_with_a_class_counts(self) -> None:
        labels = SparseLabels(
            (
                SparseLabel(7, 1, instance=4),
                SparseLabel(2, 0),
                SparseLabel(7, 3),
                SparseLabel(7, None, reply="unsure"),
                SparseLabel(9, None, reply="skip"),
            )
        )
        rows, classes, instances = labels.points()
        assert (rows.tolist(), classes.tolist(), instances.tolist()) == ([2, 7], [0, 3], [-1, -1])
        assert labels.dense(10).tolist() == [255, 255, 0, 255, 255, 255, 255, 3, 255, 255]
