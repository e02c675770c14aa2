# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Errors that a checkpoint file can cause."""

from __future__ import annotations

from fewpoints.annotations.errors import AppError


class CheckpointUnreadable(AppError):
    """The file is not a checkpoint, is damaged, or holds more than plain weights."""

    status = 422
    code = "checkpoint_unreadable"


class CheckpointMismatch(AppError):
    """The weights are fine but belong to another network than the one wanted."""

    status = 422
    code = "checkpoint_mismatch"
