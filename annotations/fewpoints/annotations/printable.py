# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Words out of files, as they can be shown and stored."""

from __future__ import annotations

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """The text in one line, with U+FFFD for all that is no character to be seen.

    Control characters and halves of character pairs break lines, terminals and databases.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else " " if char.isspace() else REPLACEMENT for char in text
    )
