# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Class lists: names, colours, keys, and the numbers that other tools know a class by.

Indices run from 0 to C - 1. 255 means "no class" in every array of classes, so a list ends at 250.

Colours. `scannet20` and `semantickitti19` keep those of the published figures, which people know.
Every other list draws from `PALETTE`: the first eight are Okabe and Ito's set, which stays apart
under the common forms of colour blindness; the rest are Paul Tol's "muted" and "vibrant" tones,
ordered so that neighbours in the list differ in lightness as well as in hue. No set of more than
about ten colours is safe for everybody: names and keys must always be shown beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import UInt8Array
from fewpoints.annotations.errors import InvalidClasses

UNLABELLED = 255
MAX_CLASSES = 250
MAX_NAME = 64
MAX_DESCRIPTION = 1000
KEYS = "1234567890"
# Space skips a query and U answers "unsure" in the app.
RESERVED_KEYS = frozenset({" ", "u", "U"})
# Of these there is one, or no saying how many.
SHELL = frozenset({"wall", "floor", "ceiling"})

PALETTE = (
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#646464",
    "#332288", "#ddcc77", "#117733", "#88ccee", "#882255", "#44aa99", "#ee3377", "#999933",
    "#33bbee", "#aa4499", "#bbcc33", "#66332b",
)  # fmt: skip

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class LabelClass:
    """One category.

    `key` is the one character that answers with it; `instanceable` whether its objects can be told
    apart (a chair can, a wall cannot); `external_id` its number in a published scheme (NYU40 in
    `scannet20`, that of CSC's S3DIS files in `s3dis13`, that of the label files in
    `semantickitti19`, the LAS classification in `las_airborne`); `parent` the group it is listed
    under, such as "furniture".
    """

    index: int
    name: str
    color: str
    key: str | None = None
    instanceable: bool = True
    external_id: int | None = None
    parent: str | None = None
    description: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The class as JSON shows it; the values are str, int, bool or None."""
        return asdict(self)

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Red, green, blue, 0-255."""
        return int(self.color[1:3], 16), int(self.color[3:5], 16), int(self.color[5:7], 16)


class ClassList(Sequence[LabelClass]):
    """A valid list of classes. Raises InvalidClasses otherwise, naming the class and the rule."""

    def __init__(self, classes: Sequence[LabelClass]) -> None:
        _check(classes)
        self._classes = tuple(classes)
        self._by_name = {c.name.casefold(): c for c in self._classes}

    @classmethod
    def from_names(cls, names: Sequence[str]) -> ClassList:
        """Classes with colours of the palette and the keys 1 to 9, 0 for the first ten.

        Objects of all are told apart, but for those named like a part of the building's shell.
        """
        shell = {name for name in names if name.strip().casefold() in SHELL}
        return cls.from_dicts([{"name": n, "instanceable": n not in shell} for n in names])

    @classmethod
    def from_dicts(cls, entries: Sequence[Mapping[str, Any]]) -> ClassList:
        """Classes from JSON objects; only `name` is needed, the index is the place in the list.

        A missing colour comes from the palette. Keys are given out only if no entry mentions one.
        """
        if len(entries) > MAX_CLASSES:
            raise InvalidClasses(f"{len(entries)} classes; at most {MAX_CLASSES} are possible.")
        give_keys = not any("key" in entry for entry in entries)
        return cls([_from_dict(i, entry, give_keys=give_keys) for i, entry in enumerate(entries)])

    def __len__(self) -> int:
        return len(self._classes)

    def __iter__(self) -> Iterator[LabelClass]:
        return iter(self._classes)

    # Slices give tuples, as a part of a list need not be a valid list.
    def __getitem__(self, index: Any) -> Any:
        return self._classes[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClassList) and self._classes == other._classes

    def __hash__(self) -> int:
        return hash(self._classes)

    def __repr__(self) -> str:
        return f"ClassList({', '.join(self.names)})"

    @property
    def names(self) -> list[str]:
        """Names in index order."""
        return [c.name for c in self._classes]

    def find(self, name: str) -> LabelClass | None:
        """The class of this name, whatever its case and outer blanks."""
        return self._by_name.get(name.strip().casefold())

    def to_dicts(self) -> list[dict[str, Any]]:
        """All classes as JSON shows them."""
        return [c.to_dict() for c in self._classes]

    def color_table(self) -> UInt8Array:
        """(256, 3) RGB by class index; indices without a class, and 255, are mid grey."""
        table = np.full((256, 3), 128, np.uint8)
        for c in self._classes:
            table[c.index] = c.rgb
        return table


@dataclass(frozen=True)
class Preset:
    """A ready class list."""

    name: str
    title: str
    classes: ClassList


