# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import torch

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.features.extract import extract_features
from fewpoints.models.features.inference import Limits
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
    result = predict(PointScan(positions=np.empty((0, 3))), lively_network(), voxel_size_m=0.1)
    assert result.classes.shape == result.confidence.shape == (0,)
