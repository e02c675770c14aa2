# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which object every point belongs to, from the instance numbers of a few answers.

A surface of one class that hangs together is one object unless answers in it name several; then
every superpoint goes with the answer it reaches first along the surface. Where no answer gave a
number, there is none.

Letters used in shapes: N points, S superpoints with the pieces of split ones, Q answers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from fewpoints.models.densify.labeller import DenseLabeller, DenseLabels

NO_OBJECT = 0


def object_numbers(
    labeller: DenseLabeller,
    found: DenseLabels,
    rows: NDArray[np.integer],
    classes: NDArray[np.integer],
    instances: NDArray[np.integer],
) -> NDArray[np.int64]:
    """Return (N,) the instance of every point, `NO_OBJECT` for none.

    Args:
        found: what `labeller` made of the answers.
        rows, classes, instances: (Q,) answered points that have a place; instances below 1 say
            nothing. An answer that the dense label at its point contradicts says nothing either.
    """
    claims = (instances > 0) & (found.classes[rows] == classes)
    rows, instances = rows[claims].astype(np.int64), instances[claims].astype(np.int64)
    numbers = np.zeros(len(found.of_point), np.int64)
    if not len(rows):
        return numbers
    origin, class_of, centres = _nodes(labeller, found)
    answered = np.unique(found.of_point[rows])
    graph = _surface_graph(labeller, origin, class_of, centres)
    _, _, source = dijkstra(
        graph, directed=False, indices=answered, return_predecessors=True, min_only=True
    )
    # Of the answers in the superpoint a way starts from, the first speaks for those far from it.
    backwards = found.of_point[rows][::-1]
    first = {int(node): int(n) for node, n in zip(backwards, instances[::-1], strict=True)}
    of_node = np.array([first.get(int(s), NO_OBJECT) for s in source], np.int64)
    placed = found.of_point >= 0
    numbers[placed] = of_node[found.of_point[placed]]
    for node in answered:
        own = found.of_point[rows] == node
        if len(np.unique(instances[own])) > 1:
            members = np.flatnonzero(found.of_point == node)
            tree = cKDTree(labeller.positions[rows[own]])
            numbers[members] = instances[own][tree.query(labeller.positions[members])[1]]
    return numbers


def _nodes(
    labeller: DenseLabeller, found: DenseLabels
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return (S,) the superpoint that a node is, or is a piece of; its class; (S, 3) its place."""
    nodes, member = np.unique(found.of_point, return_index=True)
    nodes, member = nodes[nodes >= 0], member[nodes >= 0]
    count = len(found.superpoint_probabilities)
    origin = np.full(count, -1, np.int64)
    class_of = np.full(count, -1, np.int64)
    origin[nodes] = labeller.superpoints.of_point[member]
    class_of[nodes] = found.classes[member]
    return origin, class_of, labeller.superpoints.centres[np.maximum(origin, 0)]


def _surface_graph(
    labeller: DenseLabeller,
    origin: NDArray[np.int64],
    class_of: NDArray[np.int64],
    centres: NDArray[np.float64],
) -> csr_array:
    """What touches and is of one class is joined, as long as the way between the centres."""
    count = len(origin)
    nodes_of: dict[int, list[int]] = {}
    for node in range(len(labeller.superpoints), count):
        nodes_of.setdefault(int(origin[node]), []).append(node)
    pairs = [labeller.superpoints.touching]
    for superpoint, pieces in nodes_of.items():
        # A piece touches what the whole touched, and the rest of the whole.
        a, b = labeller.superpoints.touching.T
        around = np.concatenate([b[a == superpoint], a[b == superpoint], [superpoint], pieces])
        pairs.extend(np.stack([np.full(len(around), piece), around], axis=1) for piece in pieces)
    low, high = np.concatenate(pairs).T
    alike = (class_of[low] == class_of[high]) & (class_of[low] >= 0) & (low != high)
    low, high = low[alike], high[alike]
    length = np.linalg.norm(centres[low] - centres[high], axis=1) + 1e-9
    return csr_array((length, (low, high)), shape=(count, count))