def _from_dict(index: int, entry: Mapping[str, Any], *, give_keys: bool) -> LabelClass:
    place = f"Class {index + 1}"
    unknown = set(entry) - set(LabelClass.__dataclass_fields__)
    if unknown:
        raise InvalidClasses(
            f"{place} has unknown entries: {', '.join(sorted(map(str, unknown)))}."
        )
    name = entry.get("name")
    if not isinstance(name, str):
        raise InvalidClasses(f"{place} has no name.")
    key = KEYS[index] if give_keys and index < len(KEYS) else entry.get("key")
    color = entry.get("color") or PALETTE[index % len(PALETTE)]
    external_id = entry.get("external_id")
    instanceable = entry.get("instanceable", True)
    parent = entry.get("parent")
    description = entry.get("description") or ""
    if not (key is None or isinstance(key, str)):
        raise InvalidClasses(f'The key of class "{name}" is not a character.')
    if not isinstance(color, str):
        raise InvalidClasses(f'The colour of class "{name}" is not of the form #rrggbb.')
    if isinstance(external_id, bool) or not (external_id is None or isinstance(external_id, int)):
        raise InvalidClasses(f'The external id of class "{name}" is not a whole number.')
    if not (parent is None or isinstance(parent, str)):
        raise InvalidClasses(f'The parent of class "{name}" is not a text.')
    if not isinstance(instanceable, bool) or not isinstance(description, str):
        raise InvalidClasses(f'Class "{name}": instanceable is true or false, description a text.')
    return LabelClass(
        index=index,
        name=name.strip(),
        color=color.lower(),
        key=key or None,
        instanceable=instanceable,
        external_id=external_id,
        parent=(parent or "").strip() or None,
        description=description.strip(),
    )


def _check(classes: Sequence[LabelClass]) -> None:
    if not classes:
        raise InvalidClasses("A class list needs at least one class.")
    if len(classes) > MAX_CLASSES:
        raise InvalidClasses(f"{len(classes)} classes; at most {MAX_CLASSES} are possible.")
    names: dict[str, int] = {}
    keys: dict[str, str] = {}
    for place, c in enumerate(classes):
        if c.index != place:
            raise InvalidClasses(
                f'Class "{c.name}" has index {c.index} but place {place} in the list.'
            )
        if not c.name.strip() or not c.name.isprintable():
            raise InvalidClasses(f"Class {place + 1} needs a name of printable characters.")
        if len(c.name) > MAX_NAME:
            raise InvalidClasses(
                f'The name "{c.name[:20]}…" has {len(c.name)} characters; at most {MAX_NAME}.'
            )
        folded = c.name.casefold()
        if folded in names:
            raise InvalidClasses(f'Two classes are called "{c.name}".')
        names[folded] = place
        if not _COLOR.fullmatch(c.color):
            raise InvalidClasses(
                f'The colour "{c.color[:20]}" of class "{c.name}" is not of the form #rrggbb.'
            )
        if c.parent is not None and (len(c.parent) > MAX_NAME or not c.parent.isprintable()):
            raise InvalidClasses(
                f'The parent of class "{c.name}" must be at most {MAX_NAME} printable characters.'
            )
        if len(c.description) > MAX_DESCRIPTION:
            raise InvalidClasses(
                f'The description of class "{c.name}" is longer than {MAX_DESCRIPTION} characters.'
            )
        if c.key is None:
            continue
        if len(c.key) != 1 or not c.key.isprintable() or c.key in RESERVED_KEYS:
            raise InvalidClasses(
                f'The key "{c.key[:20]}" of class "{c.name}" must be one character other than '
                f"space and U, which the app uses itself."
            )
        if c.key in keys:
            raise InvalidClasses(f'The key "{c.key}" is given to "{keys[c.key]}" and "{c.name}".')
        keys[c.key] = c.name


def _scannet20() -> ClassList:
    # (NYU40 id, name, colour of ScanNet's figures, instanceable as in its instance benchmark)
    rows = [
        (1, "wall", "#aec7e8", False),
        (2, "floor", "#98df8a", False),
        (3, "cabinet", "#1f77b4", True),
        (4, "bed", "#ffbb78", True),
        (5, "chair", "#bcbd22", True),
        (6, "sofa", "#8c564b", True),
        (7, "table", "#ff9896", True),
        (8, "door", "#d62728", True),
        (9, "window", "#c5b0d5", True),
        (10, "bookshelf", "#9467bd", True),
        (11, "picture", "#c49c94", True),
        (12, "counter", "#17becf", True),
        (14, "desk", "#f7b6d2", True),
        (16, "curtain", "#dbdb8d", True),
        (24, "refrigerator", "#ff7f0e", True),
        (28, "shower curtain", "#9edae5", True),
        (33, "toilet", "#2ca02c", True),
        (34, "sink", "#708090", True),
        (36, "bathtub", "#e377c2", True),
        (39, "otherfurniture", "#5254a3", True),
    ]
    return ClassList.from_dicts(
        [
            {
                "name": name,
                "color": color,
                "key": KEYS[i] if i < len(KEYS) else None,
                "instanceable": instanceable,
                "external_id": nyu40,
            }
            for i, (nyu40, name, color, instanceable) in enumerate(rows)
        ]
    )


