# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Even lines of numbers by the CSV parser of Arrow, several times as fast as NumPy's.

It is only asked for what it reads as `text` does: lines of equally many plain numbers. Whatever it
does not accept, or might take for something else, is left to `text`, which names the line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray
from fewpoints.annotations.scans.readers.text_cells import split_quoted

# Below this, loading Arrow takes longer than it saves.
LEAST_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"
_TAB_IS_BLANK = bytes.maketrans(b"\t", b" ")
# Stands for the first blank of a run; Arrow ignores the other ones. No text has it.
_MARK = b"\x1f"
# Other spellings of them, such as "Na", are left to `text`.
_MISSING = ["NA", "na", "N/A", "n/a", "#N/A", "NULL", "null", "Null"]


class WordTable(NamedTuple):
    """Lines of numbers and words.

    numbers: (L, W), NaN in other columns; words: column -> ((L,) places in the list, the words).
    """

    numbers: FloatArray64
    words: Mapping[int, tuple[IndexArray, list[bytes]]]


def parse_even(
    part: bytes, delimiter: bytes, columns: int, *, missing: bool = False
) -> FloatArray64 | None:
    """(L, W) numbers of L lines of W each, or None where `text` must look at them.

    `part`: whole lines; `delimiter`: one character between two of so many `columns`, or b" " for
    any number of blanks between as many as there are; `missing`: "NA" is a NaN. The array is stored
    column by column.
    """
    # "nan(ind)" is one number to Arrow. A byte order mark is nothing to it.
    if b"(" in part or part.startswith(_BOM):
        return None
    # A carriage return is a line end to Arrow wherever it stands.
    lines = part.count(b"\n") if b"\r" in part else None
    first = part[: part.index(b"\n")].rstrip(b"\r")
    if delimiter != b" ":
        fields = first.count(delimiter) + 1
        if fields != columns and (fields != columns + 1 or not first.endswith(delimiter)):
            return None
        return _parse(part, delimiter, columns, fields, lines, ["", *_MISSING])
    if b"\t" in part:
        part = part.translate(_TAB_IS_BLANK)
        first = first.translate(_TAB_IS_BLANK)
    width = len(first.split())
    if width == 0:
        return None
    fields = width + first.endswith(b" ")
    nulls = _MISSING if missing else []
    if b"  " not in first and not first.startswith(b" "):
        table = _parse(part, delimiter, width, fields, lines, nulls)
        if table is not None:
            return table
    if _MARK in part:
        return None
    return _parse(_marked(part), _MARK, width, fields, lines, nulls)


def _parse(
    part: bytes,
    delimiter: bytes,
    width: int,
    fields: int,
    lines: int | None,
    nulls: Sequence[str],
) -> FloatArray64 | None:
    """The numbers of lines with `width` of them in so many `fields`, the last one perhaps blank.

    `lines`: how many lines there are; None if Arrow cannot take a line for two. `nulls`: what is a
    missing number, of which a line has not only such.
    """
    found = _read(
        part,
        delimiter,
        fields,
        numbers=range(width),
        strings=range(width, fields),
        nulls=nulls,
    )
    if found is None or (lines is not None and found.num_rows != lines):
        return None
    columns = found.columns[:width]
    if fields > width and not _blank(found.columns[width]):
        return None
    if all(column.null_count for column in columns):
        nothing = [column.is_null().to_numpy() for column in columns]
        if np.logical_and.reduce(nothing).any():  # Perhaps a line of nothing.
            return None
    out = np.empty((len(columns), found.num_rows), np.float64)
    for row, column in zip(out, columns, strict=True):
        row[:] = column.to_numpy()  # What is missing is NaN.
    return out.T


