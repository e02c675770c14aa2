# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.pretrain.augment import bend, network_colours, random_transform, z_up
from fewpoints.models.pretrain.clouds import (
    Prepared,
    PreparedFrames,
    PreparedScan,
    first_per_cell,
    prepare,
    prepare_scan,
)
from fewpoints.models.pretrain.config import Augmentation, PretrainConfig
from fewpoints.models.pretrain.dataset import PairBatches, one_match_each
from fewpoints.models.pretrain.frame_pairs import PAIR_RULES
from fewpoints.models.pretrain.sources import FrameSource, ScanSource
from tests.models.pretrain.scenes import room_sequence
from tests.models.pretrain.tiny import tiny_config, tiny_source
from tests.rooms import small_room


def made_ready(folder: Path, source: FrameSource, config: PretrainConfig) -> PreparedFrames:
    return prepare(
        source,
        folder,
        voxel_size_m=config.voxel_size_m,
        rule=PAIR_RULES["code"],
        frame_step=config.frame_step,
    )


class TestAugmentation:
    def test_the_codes_tilt_is_small_and_its_turn_any(self) -> None:
        how = Augmentation()
        rng = np.random.default_rng(0)
        turns = np.stack([random_transform(how, rng) for _ in range(400)])
        np.testing.assert_allclose(
            turns @ turns.transpose(0, 2, 1), np.eye(3)[None] + 0 * turns, atol=1e-12
        )
        assert (np.linalg.det(turns) > 0).all()
        leaning = np.rad2deg(np.arccos(turns[:, 2, 2]))
        assert leaning.max() <= 2 * 180 / 64
        assert leaning.max() > 2.5
        heading = np.arctan2(turns[:, 1, 0], turns[:, 0, 0])
        assert heading.min() < -2.8
        assert heading.max() > 2.8

    def test_scale_is_within_its_range_and_usual(self) -> None:
        rng = np.random.default_rng(0)
        how = Augmentation(scale=(0.8, 1.2), any_axis=True)
        scales = np.array([np.cbrt(np.linalg.det(random_transform(how, rng))) for _ in range(300)])
        assert scales.min() >= 0.8
        assert scales.max() <= 1.2
        assert 0.9 < (np.abs(scales - 1) > 1e-9).mean() < 1

    def test_colours_are_centred_or_ones(self) -> None:
        rng = np.random.default_rng(0)
        rgb = np.array([[0, 128, 255]], np.uint8)
        plain = network_colours(rgb, Augmentation(colour_sigma=0), rng)
        np.testing.assert_allclose(plain, [[-0.5, 128 / 255 - 0.5, 0.5]], atol=1e-6)
        assert network_colours(rgb, Augmentation(use_colours=False), rng).tolist() == [[1, 1, 1]]

    def test_the_mirror_keeps_up_and_flips_both_sides_independently(self) -> None:
        rng = np.random.default_rng(0)
        how = Augmentation(mirror=True, tilt_deg=0, yaw_deg=0)
        turns = np.stack([random_transform(how, rng) for _ in range(200)])
        signs = {tuple(np.diag(turn).tolist()) for turn in turns}
        assert signs == {(a, b, 1.0) for a in (-1.0, 1.0) for b in (-1.0, 1.0)}

    def test_some_views_are_grey_and_some_have_no_colour(self) -> None:
        rng = np.random.default_rng(0)
        rgb = rng.integers(0, 256, (50, 3), dtype=np.uint8)
        how = Augmentation(colour_sigma=0, grey=0.3, no_colour=0.2, colour_shift=0.5)
        views = [network_colours(rgb, how, rng) for _ in range(400)]
        none = np.mean([bool((view == 1).all()) for view in views])
        views = [view for view in views if (view != 1).any()]
        grey = np.mean([bool((np.ptp(view, axis=1) < 1e-6).all()) for view in views])
        plain = np.mean([np.allclose(view, rgb / 255 - 0.5, atol=1e-6) for view in views])
        assert 0.13 < none < 0.27
        assert 0.22 < grey < 0.38
        assert 0.25 < plain < 0.45
        assert max(np.abs(view).max() for view in views) <= 0.5

    def test_bending_is_smooth_and_as_often_as_asked(self) -> None:
        rng = np.random.default_rng(0)
        line = np.stack([np.linspace(0, 3, 300), np.zeros(300), np.zeros(300)], axis=1)
        how = Augmentation(bend=0.5)
        moves = [np.linalg.norm(bend(line, how, rng) - line, axis=1) for _ in range(60)]
        bent = [move for move in moves if move.any()]
        assert 15 < len(bent) < 45
        assert all(np.abs(np.diff(move)).max() < 0.03 for move in bent)
        assert 0.005 < np.mean([move.max() for move in bent]) < 0.5

    @pytest.mark.parametrize("up", [(0, 0, 1), (0, 0, -1), (0, 1, 0), (0.6, 0, 0.8)])
    def test_up_becomes_z(self, up: tuple[float, float, float]) -> None:
        turn = z_up(up)
        np.testing.assert_allclose(turn @ np.array(up), [0, 0, 1], atol=1e-12)
        assert np.linalg.det(turn) == pytest.approx(1)


