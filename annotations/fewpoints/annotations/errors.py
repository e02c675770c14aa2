# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The one base of every error that a user or their data can cause."""

from __future__ import annotations

from fewpoints.annotations.printable import printable


class AppError(Exception):
    """A mistake by a user or their data.

    The message names the thing, the value and the way out. `status` is the HTTP status it becomes,
    `code` a stable machine-readable name. The command line prints the message and exits with 2.
    """

    status: int = 400
    code: str = "error"

    def __init__(self, message: str) -> None:
        # What it quotes may hold what no answer can be made of, such as halves of character pairs.
        message = "\n".join(map(printable, message.split("\n")))
        super().__init__(message)
        self.message = message


class _UnreadableFile(AppError):
    status = 422

    def __init__(self, name: str, problem: str, *, where: str = "") -> None:
        place = f"{name}, {where}" if where else name
        super().__init__(f"{place}: {printable(problem)}")  # It may quote the file.
        self.name = name
        self.where = where


class UnreadableScan(_UnreadableFile):
    """A scan file is damaged, or says something about itself that is not so.

    `where` is a line, a byte or a part of the file; empty when the whole file is meant.
    """

    code = "unreadable_scan"


class UnsupportedFormat(AppError):
    """A scan file is of a format, or of a dialect of one, that no reader handles."""

    status = 422
    code = "unsupported_format"


class UnreadableDataset(_UnreadableFile):
    """A file of a data set is missing, damaged, or contradicts the others.

    `name` is the file, or the data set; `where` is a line, a byte or a part of it.
    """

    code = "unreadable_dataset"


class InvalidClasses(AppError):
    """A class list breaks one of its own rules."""

    status = 422
    code = "invalid_classes"


class InvalidLabels(AppError):
    """A file or table of sparse labels cannot be used; the message names the line."""

    status = 422
    code = "invalid_labels"
