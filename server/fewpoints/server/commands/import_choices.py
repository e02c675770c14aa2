# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Options of the command line that decide how files are imported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.import_options import UP_AXES, Fixes, ImportOptions
from fewpoints.annotations.scans.readers.text_layout import (
    DECIMALS,
    DELIMITERS,
    ROLES,
    TextLayout,
)
from fewpoints.annotations.scans.readers.text_table import detect_text
from fewpoints.annotations.scans.units import METRES

UnitOption = Annotated[
    str | None,
    typer.Option(
        help=f"Unit of the file, made metres: {', '.join(METRES)}. Default: left as it is."
    ),
]
UpOption = Annotated[
    str | None,
    typer.Option(
        help=f"What is up in the file, made z: {', '.join(UP_AXES)}. Default: left as it is."
    ),
]
DropDuplicatesOption = Annotated[
    bool, typer.Option(help="Leave out points with exactly the coordinates of an earlier one.")
]
ThinToOption = Annotated[
    float | None,
    typer.Option(
        help="Keep one point per cube with this edge: metres with --unit, else file units."
    ),
]
UnalignedOption = Annotated[
    bool,
    typer.Option(
        "--unaligned",
        help="Leave points as they lie in the file, where a scene says how to align it.",
    ),
]

ColumnsOption = Annotated[
    str | None,
    typer.Option(
        help=f"Text files: what the columns are, such as x,y,z,r,g,b; of {', '.join(ROLES)}. "
        "Default: detected, as all of the layout."
    ),
]
DelimiterOption = Annotated[
    str | None, typer.Option(help=f"Text files: between columns; one of {', '.join(DELIMITERS)}.")
]
DecimalOption = Annotated[
    str | None, typer.Option(help=f"Text files: decimal mark; one of {', '.join(DECIMALS)}.")
]
SkipLinesOption = Annotated[
    int | None, typer.Option(help="Text files: lines before the first point.")
]
MemberOption = Annotated[
    str | None,
    typer.Option(help="Archives and folders: the scan in it, by its path. Default: the only one."),
]


def with_text_layout(
    options: ImportOptions,
    path: Path,
    *,
    columns: str | None,
    delimiter: str | None,
    decimal: str | None,
    skip_lines: int | None,
) -> ImportOptions:
    """The options for one text file; what is not said of its layout is detected.

    Raises:
        InvalidTextLayout: what is said contradicts itself.
        UnreadableScan: it does not say what columns are, and that cannot be detected.
    """
    if columns is None and delimiter is None and decimal is None and skip_lines is None:
        return options
    roles = None if columns is None else tuple(word.strip() for word in columns.split(","))
    try:
        base = detect_text(path, name=path.name)
    except UnreadableScan:
        if roles is None:
            raise
        base = TextLayout(("x", "y", "z"))
    known = roles or base.columns
    layout = TextLayout(
        columns=known,
        delimiter=delimiter or base.delimiter,
        decimal=decimal or base.decimal,
        skip=base.skip if skip_lines is None else skip_lines,
        names=base.names if len(base.names) == len(known) else (),
    )
    return replace(options, text=layout)


def import_options(
    *,
    unit: str | None,
    up: str | None,
    drop_duplicates: bool,
    thin_to: float | None,
    unaligned: bool,
) -> ImportOptions:
    """The options of an import.

    Raises:
        InvalidImportOptions: a value is not possible; the sentence lists those that are.
    """
    signed = f"+{up}" if up in ("x", "y", "z") else up
    return ImportOptions(Fixes(unit, signed, drop_duplicates, thin_to, unaligned))