class TestMatches:
    def test_each_row_gets_one_of_its_neighbours(self) -> None:
        rng = np.random.default_rng(1)
        first, second = rng.uniform(0, 0.3, (2, 80, 3)).astype(np.float32)
        apart = np.linalg.norm(first[:, None].astype(float) - second[None], axis=2)
        seen: dict[int, set[int]] = {}
        for seed in range(60):
            matches = one_match_each(first, second, 0.05, np.random.default_rng(seed))
            assert matches[:, 0].tolist() == np.flatnonzero((apart <= 0.05).any(1)).tolist()
            for i, j in matches.tolist():
                seen.setdefault(i, set()).add(j)
        for i, found in seen.items():
            neighbours = set(np.flatnonzero(apart[i] <= 0.05).tolist())
            assert found <= neighbours
            assert len(found) > 1 or len(neighbours) == 1

    def test_no_points_no_matches(self) -> None:
        none = np.zeros((0, 3), np.float32)
        assert one_match_each(none, none, 0.1, np.random.default_rng(0)).shape == (0, 2)


def test_first_per_cell_keeps_the_first_row() -> None:
    positions = np.array([[0.9, 0, 0], [0.1, 0, 0], [-0.1, 0, 0], [0.2, 0.3, 0.4]])
    assert first_per_cell(positions, 1.0).tolist() == [2, 0]


class TestPrepared:
    def test_a_second_start_reads_no_frame(self, tmp_path: Path) -> None:
        config = tiny_config()
        source = tiny_source()
        first = made_ready(tmp_path, source, config)
        for path in (first.folder / "pairs.npz", first.folder / "frame-000003.npz"):
            path.unlink()  # What a kill may leave undone.
        asked: list[int] = []
        sequence = source.sequence

        def load(index: int):  # type: ignore[no-untyped-def]
            asked.append(index)
            return sequence[index]

        again = FrameSource(
            type(sequence)(sequence.name, sequence.up, sequence.names, load), identity=""
        )
        second = made_ready(tmp_path, again, config)
        assert asked == [0, 3]  # 0 for the origin.
        assert np.array_equal(first.pairs.overlap, second.pairs.overlap)
        asked.clear()
        made_ready(tmp_path, again, config)
        assert asked == []

    def test_another_voxel_size_is_another_folder(self, tmp_path: Path) -> None:
        one = made_ready(tmp_path, tiny_source(), tiny_config())
        other = made_ready(tmp_path, tiny_source(), tiny_config(voxel_size_m=0.1))
        assert one.folder != other.folder


class TestScans:
    def source(self, *, lying: bool = False) -> ScanSource:
        room = small_room(30_000)
        positions = room.scan.positions
        if lying:
            x, y, z = positions.T
            positions = np.stack([x, z, -y], axis=1)
        scan = PointScan(positions=positions, colours=room.scan.colours)
        up = (0.0, 1.0, 0.0) if lying else (0.0, 0.0, 1.0)
        return ScanSource("room", scan, up, room.classes, ("a",) * 20)

    def prepared(self, folder: Path, source: ScanSource) -> PreparedScan:
        return prepare_scan(source, folder, voxel_size_m=0.05, crops=3, points=(2000, 6000))

    def test_pieces_overlap_differ_and_keep_their_classes(self, tmp_path: Path) -> None:
        source = self.source()
        prepared = self.prepared(tmp_path, source)
        truth = {
            tuple(p): int(c)
            for p, c in zip(
                (source.scan.positions - np.round(source.scan.positions.mean(axis=0)))
                .astype(np.float32)
                .tolist(),
                np.asarray(source.classes),
                strict=True,
            )
        }
        rng = np.random.default_rng(0)
        seen = set()
        for turn in range(8):
            first, second = prepared.pair(turn % 3, rng)
            for piece in (first, second):
                assert 2000 <= len(piece.positions) < 6000
                assert piece.classes.tolist() == [truth[tuple(p)] for p in piece.positions.tolist()]
            both = set(map(tuple, first.positions)) & set(map(tuple, second.positions))
            assert len(both) > 0.05 * len(first.positions)
            seen.add(first.positions.tobytes())
        assert len(seen) == 8

    def test_a_scan_with_another_axis_up_is_turned(self, tmp_path: Path) -> None:
        pieces = [
            self.prepared(tmp_path, self.source(lying=lying)).pair(0, np.random.default_rng(0))[0]
            for lying in (False, True)
        ]
        heights = [float(np.ptp(piece.positions[:, 2])) for piece in pieces]
        assert heights[0] == pytest.approx(heights[1], abs=0.05)

    def test_scans_and_frames_share_an_epoch_in_the_shares_asked_for(self, tmp_path: Path) -> None:
        config = tiny_config(pairs_per_source=2, crop_points=(500, 1000))
        sources: list[Prepared] = [
            made_ready(tmp_path, tiny_source(), config),
            self.prepared(tmp_path, self.source()),
        ]
        assert len(sources[0]) >= 2
        batches = PairBatches(sources, config, size=4, first=0, count=2)
        assert batches.ends.tolist() == [2, 4]
        one, again = batches[0], PairBatches(sources, config, size=4, first=0, count=1)[0]
        assert torch.equal(one.first.coords, again.first.coords)
        known = [
            bool((one.first.classes[one.first.coords[:, 0] == scene] != 255).any())
            for scene in range(4)
        ]
        assert sum(known) == 2  # The scan's; the recording has no classes.


