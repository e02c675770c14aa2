# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Why a benchmark cannot start or go on."""

from __future__ import annotations

from fewpoints.annotations.errors import AppError


class BenchmarkMismatch(AppError):
    """The folder belongs to a run with other options, or to none."""

    status = 409
    code = "benchmark_mismatch"


class BenchmarkDamaged(AppError):
    """A file of the run's folder says what no run writes."""

    status = 422
    code = "benchmark_damaged"


class BadProtocol(AppError):
    """What was asked for cannot be measured, on this data set or on any."""

    status = 422
    code = "bad_protocol"
