# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Mapped labels of a stored scan, block by block, and a bounded choice of their points.

The points of a class are taken in an order that looks random and is always the same: the same file
gives the same points, and ten of a class are the first ten of twenty.

Letters used in shapes: N points, B rows of a block, K chosen points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import IndexArray, IntArray, UInt8Array
from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.label_mapping.counting import BLOCK_ROWS, holds_words, value_names
from fewpoints.annotations.label_mapping.mapping import ClassMapping
from fewpoints.annotations.scans.scan_arrays import load_arrays, load_local


@dataclass(frozen=True, eq=False)
class Block:
    """Rows `start` to `start + B`.

    classes: (B,) class indices, 255 for none. instances: (B,) objects from 1, 0 for none.
    """

    start: int
    classes: UInt8Array
    instances: IntArray


@dataclass(frozen=True, eq=False)
class Chosen:
    """(K,) rows in ascending order, their classes, and their objects, 0 for none."""

    rows: IndexArray
    classes: UInt8Array
    instances: IntArray


def mapped_blocks(folder: Path, mapping: ClassMapping) -> Iterator[Block]:
    """Yield the mapped labels of a scan that `save_arrays` wrote and that has the fields.

    A point without a usable position has no class.
    """
    scan = load_arrays(folder)
    local = load_local(folder)
    values = scan.labels[mapping.field]
    if holds_words(scan, mapping.field):
        mapping = mapping.for_words(value_names(scan, mapping.field))
    instances = None if mapping.instance is None else scan.labels[mapping.instance.field]
    for at in range(0, len(scan), BLOCK_ROWS):
        rows = slice(at, at + BLOCK_ROWS)
        block = np.asarray(values[rows])
        classes = mapping.classes_of(block)
        classes[~np.isfinite(local[rows]).all(axis=1)] = UNLABELLED
        objects = mapping.instances_of(
            block, None if instances is None else np.asarray(instances[rows])
        )
        yield Block(at, classes, objects)


def choose(blocks: Iterable[Block], per_class: int | None) -> Chosen:
    """Return at most `per_class` points of every class, or all that have one."""
    kept = _none()
    # By class: what comes later than this in the order is not among the first any more.
    last = np.full(256, np.iinfo(np.uint64).max, np.uint64)
    for block in blocks:
        here = np.flatnonzero(block.classes != UNLABELLED)
        if per_class is not None:
            here = here[order_of(here + block.start) <= last[block.classes[here]]]
        found = Chosen(
            (here + block.start).astype(np.int64), block.classes[here], block.instances[here]
        )
        kept = _joined(kept, found)
        if per_class is not None:
            kept = _first(kept, per_class)
            for index in np.flatnonzero(np.bincount(kept.classes, minlength=256) == per_class):
                last[index] = order_of(kept.rows[kept.classes == index]).max()
    order = np.argsort(kept.rows, kind="stable")
    return _at(kept, order)


def order_of(rows: IndexArray) -> NDArray[np.uint64]:
    """(K,) rows -> where each comes in an order that looks random (splitmix64, Steele et al.)."""
    with np.errstate(over="ignore"):
        mixed = (rows.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _first(chosen: Chosen, per_class: int) -> Chosen:
    order = np.lexsort((order_of(chosen.rows), chosen.classes))
    classes = chosen.classes[order]
    first_of_class = np.searchsorted(classes, classes)
    return _at(chosen, order[np.arange(len(order)) - first_of_class < per_class])


def _none() -> Chosen:
    return Chosen(np.empty(0, np.int64), np.empty(0, np.uint8), np.empty(0, np.int64))


def _at(chosen: Chosen, places: NDArray[np.integer[Any]]) -> Chosen:
    return Chosen(chosen.rows[places], chosen.classes[places], chosen.instances[places])


def _joined(one: Chosen, other: Chosen) -> Chosen:
    return Chosen(
        np.concatenate([one.rows, other.rows]),
        np.concatenate([one.classes, other.classes]),
        np.concatenate([one.instances, other.instances]),
    )
