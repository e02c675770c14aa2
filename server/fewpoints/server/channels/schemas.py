# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Channels over HTTP."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

ChannelName = Literal["intensity", "normals", "features"]


class ChannelRead(BaseModel):
    """What else than its colours can be seen of a scan's points.

    ready: its bytes can be fetched. missing: it can be made; `POST` its address, `reason` says
    what is missing. unavailable: the file lacks it, as `reason` says.
    low, high: the range that the bytes of an intensity span, in the file's own numbers.
    estimated: normals are not the file's own.
    """

    name: ChannelName
    state: Literal["ready", "missing", "unavailable"]
    reason: str | None = None
    version: str | None = None
    low: float | None = None
    high: float | None = None
    estimated: bool = False
