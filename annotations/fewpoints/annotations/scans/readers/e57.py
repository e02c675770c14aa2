# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""E57 through libE57Format (pye57), after a check of the description of our own.

Stations follow each other in the order of the file, their points in the frame of the file: each
station's pose is applied, to normals as well. Row i is the i-th point of the file; points whose
position the scanner marked as invalid (a direction alone, or nothing) keep their row and are NaN.
With several stations, the label field `station` says from which one a point is, from 1 on.

Colours are taken by the declared limits, unless no value is above 255. Intensities stay as they
are: what is declared as their limits is the range of the data as often as that of the scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import AnyArray, FloatArray64, UInt8Array
from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.e57_header import (
    E57Field,
    E57Header,
    Station,
    read_header,
)
from fewpoints.annotations.scans.readers.fields import (
    FRACTIONS_TO,
    ScanParts,
    build_scan,
    looks_like_label,
)
from fewpoints.annotations.scans.scan import Field, PointScan

BLOCK_POINTS = 1 << 17
_CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
_SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
_COLOUR = ("colorRed", "colorGreen", "colorBlue")
_NORMAL = ("normalX", "normalY", "normalZ")


def read_e57(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read all stations of an E57 file; `name` is what messages call it.

    Raises UnreadableScan naming the station.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = read_header(file, size, name)
    stations = [station for station in header.stations if station.points]
    for station in stations:
        _position_fields(station, name)
    library = _library(name)
    start = 0
    with _decoded(name, "its XML description"):  # Its checksums, too.
        image = library.ImageFile(str(path), "r")
    try:
        if not stations:
            raise UnreadableScan(name, "the file is well formed but holds no points.")
        merged = _Columns(stations)
        with _decoded(name, "its XML description"):
            nodes = image.root()["data3D"]
        for station in stations:
            with _decoded(name, f"station {station.number}"):
                node = nodes[station.number - 1]["points"]
            for block in _blocks(library, image, node, station, name):
                merged.put(start, station, block)
                start += len(block["position"][0])
                progress(start / merged.count, "Reading points")
            merged.finish_station(station)
    finally:
        image.close()
    return build_scan(
        name,
        merged.parts(),
        fields=_fields(stations),
        source_format="e57",
        details=_details(header),
        notes=merged.notes,
    )


def _library(name: str) -> Any:  # Any: it has no types.
    try:
        from pye57 import libe57
    except ImportError as error:
        raise UnsupportedFormat(
            f"{name}: reading E57 needs pye57, of which there is none for this machine. Convert "
            f"the file to LAS or PLY."
        ) from error
    return libe57


@contextmanager
def _decoded(name: str, where: str) -> Iterator[None]:
    """Turn whatever the library raises on damaged data into one sentence."""
    try:
        yield
    except (UnreadableScan, MemoryError):
        raise
    except Exception as error:
        said = str(error).partition("****")[0]  # What follows is for developers.
        text = ascii(" ".join(said.split())[:120])[1:-1] or type(error).__name__
        problem = f"it cannot be decoded ({text})."
        raise UnreadableScan(name, problem, where=where) from error


def _position_fields(station: Station, name: str) -> tuple[str, str, str]:
    for group in (_CARTESIAN, _SPHERICAL):
        if all(part in station.fields for part in group):
            return group
    have = ", ".join(station.fields)[:200] or "no fields at all"
    raise UnreadableScan(
        name,
        f"its points have neither three Cartesian nor three spherical coordinates; they have "
        f"{have}.",
        where=f"station {station.number}",
    )


def _normal_fields(station: Station) -> list[str]:
    """The names of the extension for normals, whatever its prefix."""
    by_local = {field.rpartition(":")[2]: field for field in station.fields if ":" in field}
    return [by_local[part] for part in _NORMAL if part in by_local]


def _label_fields(station: Station) -> list[str]:
    return [
        name
        for name, field in station.fields.items()
        if field.type == "integer" and looks_like_label(name.rpartition(":")[2])
    ]


def _buffer_type(field: E57Field, *, colour: bool = False) -> str:
    if colour and field.minimum >= 0 and field.maximum <= 255 and field.type == "integer":
        return "B"
    return "d"


def _blocks(
    library: Any, image: Any, node: Any, station: Station, name: str
) -> Iterator[dict[str, Any]]:
    """Yield blocks of a station's points, by role, in the frame of the station.

    The arrays are views of buffers: used before the next block is asked for.
    """
    where = f"station {station.number}"
    position = _position_fields(station, name)
    state = "cartesianInvalidState" if position == _CARTESIAN else "sphericalInvalidState"
    normals = _normal_fields(station)
    wanted = [*position, *(part for part in _COLOUR if part in station.fields)]
    wanted += [*normals, *_label_fields(station)]
    flags = (state, "intensity", "isIntensityInvalid", "isColorInvalid")
    wanted += [part for part in flags if part in station.fields]
    capacity = min(BLOCK_POINTS, station.points)
    arrays: dict[str, AnyArray] = {}
    buffers = library.VectorSourceDestBuffer()
    with _decoded(name, where):
        for part in wanted:
            arrays[part] = np.zeros(
                capacity, _buffer_type(station.fields[part], colour=part in _COLOUR)
            )
            # True, True: convert to the type of the array, and apply scale and offset.
            buffers.append(
                library.SourceDestBuffer(image, part, arrays[part], capacity, True, True)
            )
        reader = node.reader(buffers)
    done = 0
    try:
        while True:
            with _decoded(name, f"{where}, point {done:,} or one of the {capacity:,} after it"):
                count = reader.read()
            if count == 0:
                break
            if done + count > station.points:
                raise UnreadableScan(
                    name, f"it holds more than the {station.points:,} points promised.", where=where
                )
            done += count
            yield _by_role({part: values[:count] for part, values in arrays.items()}, position)
    finally:
        with _decoded(name, where):
            reader.close()
    if done != station.points:
        raise UnreadableScan(
            name, f"it holds {done:,} of {station.points:,} points: it is truncated.", where=where
        )


def _by_role(columns: Mapping[str, AnyArray], position: tuple[str, str, str]) -> dict[str, Any]:
    first, second, third = (columns[part] for part in position)
    state = columns.get("cartesianInvalidState")
    if position == _SPHERICAL:
        state = columns.get("sphericalInvalidState")
        with np.errstate(over="ignore", invalid="ignore"):
            distance, azimuth, elevation = first, second, third
            level = distance * np.cos(elevation)
            first, second = level * np.cos(azimuth), level * np.sin(azimuth)
            third = distance * np.sin(elevation)
    return {"position": (first, second, third), "invalid": state, "columns": columns}


class _Columns:
    """The columns of all stations, filled block by block."""

    def __init__(self, stations: list[Station]) -> None:
        self.count = sum(station.points for station in stations)
        self.notes = [station.note for station in stations if station.note is not None]
        self._positions: FloatArray64 = np.empty((self.count, 3), np.float64)
        have = [set(station.fields) for station in stations]
        self._colours: UInt8Array | None = None
        if any(set(_COLOUR) <= fields for fields in have):
            self._colours = np.zeros((self.count, 3), np.uint8)
            without = sum(not set(_COLOUR) <= fields for fields in have)
            if without:
                self.notes.append(
                    f"{without} of {len(have)} stations have no colours: black there."
                )
        self._intensity: AnyArray | None = None
        if any("intensity" in fields for fields in have):
            self._intensity = np.zeros(self.count, np.float32)
        self._normals: AnyArray | None = None
        if any(len(_normal_fields(station)) == 3 for station in stations):
            self._normals = np.zeros((self.count, 3), np.float32)
        self._labels: dict[str, AnyArray] = {
            label: np.full(self.count, -1, np.float64)
            for label in dict.fromkeys(x for station in stations for x in _label_fields(station))
        }
        self._stations = np.empty(self.count, np.int32) if len(stations) > 1 else None
        limits = [station.limits["intensity"] for station in stations]
        tops = [pair[1] for pair in limits if pair is not None]
        if tops and max(tops) > 10 * max(min(tops), 0):
            self.notes.append(
                f"Stations have intensities of different scales: up to {min(tops):.4g}, and up to "
                f"{max(tops):.4g}."
            )
        self._raw_colours: list[AnyArray] | None = None
        self._station_start = 0

    def put(self, start: int, station: Station, block: Mapping[str, Any]) -> None:
        """Store a block whose first point is row `start`."""
        columns = block["columns"]
        rows = slice(start, start + len(block["position"][0]))
        self._put_positions(rows, station, block)
        if self._stations is not None:
            self._stations[rows] = station.number
        if self._intensity is not None and "intensity" in columns:
            with np.errstate(over="ignore", invalid="ignore"):
                self._intensity[rows] = columns["intensity"]
            if "isIntensityInvalid" in columns:
                self._intensity[rows][columns["isIntensityInvalid"] != 0] = 0
        if self._colours is not None and set(_COLOUR) <= set(columns):
            self._put_colours(start, station, columns)
        normals = _normal_fields(station)
        if self._normals is not None and len(normals) == 3:
            rotation = station.file_from_station[:3, :3]
            with np.errstate(over="ignore", invalid="ignore"):
                for axis in range(3):
                    self._normals[rows, axis] = sum(
                        rotation[axis, i] * columns[part] for i, part in enumerate(normals)
                    )
        for label, values in self._labels.items():
            if label in columns:
                values[rows] = columns[label]

    def _put_positions(self, rows: slice, station: Station, block: Mapping[str, Any]) -> None:
        pose = station.file_from_station
        moved = self._positions[rows]
        with np.errstate(over="ignore", invalid="ignore"):
            for axis in range(3):
                # Sums of products with 0 and 1 are exact: a station without a rotation keeps its
                # numbers. Infinity times 0 is NaN, which is not finite either.
                if np.array_equal(pose[axis, :3], np.eye(3)[axis]):
                    moved[:, axis] = block["position"][axis]
                else:
                    np.multiply(block["position"][0], pose[axis, 0], out=moved[:, axis])
                    moved[:, axis] += block["position"][1] * pose[axis, 1]
                    moved[:, axis] += block["position"][2] * pose[axis, 2]
                if pose[axis, 3]:
                    moved[:, axis] += pose[axis, 3]
        if block["invalid"] is not None:
            moved[block["invalid"] != 0] = np.nan

    def _put_colours(self, start: int, station: Station, columns: Mapping[str, AnyArray]) -> None:
        """Bytes go where they belong; wider values wait until the station's largest is known."""
        assert self._colours is not None
        rows = slice(start, start + len(columns[_COLOUR[0]]))
        if all(columns[part].dtype == np.uint8 for part in _COLOUR):
            for axis, part in enumerate(_COLOUR):
                self._colours[rows, axis] = columns[part]
        else:
            if self._raw_colours is None:
                self._station_start = start
                self._raw_colours = [np.empty(station.points, np.float32) for _ in _COLOUR]
            inside = slice(rows.start - self._station_start, rows.stop - self._station_start)
            with np.errstate(over="ignore", invalid="ignore"):
                for column, part in zip(self._raw_colours, _COLOUR, strict=True):
                    column[inside] = columns[part]
                    if "isColorInvalid" in columns:
                        column[inside][columns["isColorInvalid"] != 0] = 0
            return
        if "isColorInvalid" in columns:
            self._colours[rows][columns["isColorInvalid"] != 0] = 0

    def finish_station(self, station: Station) -> None:
        """Bring a station's colours to 0-255, once all of them are there."""
        raw, self._raw_colours = self._raw_colours, None
        if raw is None or self._colours is None:
            return
        peak = max(float(np.max(c, initial=0, where=np.isfinite(c))) for c in raw)
        limits = station.limits["color"]
        declared = limits[1] if limits is not None else station.fields[_COLOUR[0]].maximum
        floats = station.fields[_COLOUR[0]].type.startswith("float")
        full = full_colour(peak, declared, floats=floats)
        for axis, column in enumerate(raw):
            column *= 255.0 / full
            column[~np.isfinite(column)] = 0
            np.clip(np.rint(column, out=column), 0, 255, out=column)
            place = slice(self._station_start, self._station_start + station.points)
            self._colours[place, axis] = column

    def parts(self) -> ScanParts:
        """All columns, by role."""
        labels: dict[str, AnyArray] = dict(self._labels)
        if self._stations is not None:
            labels["station"] = self._stations
        return ScanParts(
            positions=self._positions,
            colours=None if self._colours is None else list(self._colours.T),
            normals=None if self._normals is None else list(self._normals.T),
            intensity=self._intensity,
            labels=labels,
        )


def full_colour(peak: float, declared: float, *, floats: bool) -> float:
    """The value that is full brightness, from the largest there is and the declared largest.

    Declared limits are often those of the data and not those of the scale, so the scale is the
    smallest usual one that holds them.
    """
    largest = max(peak, declared if np.isfinite(declared) else 0.0)
    if floats and largest <= FRACTIONS_TO:
        return 1.0
    if peak <= 255.0:
        return 255.0
    return next((top for top in (1023.0, 4095.0, 16383.0, 65535.0) if largest <= top), peak)


def _fields(stations: list[Station]) -> list[Field]:
    """Every field of any station, in the order in which they first appear."""
    found: dict[str, Field] = {}
    for station in stations:
        for name, field in station.fields.items():
            found.setdefault(name, Field(name, field.type))
    return list(found.values())


def _details(header: E57Header) -> dict[str, str]:
    names = [station.name for station in header.stations if station.name]
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    count = f"{len(header.stations)} ({shown})" if names else str(len(header.stations))
    details = {"version": header.version, "stations": count}
    if header.coordinates:
        details["crs"] = " ".join(header.coordinates.split())[:200]
    return details
