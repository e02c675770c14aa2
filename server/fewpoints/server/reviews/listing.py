# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which answers of a project meet a filter, in which order, and what there is to review.

Letters used in shapes: A live answers of the project.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fewpoints.annotations.agreement import cohens_kappa, krippendorffs_alpha
from fewpoints.server.projects.queries import get_project
from fewpoints.server.reviews.answer_rows import STATES, AnswerRows, AnswerRowsCache
from fewpoints.server.reviews.predicted import PredictedPoints
from fewpoints.server.reviews.predictor import read_predictor, shown_checkpoint
from fewpoints.server.reviews.schemas import (
    ClassCount,
    PairAgreement,
    ReplyCount,
    ReviewFilter,
    ReviewOrder,
    ReviewSummary,
    StateCount,
    UserCount,
)
from fewpoints.server.training.queries import class_orders
from fewpoints.server.training.tables import Checkpoint

MAX_PAIRS = 50
_SENT_BACK, _CORRECTED = STATES.index("sent_back"), STATES.index("corrected")


@dataclass(frozen=True, eq=False)
class Seen:
    """The answers of a project and what its shown checkpoint predicts at their points.

    class_index: (A,) the present index of the class that an answer names, -1 for none.
    predicted: (A,) that of the predicted class; -1: no prediction, or its class is gone.
    confidence: (A,) 0 to 255.
    """

    rows: AnswerRows
    class_index: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.int64]
    has_prediction: NDArray[np.bool_]
    checkpoint: Checkpoint | None

    @property
    def contradicted(self) -> NDArray[np.bool_]:
        """(A,) whether another class is predicted than the answer names."""
        both = (self.class_index >= 0) & (self.predicted >= 0)
        differs: NDArray[np.bool_] = both & (self.class_index != self.predicted)
        return differs


def see(
    session: Session, cache: AnswerRowsCache, predicted: PredictedPoints, project_id: int
) -> Seen:
    """Return the answers of a project.

    Raises:
        NotFound: there is no such project.
    """
    get_project(session, project_id)
    rows = cache.read(session, project_id)
    order = class_orders(session, {project_id}).get(project_id, [])
    place = np.full(max([0, *order, *rows.class_id.tolist()]) + 1, -1, np.int64)
    place[order] = np.arange(len(order))
    place[0] = -1
    found = np.full(len(rows), -1, np.int64)
    confidence = np.zeros(len(rows), np.int64)
    has = np.zeros(len(rows), bool)
    checkpoint = shown_checkpoint(session, project_id)
    if checkpoint is not None and len(rows):
        predictor = read_predictor(session, checkpoint)
        starts = np.flatnonzero(np.diff(rows.scan_id, prepend=-1))
        for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
            said = predictor.at(predicted, int(rows.scan_id[start]), rows.point[start:stop])
            if said is not None:
                found[start:stop], confidence[start:stop] = said
                has[start:stop] = True
    return Seen(rows, place[rows.class_id], found, confidence, has, checkpoint)


def matching(seen: Seen, filters: ReviewFilter) -> NDArray[np.bool_]:
    """Return (A,) whether each answer meets the filter."""
    rows = seen.rows
    keep = np.ones(len(rows), bool)
    if filters.class_index:
        keep &= np.isin(seen.class_index, filters.class_index)
    if filters.user:
        keep &= np.isin(rows.author, [rows.code(name) for name in filters.user])
    if filters.scan_id:
        keep &= np.isin(rows.scan_id, filters.scan_id)
    if filters.reply:
        keep &= np.isin(rows.reply, [rows.code(reply) for reply in filters.reply])
    if filters.state:
        keep &= np.isin(rows.state, [STATES.index(state) for state in filters.state])
    if filters.disagrees == "prediction":
        keep &= seen.contradicted
    elif filters.disagrees == "people":
        keep &= people_disagree(seen)
    if filters.after is not None:
        keep &= rows.time >= filters.after.timestamp()
    if filters.before is not None:
        keep &= rows.time < filters.before.timestamp()
    if filters.noted is not None:
        keep &= rows.noted == int(filters.noted)
    return keep


def ordered(seen: Seen, keep: NDArray[np.bool_], order: ReviewOrder) -> NDArray[np.int64]:
    """Return the rows of the kept answers in order.

    "contradicted": other prediction, surest first; then no prediction; then the same prediction,
    least sure first. Newest first among equals.
    """
    kept = np.flatnonzero(keep)
    ids = seen.rows.id[kept]
    if order == "contradicted":
        sure = seen.confidence[kept]
        known = (seen.predicted[kept] >= 0) & (seen.class_index[kept] >= 0)
        key = np.where(seen.contradicted[kept], 256 + sure, np.where(known, -1 - sure, 0))
        return kept[np.lexsort((-ids, -key))]
    by_id = np.argsort(ids)
    return kept[by_id if order == "oldest" else by_id[::-1]]


