# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which channels a scan has, and their making."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from fewpoints.annotations.scans.scan_arrays import load_arrays
from fewpoints.server.channels import files
from fewpoints.server.channels.schemas import ChannelName, ChannelRead
from fewpoints.server.errors import AppError, Conflict
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.tables import Job
from fewpoints.server.scans.queries import scan_version
from fewpoints.server.scans.service import queue_features, ready_scan
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage


class NoChannel(AppError):
    """The channel is not there."""

    status = 404
    code = "no_channel"

    def __init__(self, scan_name: str, channel: ChannelRead) -> None:
        super().__init__(f"{scan_name} has no {channel.name} to show. {channel.reason}")


class NothingToMake(Conflict):
    """The channel is there, or cannot be."""

    code = "nothing_to_make"


@dataclass(frozen=True)
class Facts:
    """What of a scan's row its channels depend on, so that no session is held meanwhile."""

    scan_id: int
    name: str
    version: str
    features_key: str | None

    @classmethod
    def of(cls, session: Session, scan_id: int) -> Facts:
        """Read them.

        Raises:
            NotFound, ScanNotReady: there is no such scan, or it is not imported.
        """
        return cls.of_scan(ready_scan(session, scan_id))

    @classmethod
    def of_scan(cls, scan: Scan) -> Facts:
        """Take them of a scan that is ready."""
        version = scan_version(scan)
        assert version is not None
        return cls(scan.id, scan.name, version, scan.features_key)


def channel_path(storage: Storage, facts: Facts, name: ChannelName) -> Path:
    """Return where a channel is kept; its name holds all that the bytes depend on."""
    key = facts.features_key if name == "features" else facts.version
    return storage.channel_file(facts.scan_id, name, f"{key} {files.CHANNELS_VERSION}")


def describe(storage: Storage, facts: Facts, name: ChannelName) -> ChannelRead:
    """Say whether a channel can be seen, and why not."""
    path = channel_path(storage, facts, name)
    ready = ChannelRead(name=name, state="ready", version=path.stem)
    if name == "features":
        if facts.features_key is not None and path.exists():
            return ready
        return ChannelRead(
            name=name, state="missing", reason="The network's features are not made yet."
        )
    try:
        points = load_arrays(storage.scan_arrays(facts.scan_id))
    except FileNotFoundError:  # The scan is being deleted.
        return ChannelRead(name=name, state="unavailable", reason="The scan is gone.")
    if name == "intensity":
        if points.intensity is None:
            reason = "The file has no intensity."
            return ChannelRead(name=name, state="unavailable", reason=reason)
        span = files.usual_range(points.intensity)
        if span is None or not span.high > span.low:
            reason = "The file's intensity is the same nearly everywhere."
            return ChannelRead(name=name, state="unavailable", reason=reason)
        return ready.model_copy(update={"low": span.low, "high": span.high})
    if points.normals is None and not path.exists():
        reason = "The file has no normals; they can be estimated from its points."
        return ChannelRead(name=name, state="missing", reason=reason, estimated=True)
    return ready.model_copy(update={"estimated": points.normals is None})


def made(storage: Storage, facts: Facts, name: ChannelName) -> tuple[Path, str]:
    """Return the file of a channel and its version; what the scan's file holds is put there first.

    Raises:
        NoChannel: it cannot be seen, or must be made by a job first.
    """
    channel = describe(storage, facts, name)
    if channel.state != "ready":
        raise NoChannel(facts.name, channel)
    path = channel_path(storage, facts, name)
    if not path.exists():
        points = load_arrays(storage.scan_arrays(facts.scan_id))
        if name == "intensity":
            assert points.intensity is not None
            assert channel.low is not None
            assert channel.high is not None
            span = files.Range(channel.low, channel.high)
            values = files.intensity_bytes(np.asarray(points.intensity), span)
        else:
            assert points.normals is not None
            values = files.normal_bytes(points.normals)
        files.save_channel(storage, facts.scan_id, path, values)
    assert channel.version is not None
    return path, channel.version


def queue_channel(
    session: Session, storage: Storage, scan_id: int, name: ChannelName, user_id: int
) -> Job:
    """Queue the making of a channel that is missing, unless a job for it is under way.

    Raises:
        NothingToMake: it is there, or the scan's file does not allow it.
    """
    scan = ready_scan(session, scan_id)
    channel = describe(storage, Facts.of(session, scan_id), name)
    if channel.state != "missing":
        raise NothingToMake(
            f"The {name} of {scan.name} need no making. {channel.reason or 'They are there.'}"
        )
    if name == "features":
        return queue_features(session, scan, user_id)
    return jobs.enqueue_once(
        session, "normals", scan_id=scan.id, project_id=scan.project_id, user_id=user_id
    )
