# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fewpoints.annotations.scans.orientation import scan_up
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.features.extract import (
    PointScatter,
    extract_features,
    extract_features_to,
    input_colours,
    open_features,
    scan_voxels,
)
from fewpoints.models.features.inference import (
    Limits,
    NoSuchDevice,
    down_halo,
    full_halo,
    run_network,
    up_halo,
)
from fewpoints.models.nets.checkpoint import untrained_network
from fewpoints.models.nets.res_unet import Output, Res16UNet
from tests.models.features.scenes import lively_network, planes
from tests.rooms import small_room

VOXEL_M = 0.06


def features_by_dictionary(scan: PointScan, network: Res16UNet, voxel_m: float) -> np.ndarray:
    """One pass over voxels found point by point in a dictionary, in order of appearance."""
    seen: dict[tuple[int, ...], int] = {}
    owner = []
    first = []
    for row, position in enumerate(scan.positions.tolist()):
        if not all(math.isfinite(value) for value in position):
            owner.append(-1)
            continue
        cell = tuple(math.floor(value / voxel_m) for value in position)
        if cell not in seen:
            seen[cell] = len(seen)
            first.append(row)
        owner.append(seen[cell])
    assert scan.colours is not None
    coords = torch.tensor([(0, *cell) for cell in seen], dtype=torch.int32)
    colours = torch.tensor(scan.colours[first] / 255.0 - 0.5, dtype=torch.float32)
    with torch.no_grad():
        out = network(coords, colours).features.numpy()
    result = np.zeros((len(owner), out.shape[1]), np.float32)
    for row, voxel in enumerate(owner):
        if voxel >= 0:
            result[row] = out[voxel]
    return result


def test_each_point_has_the_features_of_its_voxel_in_file_order() -> None:
    scan = planes(points=300)
    scan.positions[[0, 17, 400], 2] = [np.nan, np.inf, -np.inf]
    network = lively_network().network
    expected = features_by_dictionary(scan, network, VOXEL_M)
    actual = extract_features(scan, network, voxel_size_m=VOXEL_M)
    assert actual.dtype == np.float32
    assert not actual[[0, 17, 400]].any()
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_which_axis_is_up_makes_no_difference() -> None:
    room = small_room(20_000)
    network = lively_network().network
    upright = PointScan(positions=room.scan.positions, colours=room.scan.colours)
    x, y, z = upright.positions.T
    lying = PointScan(positions=np.stack([x, z, -y], axis=1), colours=upright.colours)
    assert scan_up(lying).axis == "y"
    np.testing.assert_allclose(
        extract_features(lying, network), extract_features(upright, network), atol=1e-5
    )


@pytest.mark.parametrize(
    ("middle", "mode"), [(10**9, "grid 2"), (600, "grid 3"), (200, "grid 4"), (0, "grid 5")]
)
def test_blocks_give_what_one_whole_pass_gives(middle: int, mode: str) -> None:
    scan = planes(seed=1, points=600)
    network = lively_network().network
    whole = extract_features(scan, network, voxel_size_m=VOXEL_M)
    voxels = scan_voxels(scan, VOXEL_M)
    blocks = np.full_like(whole, np.nan)
    times_seen = np.zeros(len(voxels), int)

    def consume(rows: np.ndarray, output: Output) -> None:
        times_seen[rows] += 1
        PointScatter(voxels)(rows, output.features.numpy(), blocks)
        torch.testing.assert_close(output.logits, network.final(output.features))

    how = run_network(
        network,
        voxels.coords,
        input_colours(scan, voxels),
        consume,
        limits=Limits(whole=0, block=2000, middle=middle),
    )
    assert mode in how
    assert (times_seen == 1).all()
    np.testing.assert_allclose(blocks, whole, rtol=1e-4, atol=1e-4 * float(whole.max()))


def test_blocks_of_a_real_room_too(real_data: Path) -> None:
    scan = read_scan(real_data / "ipad-lidar-rooms" / "user_808-60.ply")
    network = lively_network().network
    whole = extract_features(scan, network, voxel_size_m=0.12)
    blocks = extract_features(scan, network, voxel_size_m=0.12, limits=Limits(0, 2000, 10**9))
    difference = np.abs(blocks - whole)[scan.finite].sum(axis=1)
    relative = difference / np.abs(whole)[scan.finite].sum(axis=1)
    assert np.median(relative) < 1e-5
    assert relative.max() < 1e-3


