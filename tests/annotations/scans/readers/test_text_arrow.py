# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Both ways to read a text table give the same numbers and the same refusals."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers import text_arrow
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.readers.text import Dialect, TextRows
from tests.annotations.scans.readers.mutations import attacked
from tests.oracles.slow_text import slow_table

ODD = [
    "", " ", "-", "+", "+-3", "--1", "1e", "e1", "1e5", "1E-5", "1e400", "-1e400", "1e-400", "+5",
    ".5", "6.", ".", "nan", "NaN", "-nan", "nan(ind)", "-nan(ind)", "nan(abc)", "inf", "-Infinity",
    "infin", "1.#QNAN", "-1.#IND", "0x10", "1_000", "1d5", "six", "#", "# 5", "//", "1 2", '"1"',
    "'2'", '"', "\\", "\x1f", "\x0b", "\x0c", "\x00", "1\r2", "\r", "\xef\xbb\xbf1", "1,5", "1.5",
    "1" * 400, "0." + "3" * 400, "17976931348623157" + "9" * 292, "4.9e-324",
    "2.4703282292062327e-324", "9007199254740993", "0.1", "-0", "-0.0", "123456.789", "NA", "Na",
    " NA", "-NA", "n/a", "#N/A", "NULL", "nULL", "null ", "None",
]  # fmt: skip
DIALECTS = [
    None,
    Dialect(" ", ".", 3),
    Dialect(" ", ",", 3),
    Dialect("\t", ".", 3),
    Dialect(",", ".", 3),
    Dialect(";", ",", 3),
    Dialect(";", ".", 3),
]


