# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.features.extract import extract_features, scan_voxels
from fewpoints.models.features.inference import Limits
from fewpoints.models.instances.offset_head import OffsetHead
from fewpoints.models.training.predict import predict
from tests.models.features.scenes import lively_network, planes


def test_classes_and_confidence_are_the_head_on_the_features() -> None:
    scan = planes(points=100)
    scan.positions[[3, 50]] = np.nan
    loaded = lively_network(outputs=7)
    features = torch.from_numpy(extract_features(scan, loaded.network, voxel_size_m=0.1))
    assert loaded.network.final.bias is not None
    with torch.no_grad():
        logits = (features @ loaded.network.final.kernel + loaded.network.final.bias).double()
    probability = (logits - logits.amax(1, keepdim=True)).exp().numpy()
    probability /= probability.sum(axis=1, keepdims=True)
    result = predict(scan, loaded, voxel_size_m=0.1)
    finite = scan.finite
    assert (result.classes[~finite] == 255).all()
    assert (result.confidence[~finite] == 0).all()
    assert (result.classes[finite] == probability.argmax(axis=1)[finite]).mean() > 0.999
    expected = probability.max(axis=1)[finite] * 255
    assert np.abs(result.confidence[finite] - expected).max() <= 0.6


def test_a_large_scan_in_blocks_gets_the_same_classes() -> None:
    scan = planes(points=300)
    loaded = lively_network()
    whole = predict(scan, loaded, voxel_size_m=0.08)
    blocks = predict(
        scan, loaded, voxel_size_m=0.08, limits=Limits(whole=0, block=1000, middle=10**6)
    )
    assert (whole.classes == blocks.classes).mean() > 0.999


def test_a_scan_without_points() -> None:
    loaded = replace(lively_network(), offset_head=OffsetHead().eval())
    result = predict(PointScan(positions=np.empty((0, 3))), loaded, voxel_size_m=0.1)
    assert result.classes.shape == result.confidence.shape == (0,)
    assert result.instances is not None
    assert result.instances.numbers.shape == result.instances.classes.shape == (0,)


@pytest.mark.parametrize("limits", [None, Limits(whole=0, block=500, middle=10**6)])
def test_objects_are_groups_of_shifted_voxels(limits: Limits | None) -> None:
    """With offsets of zero they are the connected voxels of one predicted class, in loops."""
    scan = planes(count=3, points=60, size=1.5)
    scan.positions[5] = np.nan
    head = OffsetHead().eval()
    with torch.no_grad():
        head.offsets.kernel.zero_()
        assert head.offsets.bias is not None
        head.offsets.bias.zero_()
    plain = lively_network(outputs=3)
    typical = extract_features(scan, plain.network, voxel_size_m=0.1)[scan.finite].mean(axis=0)
    with torch.no_grad():  # So that all classes occur.
        assert plain.network.final.bias is not None
        plain.network.final.bias.copy_(-torch.from_numpy(typical) @ plain.network.final.kernel)
    loaded = replace(plain, meta=replace(plain.meta, stuff=(0,)), offset_head=head)
    result = predict(scan, loaded, voxel_size_m=0.1, limits=limits, min_voxels=2)
    assert result.instances is not None
    voxels = scan_voxels(scan, 0.1)
    classes = np.zeros(len(voxels), int)
    sure = np.zeros(len(voxels))
    placed = np.flatnonzero(voxels.point_to_voxel >= 0)
    classes[voxels.point_to_voxel[placed]] = result.classes[placed]
    sure[voxels.point_to_voxel[placed]] = result.confidence[placed] / 255
    groups = loops_of_groups(voxels.coords.tolist(), classes.tolist())
    kept = [g for g in groups if len(g) >= 2 and classes[g[0]] != 0]
    assert 2 <= len(kept) == len(result.instances.scores)
    numbers = result.instances.numbers
    assert numbers[5] == 0
    for group in kept:
        own = numbers[placed[np.isin(voxels.point_to_voxel[placed], group)]]
        assert len(set(own.tolist())) == 1
        assert own[0] > 0
        assert result.instances.classes[own[0] - 1] == classes[group[0]]
        assert result.instances.scores[own[0] - 1] == pytest.approx(sure[group].mean(), abs=0.01)
    assert len(set(numbers[numbers > 0].tolist())) == len(kept)


def loops_of_groups(coords: list[list[int]], classes: list[int]) -> list[list[int]]:
    """Voxels of one class that are reached by steps shorter than 1.5 voxels."""
    left, groups = set(range(len(coords))), []
    while left:
        group = [left.pop()]
        for member in group:
            for other in sorted(left):
                near = sum((a - b) ** 2 for a, b in zip(coords[member], coords[other], strict=True))
                if near < 1.5**2 and classes[other] == classes[member]:
                    left.remove(other)
                    group.append(other)
        groups.append(group)
    return groups


def test_a_checkpoint_without_offset_head_tells_nothing_apart() -> None:
    assert predict(planes(points=20), lively_network(), voxel_size_m=0.2).instances is None
