# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which scan next, over HTTP."""

from __future__ import annotations

from pydantic import BaseModel


class NextScanRead(BaseModel):
    """A scan to go on with, and why, in a sentence.

    `open` counts the queries that the person who asks can answer. `unexplained`, 0 to 1, is the
    share of the scan's surfaces that its answers say nothing about; null where that is not known.
    """

    scan_id: int
    name: str
    open: int
    unexplained: float | None
    reason: str
