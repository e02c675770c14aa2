# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A contrastive loss over whole objects, where a simulator knows them.

Supervised contrast (Khosla et al., "Supervised Contrastive Learning", L_out) between two views of
one place: a point of the first should be like the points of the same object in the second, and
unlike those of all other objects there. With q_i and k_j of length 1, o the object and
S(i) = {j : o_j = o_i}:

    L_i = -1/|S(i)| sum_{j in S(i)} log( exp(q_i.k_j / t) / sum_l exp(q_i.k_l / t) )

Every object has the same say, however large: L is the mean over objects of the mean over their
points. Points of no known object are nobody's positives but stay in the denominator.

Letters used in shapes: N matched points of one scene, C channels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

NO_OBJECT = -1


def object_contrast(queries: Tensor, keys: Tensor, objects: Tensor, temperature: float) -> Tensor:
    """Return L, a scalar; 0 where no object is known.

    Args:
        queries, keys: (N, C), row i of both the same place; any length, they are normalised here.
        objects: (N,) int64 object of each place, `NO_OBJECT` where unknown.
        temperature: t.
    """
    known = objects != NO_OBJECT
    if not bool(known.any()):
        return (queries.sum() + keys.sum()) * 0
    found, number, counts = torch.unique(objects[known], return_inverse=True, return_counts=True)
    similar = (
        nn.functional.normalize(queries[known], dim=1) @ nn.functional.normalize(keys, dim=1).T
    )
    log_share = nn.functional.log_softmax(similar / temperature, dim=1)
    # Per query the sum over the keys of each object; the one of its own is wanted.
    column = torch.full_like(objects, len(found))
    column[known] = number
    sums = log_share.new_zeros(len(log_share), len(found) + 1).index_add(1, column, log_share)
    size = counts[number].to(log_share.dtype)
    per_point = -sums.gather(1, number.unsqueeze(1)).squeeze(1) / size
    total: Tensor = (per_point / size).sum() / len(found)
    return total
