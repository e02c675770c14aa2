# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a person decided about a file before it is imported, and its form as JSON.

The form is `{"version": 1, "fixes": {...}}`; what is not decided is left out, so that nothing
decided is `{"version": 1}`. It is strict: what is not known is refused, never passed over, as a
decision that has no effect would be worse than none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.printable import printable
from fewpoints.annotations.scans.readers.text_layout import TextLayout
from fewpoints.annotations.scans.units import METRES

VERSION = 1
THINNEST = 1e-6
UP_AXES = ("+x", "-x", "+y", "-y", "+z", "-z")


class InvalidImportOptions(AppError):
    """An option of an import is unknown, or has a value that it cannot have."""

    status = 422
    code = "invalid_import_options"


@dataclass(frozen=True)
class Fixes:
    """Changes to the points of a file, made in this order on import and undone on export.

    Attributes:
        unit: the unit of the file's coordinates, a name of `units.METRES`; they become metres.
            None leaves numbers as they are.
        up: which way is up in the file, one of `UP_AXES`; it becomes +z. None leaves axes as they
            are, and up a guess.
        drop_duplicates: of points with exactly equal coordinates, only the first takes part.
        thin_to: edge of cubes of which only the first point takes part; metres, or the file's unit
            while `unit` is None.
        unaligned: where the file asks for its points to be turned and moved, as ScanNet's
            axisAlignment does, they are not. Otherwise they are, before all else.
    """

    unit: str | None = None
    up: str | None = None
    drop_duplicates: bool = False
    thin_to: float | None = None
    unaligned: bool = False

    def __post_init__(self) -> None:
        if self.unit is not None and self.unit not in METRES:
            raise InvalidImportOptions(
                f'unit "{printable(self.unit[:50])}": use one of {", ".join(METRES)}.'
            )
        if self.up is not None and self.up not in UP_AXES:
            raise InvalidImportOptions(
                f'up "{printable(self.up[:50])}": use one of {", ".join(UP_AXES)}.'
            )
        if self.thin_to is not None and not THINNEST <= self.thin_to <= 1 / THINNEST:
            raise InvalidImportOptions(
                f"thin_to {self.thin_to}: it must be at least {THINNEST:g} and at most "
                f"{1 / THINNEST:g}."
            )

    @classmethod
    def from_json(cls, value: Any) -> Fixes:  # Any: JSON of any shape, verified here.
        """Return what `to_json` gave.

        Raises:
            InvalidImportOptions: anything is unknown or of another type.
        """
        known = _known(value, "fixes", cls)
        return cls(
            unit=_typed(known, "unit", str),
            up=_typed(known, "up", str),
            drop_duplicates=bool(_typed(known, "drop_duplicates", bool)),
            thin_to=_number(known, "thin_to"),
            unaligned=bool(_typed(known, "unaligned", bool)),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what is decided, by name."""
        return _decided(self)


@dataclass(frozen=True)
class ImportOptions:
    """All that is decided about one file; the defaults decide nothing.

    Attributes:
        fixes: changes to its points.
        text: how a text file is a table of points; None leaves it to what is detected.
        member: which of the scans in an archive or a folder; None is the only one.
    """

    fixes: Fixes = Fixes()
    text: TextLayout | None = None
    member: str | None = None

    @classmethod
    def from_json(cls, value: Any) -> ImportOptions:  # Any: JSON of any shape, verified here.
        """Return what `to_json` gave; None is nothing decided.

        Raises:
            InvalidImportOptions: anything is unknown, of another type or of another version.
            InvalidTextLayout: so it is in the layout of a text file.
        """
        if value is None:
            return cls()
        known = _known(value, "options", cls, also=("version",))
        version = known.get("version", VERSION)
        if version != VERSION:
            raise InvalidImportOptions(
                f"Import options of version {version!r:.20} cannot be used; this is version "
                f"{VERSION}."
            )
        text = known.get("text")
        return cls(
            fixes=Fixes.from_json(known.get("fixes", {})),
            text=None if text is None else TextLayout.from_json(text),
            member=_typed(known, "member", str),
        )

    @classmethod
    def parse(cls, text: str) -> ImportOptions:
        """Return the options that a JSON text holds.

        Raises:
            InvalidImportOptions: it is not JSON, or not of this form.
        """
        try:
            return cls.from_json(json.loads(text))
        except (ValueError, RecursionError):
            raise InvalidImportOptions("Import options must be JSON, such as {}.") from None

    def to_json(self) -> dict[str, Any]:
        """Return the form that is stored and sent."""
        return {"version": VERSION, **_decided(self)}


NOTHING = ImportOptions()


def _known(
    value: Any, what: str, kind: type[Any], *, also: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """Return a JSON object that has no other keys than the fields of `kind`."""
    if not isinstance(value, dict):
        raise InvalidImportOptions(f"The {what} of an import must be an object.")
    names = [*(field.name for field in fields(kind)), *also]
    unknown = [printable(str(key)) for key in value if key not in names]
    if unknown:
        raise InvalidImportOptions(
            f'There is no import option "{unknown[0][:100]}" among the {what}; known are '
            f"{', '.join(names)}."
        )
    return value


def _typed(known: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    value = known.get(name)
    if value is not None and not isinstance(value, kind):
        raise InvalidImportOptions(f"{name} must be of the type {kind.__name__}.")
    return value


def _number(known: Mapping[str, Any], name: str) -> float | None:
    value = known.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidImportOptions(f"{name} must be a number.")
    try:
        return float(value)
    except OverflowError:
        raise InvalidImportOptions(f"{name} is too large.") from None


def _decided(options: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults, as JSON."""
    decided = {}
    for field in fields(options):
        value = getattr(options, field.name)
        if value != field.default:
            decided[field.name] = value.to_json() if hasattr(value, "to_json") else value
    return decided
