# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""ScanNet's .sens: compressions, lost poses, and files that lie."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.errors import AppError, UnreadableScan, UnsupportedFormat
from fewpoints.annotations.scans.frames.checks import check_frames
from fewpoints.annotations.scans.frames.frame import FrameSequence
from fewpoints.annotations.scans.frames.registry import read_frames
from tests.annotations.scans.frames import recordings as made

LOST = np.full((4, 4), -np.inf)
HEADER = 12 + 12 + 4 * 64 + 8 + 20 + 8


def opened(tmp_path: Path, data: bytes) -> FrameSequence:
    (tmp_path / "s.sens").write_bytes(data)
    return read_frames(tmp_path / "s.sens")


@pytest.mark.parametrize("colour_kind", [0, 1, 2])
@pytest.mark.parametrize("depth_kind", [0, 1])
def test_compressions_give_the_same_pixels(
    tmp_path: Path, colour_kind: int, depth_kind: int
) -> None:
    sequence = opened(tmp_path, made.sens(colour_kind=colour_kind, depth_kind=depth_kind))
    check_frames(sequence)
    frame = sequence[2]
    np.testing.assert_allclose(frame.depth, made.depth_of(made.POSES[2]), atol=0.0006)
    assert frame.colours is not None
    away = np.abs(frame.colours.astype(int) - made.colours_of(made.POSES[2]).astype(int))
    assert np.median(away) <= (3 if colour_kind == 2 else 0)


def test_depth_unit_is_the_files_own(tmp_path: Path) -> None:
    frame = opened(tmp_path, made.sens(units=4000.0))[0]
    np.testing.assert_allclose(frame.depth, made.depth_of(made.POSES[0]), atol=0.0002)


def test_lost_poses_are_left_out_and_counted(tmp_path: Path) -> None:
    sequence = opened(tmp_path, made.sens([made.POSES[0], LOST, made.POSES[2]]))
    assert list(sequence.names) == ["frame 0", "frame 2"]
    assert sequence.notes == ("1 of 3 frames have no pose and are left out.",)
    np.testing.assert_allclose(sequence[1].depth, made.depth_of(made.POSES[2]), atol=0.0006)
    with pytest.raises(UnreadableScan, match="none of the 1 frames has a pose"):
        opened(tmp_path, made.sens([LOST]))


def test_frames_without_picture_are_left_out_if_others_have_one(tmp_path: Path) -> None:
    sequence = opened(tmp_path, made.sens(pictures=[1]))
    assert list(sequence.names) == ["frame 1"]
    assert sequence.notes == ("2 of 3 frames have no picture and are left out.",)
    depth_only = opened(tmp_path, made.sens(pictures=[]))
    check_frames(depth_only)
    assert [depth_only[i].colours for i in range(3)] == [None] * 3


def test_pictures_of_gigabytes_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "s.sens").open("wb") as file:
        data = bytearray(made.sens(made.POSES[:1]))
        struct.pack_into("<Q", data, HEADER + 80, 2**31)
        file.write(data)
        file.truncate(2**31 + 10_000)  # Sparse: it takes no space.
    with pytest.raises(UnreadableScan, match="frame 0: a picture claims 2,147,483,648 bytes"):
        read_frames(tmp_path / "s.sens")


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (made.sens(version=3), UnsupportedFormat, "version 3"),
        (made.sens(depth_kind=2), UnsupportedFormat, "depth compression 2"),
        (made.sens(frames=2**60), UnreadableScan, "frames are claimed"),
        (made.sens(frames=4), UnreadableScan, "frame 3: the file ends"),
        (made.sens([], frames=0), UnreadableScan, "no frames"),
        (made.sens(units=0.0), UnreadableScan, "0 units per metre"),
        (made.sens(units=float("nan")), UnreadableScan, "nan units per metre"),
        (made.sens(fx=-28.0), UnreadableScan, "depth intrinsics: .*fx -28"),
        (made.sens(fx=float("inf")), UnreadableScan, "depth intrinsics: .*fx inf"),
        (struct.pack("<IQ", 4, 2**63) + bytes(500), UnreadableScan, "sensor's name claims"),
        (b"", UnreadableScan, "in the middle of its header"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    tmp_path: Path, data: bytes, error: type[AppError], words: str
) -> None:
    with pytest.raises(error, match=words):
        opened(tmp_path, data)


def test_depth_that_unpacks_to_another_size_is_refused(tmp_path: Path) -> None:
    bomb = opened(tmp_path, made.sens(depth_bytes=lambda raw: raw + bytes(50_000_000)))
    with pytest.raises(UnreadableScan, match="frame 0: the depth has more than 1,536 bytes"):
        bomb[0]
    short = opened(tmp_path, made.sens(depth_bytes=lambda raw: raw[:-10]))
    with pytest.raises(UnreadableScan, match="frame 0: the depth has 1,526 bytes, not 1,536"):
        check_frames(short)


def test_every_cut_is_refused(tmp_path: Path) -> None:
    """Cut anywhere before the measurements that are not read, the file is refused at once."""
    whole = made.sens()
    opened(tmp_path, whole[:-8])
    for length in [*range(0, HEADER + 100, 7), *range(HEADER, len(whole) - 8, 97), len(whole) - 9]:
        with pytest.raises(AppError):
            opened(tmp_path, whole[:length])


def test_changed_bytes_never_end_in_another_error(tmp_path: Path) -> None:
    whole = bytearray(made.sens())
    rng = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(whole)
        at = int(rng.integers(HEADER) if rng.random() < 0.5 else rng.integers(len(data)))
        data[at] = int(rng.integers(256))
        with contextlib.suppress(AppError):
            check_frames(opened(tmp_path, bytes(data)))