def test_what_has_a_class_but_no_number_is_one_object_per_class(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    positions = rng.uniform(0, 5, (400, 3))
    classes = rng.choice([0, 1, 4, 255], 400).astype(np.uint8)
    numbers = np.where(classes == 4, rng.integers(1, 4, 400), 0)
    numbers[classes == 255] = rng.choice([0, 9], int((classes == 255).sum()))
    colours = np.stack([np.arange(400) // 256, np.arange(400) % 256, numbers], axis=1)
    scan = PointScan(positions=positions, colours=colours.astype(np.uint8))
    source = ScanSource("s", scan, classes=classes, class_names=("a",) * 5, objects=numbers)
    prepared = prepare_scan(source, tmp_path, voxel_size_m=0.02, crops=1, points=(390, 400))
    cloud, _ = prepared.pair(0, np.random.default_rng(0))
    row = cloud.colours[:, 0].astype(int) * 256 + cloud.colours[:, 1]
    for found, number, known in zip(cloud.objects, numbers[row], classes[row], strict=True):
        assert found == (number if number else -1 if known == 255 else 65536 + int(known))


class TestBatches:
    def test_matches_show_the_same_place_and_geometry_is_the_worlds(self, tmp_path: Path) -> None:
        config = tiny_config(points=10_000)
        source = made_ready(tmp_path, tiny_source(), config)
        sequence = room_sequence(6)
        batch = PairBatches([source], config, size=3, first=0, count=1)[0]
        assert batch.counts.sum() == len(batch.first_rows) == len(batch.positions) > 100
        for view, rows in ((batch.first, batch.first_rows), (batch.second, batch.second_rows)):
            assert view.coords.shape == (len(view.colours), 4)
            scene = view.coords[rows, 0]
            assert torch.equal(torch.bincount(scene, minlength=3), batch.counts)
            assert len(torch.unique(view.coords, dim=0)) == len(view.coords)
        # Textures are a function of the place: matched colours are alike, jitter aside.
        plain = config.model_copy(update={"augmentation": Augmentation(colour_sigma=0)})
        batch = PairBatches([source], plain, size=3, first=0, count=1)[0]
        apart = batch.first.colours[batch.first_rows] - batch.second.colours[batch.second_rows]
        assert apart.abs().mean() < 0.12
        # On the walls, the floor or the ceiling of the room, up to a voxel.
        origin = np.round(sequence[0].world_from_camera[:3, 3])
        world = batch.positions.numpy() + origin
        to_wall = np.minimum(np.abs(world), np.abs(world - [4.0, 3.0, 2.5])).min(axis=1)
        assert to_wall.max() < 1.8 * 0.08

    def test_every_pair_comes_once_per_epoch_whatever_the_processes(self, tmp_path: Path) -> None:
        config = tiny_config()
        source = made_ready(tmp_path, tiny_source(), config)
        count = 4

        def batches(rank: int, world: int, first: int = 0) -> PairBatches:
            return PairBatches(
                [source], config, size=1, first=first, count=count, rank=rank, world=world
            )

        alone = [batches(0, 1)[i] for i in range(4)]
        split = [batches(i % 2, 2)[i // 2] for i in range(4)]
        later = [batches(0, 1, first=2)[i] for i in range(2)]
        for one, other in [*zip(alone, split, strict=True), *zip(alone[2:], later, strict=True)]:
            assert torch.equal(one.first.coords, other.first.coords)
            assert torch.equal(one.second_rows, other.second_rows)

    def test_pointcontrast_keeps_its_points_over_the_whole_batch(self, tmp_path: Path) -> None:
        config = tiny_config(method="pointcontrast", points=50)
        source = made_ready(tmp_path, tiny_source(), config)
        batch = PairBatches([source], config, size=3, first=0, count=1)[0]
        assert len(batch.first_rows) == 50
        assert int(batch.counts.sum()) == 50
