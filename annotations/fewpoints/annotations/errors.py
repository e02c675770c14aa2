# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The one base of every error that a user or their data can cause."""

from __future__ import annotations


class AppError(Exception):
    """A mistake by a user or their data.

    The message names the thing, the value and the way out. `status` is the HTTP status it becomes,
    `code` a stable machine-readable name. The command line prints the message and exits with 2.
    """

    status: int = 400
    code: str = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