def parse_words(
    part: bytes,
    delimiter: str,
    decimal: str,
    columns: int,
    numbers: Sequence[int],
    words: Sequence[int],
    axes: Sequence[int],
) -> WordTable | None:
    """The `numbers` and `words` of lines with so many `columns`; None where `text_words` must look.

    `axes`: the columns of coordinates, one of which every line has.
    """
    if part.startswith(_BOM) or b"\0" in part or (b"(" in part and b"nan(" in part.lower()):
        return None
    quoted = delimiter != " " and b'"' in part
    first = part[: part.index(b"\n")].rstrip(b"\r").decode("latin-1")
    mark = delimiter.encode()
    if delimiter == " ":
        part = part.translate(_TAB_IS_BLANK)
        first = first.replace("\t", " ")
        if _MARK in part or len(first.encode("latin-1").split()) != columns:
            return None
        fields = columns + first.endswith(" ")
        # What follows the last blank of a line would be a word, of nothing.
        if fields == columns and (b" \n" in part or b" \r" in part):
            return None
        part, mark = _marked(part), _MARK
    else:
        cells = split_quoted(first, delimiter)
        last = part[part.rfind(b"\n", 0, -1) + 1 : -1].decode("latin-1")
        # A quote that ends behind these lines would look as if it ended with them.
        if cells is None or split_quoted(last, delimiter) is None:
            return None
        # A carriage return could make up for a line end in quotes.
        if quoted and part.count(b"\r") != part.count(b"\r\n"):
            return None
        fields = len(cells)
        if fields != columns and (fields != columns + 1 or cells[-1].strip(" \t\r")):
            return None
    found = _read(
        part,
        mark,
        fields,
        numbers=numbers,
        words=words,
        strings=range(columns, fields),
        nulls=["", *_MISSING],
        quoted=quoted,
        decimal=decimal,
    )
    if found is None or found.num_rows != part.count(b"\n"):
        return None
    if fields > columns and not _blank(found.columns[-1]):
        return None
    out = np.full((columns, found.num_rows), np.nan)
    for i in numbers:
        out[i] = found.column(str(i)).to_numpy()  # What is missing is NaN.
    missing = [found.column(str(i)).is_null().to_numpy() for i in axes]
    if np.logical_and.reduce(missing).any():  # Perhaps a line of nothing.
        return None
    coded = {}
    for i in words:
        column = found.column(str(i)).combine_chunks()
        distinct = column.dictionary.to_pylist()
        coded[i] = column.indices.to_numpy(zero_copy_only=False), distinct
    return WordTable(out.T, coded)


# Any: pyarrow has no types.
def _read(
    part: bytes,
    delimiter: bytes,
    fields: int,
    *,
    numbers: Sequence[int],
    words: Sequence[int] = (),
    strings: Sequence[int] = (),
    nulls: Sequence[str],
    quoted: bool = False,
    decimal: str = ".",
) -> Any | None:
    """A table of these columns, named by their numbers; None if Arrow cannot read it."""
    try:
        import pyarrow as pa  # Tens of megabytes, and most files are read without it.
        from pyarrow import csv
    except ImportError:  # There is no room for it.
        return None
    types = {str(i): pa.float64() for i in numbers}
    types |= {str(i): pa.dictionary(pa.int32(), pa.binary()) for i in words}
    types |= {str(i): pa.string() for i in strings}
    try:
        return csv.read_csv(
            pa.BufferReader(part),
            csv.ReadOptions(
                use_threads=False,
                block_size=len(part) + 1,
                column_names=[str(i) for i in range(fields)],
            ),
            csv.ParseOptions(
                delimiter=delimiter.decode(),
                quote_char='"' if quoted else False,
                ignore_empty_lines=False,
            ),
            csv.ConvertOptions(
                column_types=types,
                null_values=nulls,
                check_utf8=False,
                include_columns=list(types),
                decimal_point=decimal,
            ),
            # The default one reserves more address space than a reading process has.
            memory_pool=pa.system_memory_pool(),
        )
    except (pa.ArrowInvalid, SystemError):
        return None


# Any: a column of Arrow's.
def _blank(column: Any) -> bool:
    from pyarrow import compute

    behind = compute.ascii_trim_whitespace(column)
    return not compute.any(compute.not_equal(behind, "")).as_py()


def _marked(part: bytes) -> bytes:
    """The lines with the first blank behind each number marked."""
    data = np.frombuffer(part, np.uint8)
    ends = data[1:] == ord(" ")
    ends &= data[:-1] > ord(" ")
    out = data.copy()
    out[1:] -= ends.view(np.uint8)
    return out.tobytes()
