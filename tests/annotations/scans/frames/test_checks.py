# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Sequences in which something is wrong are refused in one sentence."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.frames.checks import check_frames
from fewpoints.annotations.scans.frames.frame import Frame, FrameSequence, Intrinsics

CAMERA = Intrinsics(32, 24, 28.0, 27.0, 15.0, 12.5)


def frame(name: str = "f", camera: Intrinsics = CAMERA, depth: float = 1.5) -> Frame:
    shape = (camera.height, camera.width)
    colours = np.zeros((*shape, 3), np.uint8)
    return Frame(name, np.full(shape, depth, np.float32), colours, camera, np.eye(4))


def sequence(*frames: Frame) -> FrameSequence:
    return FrameSequence("s", (0, 0, 1), [f.name for f in frames], frames.__getitem__)


def refusal(*frames: Frame) -> str:
    with pytest.raises(UnreadableScan) as caught:
        check_frames(sequence(*frames))
    return caught.value.message


def test_good_frames_pass() -> None:
    check_frames(sequence(frame("a"), frame("b")))


def test_nothing_is_refused() -> None:
    assert refusal() == "s: there are no frames."


@pytest.mark.parametrize(
    ("camera", "words"),
    [
        (dataclasses.replace(CAMERA, fx=0.0), "must be positive: fx 0"),
        (dataclasses.replace(CAMERA, fy=-27.0), "must be positive"),
        (dataclasses.replace(CAMERA, cx=float("nan")), "must be positive"),
        (dataclasses.replace(CAMERA, cx=40.0), "outside the picture: .*cx 40"),
        (dataclasses.replace(CAMERA, cy=-3.0), "outside the picture"),
        (dataclasses.replace(CAMERA, cx=31.0, cy=23.0), "far from the middle"),
        (dataclasses.replace(CAMERA, fx=2.0), "would see 166°"),
        (dataclasses.replace(CAMERA, fy=900.0), "would see"),
    ],
)
def test_wrong_cameras_are_refused(camera: Intrinsics, words: str) -> None:
    assert re.search(words, refusal(frame("a"), frame("b", camera)))


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_intrinsics_for_half_or_double_the_resolution_are_refused(factor: float) -> None:
    wrong = Intrinsics(32, 24, 28 * factor, 27 * factor, 15.5 * factor, 11.5 * factor)
    assert "another resolution" in refusal(frame("a", wrong))


def test_mixed_sizes_are_refused() -> None:
    message = refusal(frame("a"), frame("b", CAMERA.resized(64, 48)))
    assert message.startswith("s, b: the depth has 64 × 48 pixels, that of a 32 × 24")


def test_depth_of_zeros_is_refused() -> None:
    assert "zero everywhere" in refusal(frame(depth=0), frame(depth=0))
    check_frames(sequence(frame(depth=0), frame()))


def test_a_wrong_unit_of_depth_is_refused() -> None:
    assert "beyond 1.5e+03 m" in refusal(frame(depth=1500))
    assert "unit" in refusal(frame(depth=0.0015))


def test_depth_that_is_no_number_is_refused() -> None:
    assert "not finite" in refusal(frame(depth=float("nan")))
    assert "negative" in refusal(frame(depth=-1.0))


def test_poses_are_checked() -> None:
    bad = np.diag([1.0, 1, -1, 1])
    assert "s, f: the pose mirrors" in refusal(dataclasses.replace(frame(), world_from_camera=bad))
    lost = np.full((4, 4), np.nan)
    assert "not finite" in refusal(dataclasses.replace(frame(), world_from_camera=lost))


def test_frames_without_picture_among_others_are_refused() -> None:
    assert "some have none" in refusal(frame("a"), dataclasses.replace(frame("b"), colours=None))
