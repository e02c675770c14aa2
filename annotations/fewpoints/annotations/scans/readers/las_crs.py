# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The coordinate system that a LAS file names: only its name and its unit are wanted."""

from __future__ import annotations

import re
import struct
from typing import BinaryIO

from fewpoints.annotations.scans.readers.las_header import Record

_MOST = 1 << 16
# EPSG codes of linear units.
_UNITS = {9001: "metres", 9002: "feet", 9003: "US survey feet"}
_VERTICAL = re.compile(r"\bVERT(?:_|ICAL)?C(?:RS|S)\b", re.IGNORECASE)
# As WKT 1 and both spellings of WKT 2 call them; a geocentric system has lengths, too.
_GEOGRAPHIC = re.compile(r"\bGEO(?:G|D|GRAPHIC|DETIC)C(?:RS|S)\s*\[", re.IGNORECASE)
_LENGTHS = re.compile(r"\b(?:PROJ(?:ECTED)?C(?:RS|S)\s*\[|CS\s*\[\s*Cartesian\b)", re.IGNORECASE)


def describe(file: BinaryIO, records: list[Record]) -> dict[str, str]:
    """Return "crs" (its name) and "unit" as far as the records tell; an empty dict if not at all.

    Unit is "metres", "feet", "US survey feet" or "degrees". What cannot be understood is left out:
    the points do not depend on it.
    """
    out: dict[str, str] = {}
    for record in records:
        if record.user != "LASF_Projection" and record.user != "liblas":
            continue
        file.seek(record.at)
        body = file.read(min(record.size, _MOST))
        if record.number == 2112:
            out = {**_from_wkt(body.split(b"\0")[0].decode("utf-8", "replace")), **out}
        elif record.number == 34735:
            out = {**out, **_from_geo_keys(body)}
        elif record.number == 34737 and "crs" not in out:
            text = body.split(b"|")[0].split(b"\0")[0].decode("latin-1").strip()
            if text:
                out["crs"] = text[:100]
    return out


def _from_wkt(text: str) -> dict[str, str]:
    name = re.match(r'\s*(\w+)\s*\[\s*"([^"]{1,100})"', text)
    if name is None:
        return {}
    out = {"crs": name[2]}
    # Of a compound system the horizontal part, which comes first.
    horizontal = _VERTICAL.split(text)[0]
    if _GEOGRAPHIC.search(horizontal) and not _LENGTHS.search(horizontal):
        out["unit"] = "degrees"
        return out
    # The last unit: earlier ones are the angle and the ellipsoid's length of the geographic base.
    factors = re.findall(r'(?:LENGTH)?UNIT\s*\[\s*"([^"]*)"\s*,\s*([0-9.eE+-]+)', horizontal)
    for unit_name, factor in reversed(factors):
        if "deg" in unit_name.lower():
            continue
        unit = _by_factor(factor)
        if unit:
            out["unit"] = unit
        break
    return out


def _by_factor(text: str) -> str | None:
    try:
        factor = float(text)
    except ValueError:
        return None
    if factor == 1.0:
        return "metres"
    if factor == 0.3048:
        return "feet"
    return "US survey feet" if abs(factor - 1200 / 3937) < 1e-7 else None


def _from_geo_keys(body: bytes) -> dict[str, str]:
    if len(body) < 8:
        return {}
    count = min(struct.unpack_from("<H", body, 6)[0], (len(body) - 8) // 8)
    keys = {}
    for k in range(count):
        key, place, _, value = struct.unpack_from("<4H", body, 8 + 8 * k)
        if place == 0:
            keys[key] = value
    if keys.get(1024) == 2:
        return {"unit": "degrees"}
    unit = _UNITS.get(keys.get(3076, 0))
    return {"unit": unit} if unit else {}