def test_blocks_of_the_deepest_network_too() -> None:
    scan = planes(seed=2, points=500)
    network = lively_network("Res16UNet34C").network
    whole = extract_features(scan, network, voxel_size_m=VOXEL_M)
    blocks = extract_features(scan, network, voxel_size_m=VOXEL_M, limits=Limits(0, 1500, 10**9))
    np.testing.assert_allclose(blocks, whole, rtol=1e-4, atol=1e-4 * float(whole.max()))


def test_a_smaller_halo_would_be_wrong() -> None:
    """The halo formulas are not just generous: by hand for the deepest network."""
    network = lively_network("Res16UNet34C").network
    # Stem 1; stage 1 has 2 blocks of two convolutions on voxels of 2: 8.
    assert down_halo(network, 2) == 16
    # ... stage 2 has 3 blocks on voxels of 4: 24; together 33.
    assert down_halo(network, 3) == 48
    # Stage 8: 4, stage 7: 8, stem 1: 13.
    assert up_halo(network, 2) == 16
    # 1 + 8 + 24 + 64 + 192 down, 32 + 16 + 8 + 4 up = 349.
    assert full_halo(network) == 352


def test_shifting_a_scan_by_whole_coarse_voxels_changes_nothing() -> None:
    scan = planes(points=300)
    voxel_m = 0.0625  # A power of two: the shifted coordinates are exact.
    moved = replace(scan, positions=scan.positions + np.array([16_000, -3200, 16]) * voxel_m)
    network = lively_network().network
    np.testing.assert_allclose(
        extract_features(moved, network, voxel_size_m=voxel_m),
        extract_features(scan, network, voxel_size_m=voxel_m),
        atol=1e-5,
    )


def test_scans_without_points_or_without_finite_ones() -> None:
    network = lively_network().network
    empty = PointScan(positions=np.empty((0, 3)))
    assert extract_features(empty, network).shape == (0, 96)
    nothing = PointScan(positions=np.full((3, 3), np.nan))
    assert not extract_features(nothing, network).any()
    one = PointScan(positions=np.array([[1.0, 2.0, 3.0], [1e300, 0.0, 0.0]]))
    features = extract_features(one, network)
    assert np.isfinite(features).all()
    assert not features[1].any()


def test_without_colour_intensity_is_seen() -> None:
    scan = planes(points=100)
    network = lively_network().network
    grey = replace(scan, colours=None)
    bright = replace(grey, intensity=np.linspace(0, 60_000, len(scan)).astype(np.float32))
    plain = extract_features(grey, network, voxel_size_m=VOXEL_M)
    seen = extract_features(bright, network, voxel_size_m=VOXEL_M)
    assert np.isfinite(seen).all()
    assert not np.allclose(plain, seen)


def test_without_colour_the_shape_is_seen_by_an_untrained_network_too() -> None:
    scan = PointScan(positions=planes(points=100).positions)
    network = untrained_network("Res16UNet14A", out_channels=5).network
    features = extract_features(scan, network, voxel_size_m=VOXEL_M)
    # Zeros would pass its first convolution as zeros, and every point would look the same.
    assert features.std(axis=0).max() > 1e-3


def test_the_network_is_left_in_training_mode_if_it_was() -> None:
    network = lively_network().network.train()
    extract_features(planes(points=20), network)
    assert network.training


def test_an_unknown_device_gets_a_sentence() -> None:
    with pytest.raises(NoSuchDevice, match="quantum"):
        extract_features(planes(points=20), lively_network().network, device="quantum")


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    scan = planes(points=200)
    network = lively_network().network
    path = tmp_path / "deep" / "features.npy"
    mapped = extract_features_to(path, scan, network, voxel_size_m=VOXEL_M)
    expected = extract_features(scan, network, voxel_size_m=VOXEL_M)
    np.testing.assert_array_equal(mapped, expected)
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), expected)
    assert [file.name for file in path.parent.iterdir()] == ["features.npy"]
    empty = extract_features_to(path, PointScan(positions=np.empty((0, 3))), network)
    assert empty.shape == open_features(path).shape == (0, 96)


def test_cancelling_leaves_no_file(tmp_path: Path) -> None:
    class Cancelled(Exception):
        pass

    calls = itertools.count()

    def cancel(fraction: float, sentence: str) -> None:
        if next(calls) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract_features_to(
            tmp_path / "f.npy", planes(points=50), lively_network().network, progress=cancel
        )
    assert list(tmp_path.iterdir()) == []
