# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Errors of the convolution engine that a user's data or settings can cause."""

from __future__ import annotations

from fewpoints.annotations.errors import AppError


class InvalidVoxelSize(AppError):
    """The voxel size is not a positive, finite number of metres."""

    status = 422
    code = "invalid_voxel_size"

    def __init__(self, voxel_size_m: float) -> None:
        super().__init__(
            f"Voxel size {voxel_size_m} is not usable. Give a positive number of metres, e.g. 0.02."
        )


class VoxelGridTooLarge(AppError):
    """Points are spread so far apart that voxel indices do not fit."""

    status = 422
    code = "voxel_grid_too_large"


class BackendUnavailable(AppError):
    """The convolution backend asked for cannot run this case on this machine."""

    status = 422
    code = "backend_unavailable"