def _s3dis13() -> ClassList:
    # (the number CSC's files use: alphabetical, with "stairs" as 10, name, colour)
    rows = [
        (4, "ceiling", "#bbbbbb"),
        (8, "floor", "#ddcc77"),
        (12, "wall", "#88ccee"),
        (1, "beam", "#332288"),
        (6, "column", "#882255"),
        (13, "window", "#56b4e9"),
        (7, "door", "#d55e00"),
        (11, "table", "#009e73"),
        (5, "chair", "#e69f00"),
        (9, "sofa", "#cc79a7"),
        (3, "bookcase", "#0072b2"),
        (2, "board", "#f0e442"),
        (0, "clutter", "#66332b"),
    ]
    return ClassList.from_dicts(
        [
            {
                "name": name,
                "color": color,
                "key": KEYS[i] if i < len(KEYS) else None,
                "instanceable": name not in ("ceiling", "floor", "wall"),
                "external_id": external_id,
            }
            for i, (external_id, name, color) in enumerate(rows)
        ]
    )


def _semantickitti19() -> ClassList:
    # Ids and colours of the data set's published configuration (`semantic-kitti.yaml`, whose
    # colours are blue, green, red); its 19 single-scan classes, in their order.
    rows = [
        (10, "car", "#6496f5", "vehicle"),
        (11, "bicycle", "#64e6f5", "vehicle"),
        (15, "motorcycle", "#1e3c96", "vehicle"),
        (18, "truck", "#501eb4", "vehicle"),
        (20, "other-vehicle", "#0000ff", "vehicle"),
        (30, "person", "#ff1e1e", "human"),
        (31, "bicyclist", "#ff28c8", "human"),
        (32, "motorcyclist", "#961e5a", "human"),
        (40, "road", "#ff00ff", "ground"),
        (44, "parking", "#ff96ff", "ground"),
        (48, "sidewalk", "#4b004b", "ground"),
        (49, "other-ground", "#af004b", "ground"),
        (50, "building", "#ffc800", "structure"),
        (51, "fence", "#ff7832", "structure"),
        (70, "vegetation", "#00af00", "nature"),
        (71, "trunk", "#873c00", "nature"),
        (72, "terrain", "#96f050", "nature"),
        (80, "pole", "#fff096", "object"),
        (81, "traffic-sign", "#ff0000", "object"),
    ]
    return ClassList.from_dicts(
        [
            {
                "name": name,
                "color": color,
                "key": KEYS[i] if i < len(KEYS) else None,
                # "Things" of the data set's panoptic benchmark.
                "instanceable": parent in ("vehicle", "human"),
                "external_id": external_id,
                "parent": parent,
            }
            for i, (external_id, name, color, parent) in enumerate(rows)
        ]
    )


def _las_airborne() -> ClassList:
    # Codes of the ASPRS LAS 1.4 specification, R15, table 17; the standard fixes no colours.
    rows = [
        (2, "ground", "#ddcc77", None),
        (3, "low vegetation", "#bbcc33", "vegetation"),
        (4, "medium vegetation", "#44aa99", "vegetation"),
        (5, "high vegetation", "#117733", "vegetation"),
        (6, "building", "#d55e00", None),
        (9, "water", "#0072b2", None),
        (11, "road surface", "#646464", "transport"),
        (10, "rail", "#882255", "transport"),
        (17, "bridge deck", "#66332b", "transport"),
        (15, "transmission tower", "#332288", "power line"),
        (13, "wire guard", "#aa4499", "power line"),
        (14, "wire conductor", "#cc79a7", "power line"),
        (16, "wire connector", "#ee3377", "power line"),
        (7, "low noise", "#f0e442", "noise"),
        (18, "high noise", "#e69f00", "noise"),
    ]
    single = {"building", "bridge deck", "transmission tower", "high vegetation"}
    return ClassList.from_dicts(
        [
            {
                "name": name,
                "color": color,
                "key": KEYS[i] if i < len(KEYS) else None,
                "instanceable": name in single,
                "external_id": code,
                "parent": parent,
            }
            for i, (code, name, color, parent) in enumerate(rows)
        ]
    )


PRESETS: dict[str, Preset] = {
    "scannet20": Preset("scannet20", "ScanNet, 20 classes of rooms", _scannet20()),
    "s3dis13": Preset("s3dis13", "S3DIS, 13 classes of offices", _s3dis13()),
    "semantickitti19": Preset(
        "semantickitti19", "SemanticKITTI, 19 classes of streets", _semantickitti19()
    ),
    "las_airborne": Preset(
        "las_airborne", "ASPRS LAS, 15 classes of airborne LiDAR", _las_airborne()
    ),
}


def preset(name: str) -> Preset:
    """The preset of this name. Raises InvalidClasses with the known names."""
    if name not in PRESETS:
        raise InvalidClasses(f'There is no preset "{name[:40]}"; known: {", ".join(PRESETS)}.')
    return PRESETS[name]
