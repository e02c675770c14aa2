# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Why a pre-training run cannot start or go on."""

from __future__ import annotations

from fewpoints.annotations.errors import AppError


class UnusableSource(AppError):
    """A source holds no posed RGB-D frames that can be trained on."""

    status = 422
    code = "unusable_source"


class NoFramePairs(AppError):
    """No two frames of any source see enough of the same place."""

    status = 422
    code = "no_frame_pairs"


class RunMismatch(AppError):
    """The run folder belongs to a run with other options or data, or to none."""

    status = 409
    code = "run_mismatch"


class PretrainingDiverged(AppError):
    """The loss stopped being a number."""

    status = 409
    code = "pretraining_diverged"


class RunNotSaved(AppError):
    """The run folder cannot be written to."""

    status = 507
    code = "run_not_saved"
