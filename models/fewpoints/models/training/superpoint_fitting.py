# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A head on superpoints, from the answers of all scans and the dense labels that are sure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.densify.superpoint_head import (
    SuperpointHead,
    classify_superpoints,
    fit_superpoint_head,
)
from fewpoints.models.selection.diverse import specks
from fewpoints.models.training.answers import AnswerTable
from fewpoints.models.training.config import FinetuneConfig
from fewpoints.models.training.head import Classify
from fewpoints.models.training.sparse_supervision import LabelledScan

# A dense label says less than an answer, and those of a scan all say much the same.
_TRUST_IN_DENSE_LABELS = 1 / 6


def fit_to_superpoints(
    scans: Sequence[LabelledScan],
    labellers: Sequence[DenseLabeller],
    answers: AnswerTable,
    chosen: NDArray[np.bool_],
    *,
    config: FinetuneConfig,
    with_kinds: bool,
) -> SuperpointHead:
    """Fit a head to the chosen answers alone, and to the dense labels that follow from them."""
    looks, classes, trust = [], [], []
    for index, (scan, labeller) in enumerate(zip(scans, labellers, strict=True)):
        known = scan.answers(chosen[answers.of_scan(index)])
        if not len(known.rows):
            continue
        owners, said, shares = answered_superpoints(labeller, known)
        looks.append(labeller.looks[owners])
        classes.append(said)
        trust.append(shares)
        if config.pseudo_labels is not None:
            sure, labels = sure_superpoints(labeller, known, config.pseudo_labels)
            looks.append(labeller.looks[sure])
            classes.append(labels)
            trust.append(np.full(len(sure), _TRUST_IN_DENSE_LABELS))
    return fit_superpoint_head(
        np.concatenate(looks),
        np.concatenate(classes),
        np.concatenate(trust),
        np.random.default_rng([config.seed, 3]),
        with_kinds=with_kinds,
    )


def answered_superpoints(
    labeller: DenseLabeller, scan: LabelledScan
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return each pair of a superpoint and a class that was answered in it, once.

    Returns:
        superpoints, classes, and the share of the superpoint's answers that say so. A superpoint
        that is labelled point by point is still one thing that was seen once.
    """
    owners = labeller.superpoints.of_point[scan.rows].astype(np.int64)
    pairs, counts = np.unique(np.stack([owners, scan.classes]), axis=1, return_counts=True)
    return pairs[0], pairs[1], counts / np.bincount(owners)[pairs[0]]


def sure_superpoints(
    labeller: DenseLabeller, scan: LabelledScan, least: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the superpoints whose dense labels are at least this sure, and their classes.

    Those with an answer are left out: the answer speaks for them; and so are specks.
    """
    superpoints = labeller.superpoints
    found = labeller.label(scan.rows, scan.classes)
    confidence = np.zeros(len(superpoints))
    confidence[superpoints.of_cell] = found.confidence[superpoints.cell_points]
    wanted = (confidence >= least) & ~specks(superpoints)
    wanted[superpoints.of_point[scan.rows]] = False
    best = found.superpoint_probabilities[: len(superpoints)].argmax(axis=1)
    return np.flatnonzero(wanted), found.values[best][wanted]


def classify_answers(
    head: SuperpointHead,
    scans: Sequence[LabelledScan],
    labellers: Sequence[DenseLabeller],
    answers: AnswerTable,
    chosen: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return what a head says at the chosen answers, in the order of the table."""
    found = np.full(len(chosen), -1, np.int64)
    for index, (scan, labeller) in enumerate(zip(scans, labellers, strict=True)):
        own = answers.of_scan(index)
        if chosen[own].any():
            said = classify_superpoints(head, labeller.superpoints, labeller.looks).classes
            found[own] = said[labeller.superpoints.of_point[scan.rows]]
    return found[chosen]


def superpoint_classifier(
    scans: Sequence[LabelledScan],
    labellers: Sequence[DenseLabeller],
    answers: AnswerTable,
    fit: Callable[[NDArray[np.bool_]], SuperpointHead],
) -> Classify:
    """Return what learns and classifies with heads on superpoints."""
    return lambda known, asked: classify_answers(fit(known), scans, labellers, answers, asked)
