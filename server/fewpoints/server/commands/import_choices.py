# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Options of the command line that decide how files are imported."""

from __future__ import annotations

from typing import Annotated

import typer

from fewpoints.annotations.scans.import_options import UP_AXES, Fixes, ImportOptions
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


def import_options(
    *, unit: str | None, up: str | None, drop_duplicates: bool, thin_to: float | None
) -> ImportOptions:
    """The options of an import.

    Raises:
        InvalidImportOptions: a value is not possible; the sentence lists those that are.
    """
    signed = f"+{up}" if up in ("x", "y", "z") else up
    return ImportOptions(Fixes(unit, signed, drop_duplicates, thin_to))
