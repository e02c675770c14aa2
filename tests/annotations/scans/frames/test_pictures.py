# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures are brought to the depth's pixels as a loop over them would."""

from __future__ import annotations

import contextlib
import struct
import zlib

import numpy as np
import pytest

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.frames.frame import Intrinsics
from fewpoints.annotations.scans.frames.pictures import (
    Place,
    colour_pixels,
    depth_pixels,
    picture_header,
)
from tests.annotations.scans.frames.recordings import jpeg, png

PLACE = Place("room", "picture.png")
RNG = np.random.default_rng(3)


def camera(width: int, height: int, f: float = 20.0, shift: float = 0.0) -> Intrinsics:
    return Intrinsics(width, height, f, f, width / 2 - 0.5 + shift, height / 2 - 0.5)


def test_smaller_pictures_are_block_means() -> None:
    pixels = RNG.integers(0, 256, (12, 16, 3)).astype(np.uint8)
    actual = colour_pixels(png(pixels), PLACE, camera(4, 3), None)
    wanted = pixels.reshape(3, 4, 4, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(actual, wanted, atol=1.01)  # Rounded twice.


def test_larger_pictures_repeat_pixels() -> None:
    pixels = RNG.integers(0, 256, (3, 4, 3)).astype(np.uint8)
    actual = colour_pixels(png(pixels), PLACE, camera(8, 6), None)
    np.testing.assert_array_equal(actual, pixels.repeat(2, 0).repeat(2, 1))


def test_own_camera_of_the_picture_is_followed() -> None:
    """A colour camera of twice the focal length and a shifted centre, pixel by pixel."""
    pixels = RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    depth, colour = camera(16, 16), camera(64, 64, f=40.0, shift=6.0)
    actual = colour_pixels(png(pixels), PLACE, depth, colour)
    for v in range(16):
        for u in range(16):
            x, y = (u - depth.cx) / depth.fx, (v - depth.cy) / depth.fy
            left = round(colour.fx * x + colour.cx - 0.5)
            top = round(colour.fy * y + colour.cy - 0.5)
            wanted = pixels[top : top + 2, left : left + 2].mean(axis=(0, 1))
            np.testing.assert_allclose(actual[v, u], wanted, atol=1.01)  # Rounded twice.


def test_beyond_the_picture_its_border_is_repeated() -> None:
    pixels = np.full((16, 16, 3), 50, np.uint8)
    actual = colour_pixels(png(pixels), PLACE, camera(16, 16, f=15.0), camera(16, 16, f=20.0))
    assert (actual == 50).all()


def test_large_jpegs_keep_their_colours() -> None:
    pixels = np.full((480, 640, 3), (200, 90, 20), np.uint8)
    pixels[:, 320:] = (20, 90, 200)
    actual = colour_pixels(jpeg(pixels), PLACE, camera(64, 48), None).astype(int)
    assert np.abs(actual[:, :31] - (200, 90, 20)).max() < 5
    assert np.abs(actual[:, 33:] - (20, 90, 200)).max() < 5


def test_grey_pictures_become_rgb() -> None:
    actual = colour_pixels(png(np.full((3, 4), 7, np.uint8)), PLACE, camera(4, 3), None)
    assert (actual == 7).all()


def test_another_shape_is_refused() -> None:
    wide = png(np.zeros((9, 16, 3), np.uint8))
    with pytest.raises(UnreadableScan, match=r"16 × 9 pixels, which is not the shape"):
        colour_pixels(wide, PLACE, camera(4, 3), None)


def test_depth_must_have_16_bits() -> None:
    with pytest.raises(UnreadableScan, match="16 bits"):
        depth_pixels(png(np.zeros((3, 4), np.uint8)), PLACE)
    with pytest.raises(UnreadableScan, match="16 bits"):
        depth_pixels(jpeg(np.zeros((3, 4, 3), np.uint8)), PLACE)
    pixels = RNG.integers(0, 65536, (3, 4)).astype(np.uint16)
    np.testing.assert_array_equal(depth_pixels(png(pixels), PLACE), pixels)


def test_absurd_sizes_are_refused_before_decoding() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    size = struct.pack(">IIBBBBB", 2**30, 2**30, 16, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(UnreadableScan, match="1073741824 × 1073741824"):
        depth_pixels(bomb, PLACE)


def test_changed_bytes_never_end_in_another_error() -> None:
    whole = jpeg(RNG.integers(0, 256, (24, 32, 3)).astype(np.uint8))
    grey = png(RNG.integers(0, 65536, (24, 32)).astype(np.uint16))
    for _ in range(300):
        for data, is_depth in ((bytearray(whole), False), (bytearray(grey), True)):
            data[RNG.integers(len(data))] = RNG.integers(256)
            with contextlib.suppress(UnreadableScan):
                if is_depth:
                    depth_pixels(bytes(data), PLACE)
                else:
                    colour_pixels(bytes(data), PLACE, camera(4, 3), None)


def test_other_files_are_told_apart() -> None:
    for data in (b"", b"GIF89a" + bytes(100), b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"):
        with pytest.raises(UnreadableScan):
            picture_header(data, PLACE)
