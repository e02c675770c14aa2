# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Published numberings of classes: what a number means, whatever the class list is.

Sources: the NYU Depth V2 list of 40 classes as ScanNet uses it; `semantic-kitti.yaml`, which also
says how its classes merge into the 19 of the benchmark; the ASPRS LAS 1.4 specification, R15.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fewpoints.annotations.classes import ClassList


@dataclass(frozen=True)
class Scheme:
    """A numbering.

    names: number -> the thing's names, that of the source first, then what it may count as.
    """

    key: str
    title: str
    names: Mapping[int, Sequence[str]]

    def name_of(self, value: int) -> str:
        """What a number is called in the source; empty for numbers it does not have."""
        return next(iter(self.names.get(value, ())), "")

    def class_of(self, value: int, classes: ClassList) -> int | None:
        """The index of the class that a number is, by name; None where no class is called so."""
        return class_called(self.names.get(value, ()), classes)


def plain_name(name: str) -> str:
    """A name as names are compared: letters and digits alone, one thing rather than several."""
    text = re.sub(r"[^\w]|_", "", name.casefold())
    text = {"refridgerator": "refrigerator", "couch": "sofa"}.get(text, text)
    return text[:-1] if len(text) > 3 and text.endswith("s") and not text.endswith("ss") else text


def class_called(names: Sequence[str], classes: ClassList) -> int | None:
    """The index of the class that has the first of `names` that any class has."""
    by_name = {plain_name(c.name): c.index for c in reversed(list(classes))}
    return next((by_name[plain_name(n)] for n in names if plain_name(n) in by_name), None)


def _numbered(names: str) -> dict[int, tuple[str, ...]]:
    return {number: (name.strip(),) for number, name in enumerate(names.split(","))}


NYU40 = Scheme(
    "nyu40",
    "NYU40",
    {
        **_numbered(
            "unannotated, wall, floor, cabinet, bed, chair, sofa, table, door, window, bookshelf,"
            "picture, counter, blinds, desk, shelves, curtain, dresser, pillow, mirror, floor mat,"
            "clothes, ceiling, books, refrigerator, television, paper, towel, shower curtain, box,"
            "whiteboard, person, night stand, toilet, sink, lamp, bathtub, bag, otherstructure,"
            "otherfurniture, otherprop"
        ),
        15: ("shelves", "shelf"),
        39: ("otherfurniture", "other furniture", "furniture"),
    },
)

SEMANTIC_KITTI = Scheme(
    "semantic_kitti",
    "SemanticKITTI",
    {
        0: ("unlabeled",),
        1: ("outlier",),
        10: ("car",),
        11: ("bicycle",),
        13: ("bus", "other-vehicle"),
        15: ("motorcycle",),
        16: ("on-rails", "other-vehicle"),
        18: ("truck",),
        20: ("other-vehicle",),
        30: ("person", "pedestrian"),
        31: ("bicyclist",),
        32: ("motorcyclist",),
        40: ("road",),
        44: ("parking",),
        48: ("sidewalk",),
        49: ("other-ground",),
        50: ("building",),
        51: ("fence",),
        52: ("other-structure",),
        60: ("lane-marking", "road"),
        70: ("vegetation",),
        71: ("trunk",),
        72: ("terrain",),
        80: ("pole",),
        81: ("traffic-sign",),
        99: ("other-object",),
        252: ("moving-car", "car"),
        253: ("moving-bicyclist", "bicyclist"),
        254: ("moving-person", "person", "pedestrian"),
        255: ("moving-motorcyclist", "motorcyclist"),
        256: ("moving-on-rails", "on-rails", "other-vehicle"),
        257: ("moving-bus", "bus", "other-vehicle"),
        258: ("moving-truck", "truck"),
        259: ("moving-other-vehicle", "other-vehicle"),
    },
)

ASPRS = Scheme(
    "asprs",
    "ASPRS (LAS)",
    {
        0: ("never classified",),
        1: ("unclassified",),
        2: ("ground",),
        3: ("low vegetation", "vegetation"),
        4: ("medium vegetation", "vegetation"),
        5: ("high vegetation", "vegetation", "tree"),
        6: ("building",),
        7: ("low noise", "noise"),
        8: ("model key-point", "ground"),
        9: ("water",),
        10: ("rail", "railway"),
        11: ("road surface", "road"),
        12: ("overlap",),
        13: ("wire guard", "wire", "power line"),
        14: ("wire conductor", "wire", "power line"),
        15: ("transmission tower", "tower", "pylon"),
        16: ("wire connector", "wire", "power line"),
        17: ("bridge deck", "bridge"),
        18: ("high noise", "noise"),
        19: ("overhead structure",),
        20: ("ignored ground",),
        21: ("snow",),
        22: ("temporal exclusion",),
    },
)