def people_disagree(seen: Seen) -> NDArray[np.bool_]:
    """Return (A,) whether another person names another class at the point and it is not settled.

    Answers that were sent back, corrected or given as a correction take no part.
    """
    rows = seen.rows
    out = np.zeros(len(rows), bool)
    unsettled = (
        (seen.class_index >= 0) & (rows.given == 0) & ~np.isin(rows.state, [_SENT_BACK, _CORRECTED])
    )
    kept = np.flatnonzero(unsettled)
    if len(kept) == 0:
        return out
    point = _point_codes(rows, kept)
    size = int(point.max()) + 1
    low = np.full(size, np.iinfo(np.int64).max)
    high = np.full(size, -1)
    np.minimum.at(low, point, seen.class_index[kept])
    np.maximum.at(high, point, seen.class_index[kept])
    out[kept] = (low != high)[point]
    return out


def summary(seen: Seen) -> ReviewSummary:
    """Return counts for the filters, and how far people agree."""
    rows = seen.rows
    states = np.bincount(rows.state, minlength=len(STATES))
    named = seen.class_index[seen.class_index >= 0]
    classes = np.bincount(named) if len(named) else np.zeros(0, np.int64)
    users = [
        UserCount(
            name=rows.names[code],
            answers=int(mine.sum()),
            approved=int((mine & (rows.state == STATES.index("approved"))).sum()),
            sent_back=int((mine & (rows.state == _SENT_BACK)).sum()),
            corrected=int((mine & (rows.state == _CORRECTED)).sum()),
        )
        for code in np.unique(rows.author)
        for mine in [rows.author == code]
    ]
    # A reviewer saw the answer that they corrected: that is no second opinion.
    kept = np.flatnonzero((seen.class_index >= 0) & (rows.given == 0))
    point = _point_codes(rows, kept)
    shared = int((np.bincount(point) > 1).sum()) if len(kept) else 0
    return ReviewSummary(
        answers=len(rows),
        states=StateCount(**dict(zip(STATES, states.tolist(), strict=True))),
        classes=[
            ClassCount(index=index, answers=int(count))
            for index, count in enumerate(classes)
            if count
        ],
        users=sorted(users, key=lambda user: user.name.casefold()),
        replies=[
            ReplyCount(reply=rows.names[code], answers=int(count))
            for code, count in zip(*np.unique(rows.reply, return_counts=True), strict=True)
        ],
        contradicted=int(seen.contradicted.sum()),
        predicted=int(seen.has_prediction.sum()),
        people_disagree=int(people_disagree(seen).sum()),
        noted=int(rows.noted.sum()),
        shared_points=shared,
        alpha=krippendorffs_alpha(point, seen.class_index[kept]),
        pairs=_pairs(seen, kept, point) if shared else [],
    )


def _point_codes(rows: AnswerRows, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each kept answer a number that is the same exactly at the same point of a scan."""
    places = np.stack([rows.scan_id[kept], rows.point[kept]], axis=1)
    if len(places) == 0:
        return np.zeros(0, np.int64)
    _, codes = np.unique(places, axis=0, return_inverse=True)
    return codes.reshape(-1).astype(np.int64)


def _pairs(seen: Seen, kept: NDArray[np.int64], point: NDArray[np.int64]) -> list[PairAgreement]:
    """Agreement of every two people with points in common, most points first."""
    by_person = {
        int(code): dict(
            zip(point[mine].tolist(), seen.class_index[kept[mine]].tolist(), strict=True)
        )
        for code in np.unique(seen.rows.author[kept])
        for mine in [seen.rows.author[kept] == code]
    }
    codes = sorted(by_person, key=lambda code: seen.rows.names[code].casefold())
    found = []
    for at, one in enumerate(codes):
        for other in codes[at + 1 :]:
            common = sorted(by_person[one].keys() & by_person[other].keys())
            if not common:
                continue
            first = np.array([by_person[one][p] for p in common], np.int64)
            second = np.array([by_person[other][p] for p in common], np.int64)
            found.append(
                PairAgreement(
                    users=(seen.rows.names[one], seen.rows.names[other]),
                    points=len(common),
                    agreed=float((first == second).mean()),
                    kappa=cohens_kappa(first, second),
                )
            )
    found.sort(key=lambda pair: (-pair.points, pair.users))
    return found[:MAX_PAIRS]
