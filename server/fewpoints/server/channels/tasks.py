# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The estimation of normals."""

from __future__ import annotations

from typing import Any

import numpy as np

from fewpoints.annotations.scans.scan_arrays import load_arrays
from fewpoints.models.superpoints.normals import estimate_normals as normals_of
from fewpoints.server.channels.files import normal_bytes, save_channel
from fewpoints.server.channels.service import Facts, channel_path
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.scans.tables import Scan


def estimate_normals(context: JobContext, *, scan_id: int) -> dict[str, Any]:
    """Estimate a scan's normals for the view. Safe to run twice: what is there is kept."""
    with context.session() as session:
        scan = session.get(Scan, scan_id)
        if scan is None:
            raise JobCancelled
        facts = Facts.of(session, scan_id)
        cell = scan.voxel_size_m
    path = channel_path(context.storage, facts, "normals")
    if not path.exists():
        assert cell is not None
        context.progress(0.1, "Looking at the neighbours of every point")
        points = load_arrays(context.storage.scan_arrays(scan_id))
        normals = np.zeros((len(points), 3), np.float32)
        normals[points.finite] = normals_of(points.positions[points.finite], cell)
        context.progress(0.9, "Saving normals")
        save_channel(context.storage, scan_id, path, normal_bytes(normals))
    return {"scan_id": scan_id}
