# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What kind of thing a superpoint may be, as learned from simulated flats.

The network's features tell one object from the next, also two of a kind. A small perceptron on top
of them, of shapes, colours and of what a superpoint touches, was trained to name the classes of the
simulator (`scripts/train_kinds.py`). Between its layers it also sees what they made of the
neighbours: the seat says what the leg below it is. Its names are not used: two superpoints whose
likely kinds agree are alike, whatever a project calls them. The file works with the packaged
network alone, so features that are plainly of another one are left alone. NumPy only.

Letters used in shapes: S superpoints, F features, K kinds.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags

from fewpoints.models.superpoints.columns import appearance, block
from fewpoints.models.superpoints.superpoints import Superpoints

WEIGHTS = Path(__file__).parent / "weights" / "kinds.safetensors"


class Perceptron(NamedTuple):
    """layers: weight (in, out) and bias (out,) of each; ReLU between them. A layer that is twice as
        wide as the one before also takes the mean of that over the neighbours.

    direction: (F,) mean direction of the features of all simulated superpoints, of length 1.
    least_likeness: cosine with it from which a scan's features are taken for the same network's.
    network: sha256 of the checkpoint whose features it was trained on.
    """

    layers: tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]
    direction: NDArray[np.float64]
    least_likeness: float
    network: str


def kinds_of(
    superpoints: Superpoints, directions: NDArray[np.float32], *, insist: bool = False
) -> NDArray[np.float64] | None:
    """Return (S, K) roots of probabilities; None for features of another network.

    Distances between roots of probabilities are Hellinger's: two clear kinds are far apart.

    Args:
        directions: (S, F) mean directions of the features.
        insist: the features are known to be of that network, however unusual the scan is.
    """
    perceptron = packaged_perceptron()
    if perceptron is None or not len(superpoints):
        return None
    if not insist:
        like = likeness(directions, superpoints, perceptron.direction)
        if like < perceptron.least_likeness:
            return None
    rows = description(superpoints, directions)
    graph = neighbours(superpoints)
    for number, (weight, bias) in enumerate(perceptron.layers):
        rows = np.maximum(rows, 0) if number else rows
        if len(weight) == 2 * rows.shape[1]:
            rows = np.concatenate([rows, graph @ rows], axis=1)
        rows = rows @ weight + bias
    raised = np.exp(rows - rows.max(axis=1, keepdims=True))
    return np.asarray(np.sqrt(raised / raised.sum(axis=1, keepdims=True)), np.float64)


def neighbours(superpoints: Superpoints) -> csr_matrix:
    """Return (S, S) rows that sum to 1: what a superpoint touches, by the root of the contacts.

    A superpoint that touches nothing has a row of zeros.
    """
    count = len(superpoints)
    one, two = superpoints.touching.T
    graph = coo_matrix((np.sqrt(superpoints.contacts), (one, two)), shape=(count, count))
    graph = (graph + graph.T).tocsr()
    border = np.asarray(graph.sum(axis=1)).ravel()
    return csr_matrix(diags(1 / np.maximum(border, 1e-9)) @ graph)


def kinds_know(network_sha256: str) -> bool:
    """Tell whether kinds were learned with the features of this very checkpoint."""
    perceptron = packaged_perceptron()
    return perceptron is not None and perceptron.network == network_sha256


def likeness(
    directions: NDArray[np.float32], superpoints: Superpoints, direction: NDArray[np.float64]
) -> float:
    """Return the cosine between the scan's mean direction and (F,) `direction`; -1 if F differs."""
    if directions.shape[1] != len(direction):
        return -1.0
    mean = mean_direction(directions, superpoints)
    return float(mean @ direction)


def mean_direction(
    directions: NDArray[np.float32], superpoints: Superpoints
) -> NDArray[np.float64]:
    """Return (F,) the mean over the cells of a scan, of length 1."""
    mean = superpoints.sizes.astype(np.float64) @ directions.astype(np.float64)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float64)


def description(superpoints: Superpoints, directions: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return (S, 3 (F + 12) + 9): what the perceptron sees.

    Appearance, measures of size and place, the mean appearance of what touches a superpoint, each
    neighbour counted by its contacts, and how the superpoint differs from that.
    """
    seen = appearance(superpoints, directions)
    count = len(superpoints)
    one, two = superpoints.touching.T
    contacts = superpoints.contacts.astype(np.float64)
    graph = coo_matrix((contacts, (one, two)), shape=(count, count))
    graph = (graph + graph.T).tocsr()
    border = np.asarray(graph.sum(axis=1)).ravel()
    share = 1 / np.maximum(border, 1e-9)
    steps = coo_matrix((contacts * superpoints.contrast, (one, two)), shape=(count, count))
    contrast = np.asarray((steps + steps.T).sum(axis=1)).ravel() * share
    around = (graph @ seen) * share[:, None]

    height = superpoints.centres[:, 2]
    half = superpoints.extents[:, 2] / 2
    wide = np.sort(superpoints.extents[:, :2], axis=1)
    cells = np.log(superpoints.sizes)
    measures: list[NDArray[np.float64]] = [
        (height - half)[:, None],
        (height + half)[:, None],
        np.log(wide + superpoints.voxel_size_m),
        cells[:, None],
        ((graph @ cells) * share)[:, None],
        (np.log1p(border) - cells / 2)[:, None],  # Long borders for few cells: stripes and rims.
        contrast[:, None],
        (height - (graph @ height) * share)[:, None],
    ]
    weights = superpoints.sizes.astype(np.float64)
    return np.concatenate(
        [
            seen,
            *(0.4 * block(values, weights) for values in measures),
            0.7 * block(around, weights),
            0.7 * block(seen - around, weights),
        ],
        axis=1,
    )


@cache
def packaged_perceptron() -> Perceptron | None:
    """Return what comes with the package; None where it was left out."""
    return read_perceptron(WEIGHTS) if WEIGHTS.is_file() else None


def read_perceptron(path: Path) -> Perceptron:
    """Read a file that `scripts/train_kinds.py` wrote."""
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        tensors = {name: file.get_tensor(name).astype(np.float64) for name in file.keys()}  # noqa: SIM118
        facts = json.loads(file.metadata()["fewpoints"])
    count = sum(name.startswith("weight") for name in tensors)
    return Perceptron(
        tuple((tensors[f"weight{number}"], tensors[f"bias{number}"]) for number in range(count)),
        tensors["direction"],
        tensors["least_likeness"].item(),
        str(facts["network"]),
    )