def outcome(content: bytes, dialect: Dialect | None, *, fast: bool, count: int = 10**6) -> Any:
    """All numbers, how many each line has, its number; or the refusal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_arrow, "LEAST_BYTES", 0 if fast else sys.maxsize)
        rows = TextRows(io.BytesIO(content), "scan", first_line=5, dialect=dialect)
        try:
            blocks = list(rows.take(count))
        except UnreadableScan as error:
            return str(error)
    # Bits, so that 0.0 and -0.0 differ; every NaN is the same.
    values = np.concatenate([np.empty(0), *(block.values for block in blocks)])
    bits = np.where(np.isnan(values), np.nan, values).view(np.int64).tolist()
    tokens = [n for block in blocks for n in block.tokens.tolist()]
    return bits, tokens, [n for block in blocks for n in block.lines.tolist()], rows.line


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, Dialect | None]:
    """Lines of mostly plain numbers, mostly equally many, with odd things among them."""
    dialect = draw(st.sampled_from(DIALECTS))
    between = [" ", "  ", "\t", " \t "]
    if dialect is not None and dialect.delimiter != " ":
        between = [dialect.delimiter + blank for blank in ("", "", "", " ", "\t")]
    between = draw(st.lists(st.sampled_from(between), min_size=1, max_size=2))
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\n", "\r\n"], ["\n", "\r\n", "\r", "\n\n"]]))
    before = draw(st.sampled_from(["", "", "  ", "\t"]))
    behind = draw(st.sampled_from(["", "", " ", "  ", between[0]]))
    numbers = st.floats(-1e9, 1e9).map(draw(st.sampled_from(["{:.3f}", "{!r}", "{:+.9e}"])).format)
    odd = draw(st.sampled_from([0, 0, 1, 3]))
    lines = []
    for _ in range(draw(st.integers(1, 8))):
        words = draw(st.lists(numbers, min_size=3, max_size=3))
        if dialect is not None and dialect.decimal == ",":
            words = [word.replace(".", ",") for word in words]
        lines.append(words)
    for _ in range(odd):
        line = lines[draw(st.integers(0, len(lines) - 1))]
        at = draw(st.integers(0, len(line)))
        line[at : at + draw(st.integers(0, 1))] = draw(st.lists(st.sampled_from(ODD), max_size=2))
    text = ""
    for line in lines:
        text += before
        for i, word in enumerate(line):
            text += (draw(st.sampled_from(between)) if i else "") + word
        text += behind + draw(st.sampled_from(ends))
    return text.encode("latin-1"), dialect


class TestBothWaysAgree:
    @attacked
    @given(tables())
    def test_on_tables_with_odd_things(self, table: tuple[bytes, Dialect | None]) -> None:
        content, dialect = table
        assert outcome(content, dialect, fast=True) == outcome(content, dialect, fast=False)

    @attacked
    @given(
        st.text(alphabet="0123456789.,;-+eE \t\r\n\"'#()_nainf\x0b\x1f", max_size=60),
        st.sampled_from(DIALECTS),
    )
    def test_on_what_looks_nearly_like_one(self, text: str, dialect: Dialect | None) -> None:
        content = text.encode()
        assert outcome(content, dialect, fast=True) == outcome(content, dialect, fast=False)

    @pytest.mark.parametrize("odd", ODD)
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_on_each_odd_thing_alone(self, odd: str, dialect: Dialect | None) -> None:
        delimiter = dialect.delimiter if dialect is not None else " "
        good = delimiter.join("123") + "\n"
        for words in ([odd, "2", "3"], ["1", odd, "3"], ["1", "2", odd]):
            for end in ("\n", "\r\n", delimiter + "\n"):
                content = (good + delimiter.join(words) + end + good).encode("latin-1")
                assert outcome(content, dialect, fast=True) == outcome(content, dialect, fast=False)
                content = (delimiter.join(words) + end).encode("latin-1")
                assert outcome(content, dialect, fast=True) == outcome(content, dialect, fast=False)

    def test_where_the_lines_change_or_the_wanted_ones_end(self) -> None:
        content = b"1 2 3\n" * 50 + b"\n4 5\n\n" + b"6 7 8 9\n" * 50
        for count in (17, 50, 51, 52, 75, 101, 102):
            assert outcome(content, None, fast=True, count=count) == outcome(
                content, None, fast=False, count=count
            )

    def test_across_many_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("fewpoints.annotations.scans.readers.text.BLOCK_BYTES", 37)
        rows = [b"%d.%d %d -%de-3" % (i, i, i * 7, i) for i in range(200)]
        content = b"\n".join(rows)
        assert outcome(content, None, fast=True) == outcome(content, None, fast=False)
        for at in (10, 100, 199):
            broken = b"\n".join([*rows[:at], b"1 x 3", *rows[at + 1 :]])
            assert outcome(broken, None, fast=True) == f"scan, line {at + 5}: 'x' is not a number."


@pytest.mark.parametrize(
    ("delimiter", "content"),
    [
        (" ", b"1 2.5 -3e-5\n+4 .5 6.\n"),
        (" ", b"1 2 3\r\n4 5 6\r\n"),
        (" ", b"   1   2   3\n  40  50  60\n"),
        (" ", b"1 2 3\n  40  50  60\n"),
        (" ", b"1 2 3 \n4 5 6 \n"),
        (" ", b"  1  2  3 \r\n  4  5  6 \r\n"),
        (" ", b"1   2   3   \n40  50  60  \n"),
        (" ", b"1\t2 \t3\n4\t5\t6\n"),
        (",", b"1,2,3\n4,5,6\n"),
        (",", b"1, 2, 3\n4,  5, 6\n"),
        (",", b"1,2,3,\n4,5,6,\n"),
        (";", b"1;2;3;\r\n4;5;6;\r\n"),
        ("\t", b"1\t2\t3\nnan\tinf\t-inf\n"),
    ],
)
def test_the_common_spellings_are_read_the_fast_way(delimiter: str, content: bytes) -> None:
    found = text_arrow.parse_even(content, delimiter.encode(), 3)
    assert found is not None
    trimmed = content.replace(delimiter.encode() + b"\r\n", b"\n").replace(
        delimiter.encode() + b"\n", b"\n"
    )
    np.testing.assert_array_equal(found, slow_table(trimmed, delimiter=delimiter))


@pytest.mark.parametrize("delimiter", [" ", ",", "\t"])
@pytest.mark.parametrize("word", ["NA", "na", "N/A", "n/a", "#N/A", "NULL", "null"])
def test_what_is_missing_is_read_the_fast_way(delimiter: str, word: str) -> None:
    content = delimiter.join(["1", word, f"3\n{word}", "5", "6\n"]).encode()
    found = text_arrow.parse_even(content, delimiter.encode(), 3, missing=True)
    assert found is not None
    np.testing.assert_array_equal(found, [[1, np.nan, 3], [np.nan, 5, 6]])
    assert text_arrow.parse_even(content, b" ", 3) is None


def test_what_is_left_out_is_read_the_fast_way() -> None:
    found = text_arrow.parse_even(b"1,2,\n,5,6\n", b",", 3)
    assert found is not None
    np.testing.assert_array_equal(found, [[1, 2, np.nan], [np.nan, 5, 6]])


@pytest.mark.parametrize("form", ["%.3f %.3f %.3f %d", "%14.6f%14.6f%14.6f%5d", "%r\t%r\t%r\t%d "])
def test_a_larger_file_is_read_to_the_last_bit(tmp_path: Path, form: str) -> None:
    rng = np.random.default_rng(4)
    rows = [(*map(float, rng.normal(0, 1e4, 3)), int(rng.integers(0, 9))) for _ in range(9000)]
    content = b"x y z label\n" + "".join(form % row + "\n" for row in rows).encode()
    assert len(content) > 2 * text_arrow.LEAST_BYTES
    path = tmp_path / "scan.txt"
    path.write_bytes(content)
    expected = slow_table(content, skip=1)
    scan = read_scan(path)
    assert scan.positions.tolist() == [row[:3] for row in expected]
    assert scan.labels["label"].tolist() == [row[3] for row in expected]


def test_the_first_of_two_problems_is_told(tmp_path: Path) -> None:
    path = tmp_path / "scan.txt"
    path.write_bytes(b"1 2 3\n" * 200_000 + b"1 2\n" + b"1 2 3\n" * 200_000 + b"7 " * 9_000_000)
    with pytest.raises(UnreadableScan, match="line 200001: 2 values"):
        read_scan(path)


def test_lines_that_grow_longer_or_shorter_than_the_first_ones(tmp_path: Path) -> None:
    path = tmp_path / "scan.txt"
    for few, many in ((b"1 2 3\n", b"1.000000 2.000000 3.000000\n"),):
        for first, then in ((few, many), (many, few)):
            path.write_bytes(first * 30_000 + then * 30_000)
            positions = read_scan(path).positions
            assert positions.tolist() == [[1, 2, 3]] * 60_000
            assert positions.base is None
