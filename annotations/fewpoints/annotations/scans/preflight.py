# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What is in a scan, and what to watch out for, before anybody labels it.

All guesses come with a reason and can be overruled; they use order statistics, so that a few wild
points do not decide.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fewpoints.annotations.scans.findings import Finding, Looked, find
from fewpoints.annotations.scans.fixes import Undo
from fewpoints.annotations.scans.grid import nearest_spacing
from fewpoints.annotations.scans.orientation import scan_up
from fewpoints.annotations.scans.scan import Field, PointScan
from fewpoints.annotations.scans.units import guess_unit, propose_voxel_size

# Sentences that are no reason to watch out.
_PLAIN = ("density", "crowded")


@dataclass(frozen=True)
class Preflight:
    """The findings; lengths in the file's unit unless the name ends in `_m`.

    `bounds` and `extent` are those of all finite points in the file's frame; `core_extent` leaves
    out the outer percent on each side. `voxel_size_m` is in the file's unit, too: it is what the
    file's coordinates are divided by, metres for nearly all files.
    """

    name: str
    format: str
    points: int
    finite_points: int
    fields: list[Field]
    bounds: dict[str, list[float]]
    extent: list[float]
    core_extent: list[float]
    unit: str
    unit_reason: str
    up_axis: str
    up_sign: int
    up_reason: str
    spacing: float | None
    spacing_m: float | None
    voxel_size_m: float
    voxel_size_reason: str
    colour_range: dict[str, list[int]] | None
    intensity_range: list[float] | None
    has_normals: bool
    label_fields: dict[str, dict[str, int]]
    shift: list[float]
    details: dict[str, str]
    findings: list[Finding]

    @property
    def warnings(self) -> list[str]:
        """The findings as sentences, without those that are plain numbers or offers."""
        return [finding.sentence for finding in self.findings if finding.code not in _PLAIN]

    def to_dict(self) -> dict[str, Any]:
        """The findings as JSON shows them; all numbers are finite."""
        out = asdict(self)
        out["warnings"] = self.warnings
        out["fields"] = [{"name": f.name, "type": f.type} for f in self.fields]
        return out


def inspect_scan(scan: PointScan, *, name: str, undo: Undo | None = None) -> Preflight:
    """Look at a scan with at least one finite point; `name` is what the report calls it.

    `undo`: what was done to it since it was read.
    """
    done = undo if undo is not None else Undo()
    rows = np.flatnonzero(scan.finite)
    points = scan.positions if len(rows) == len(scan) else scan.positions[rows]
    low, high = points.min(axis=0), points.max(axis=0)
    sample = points[:: max(1, len(points) // 500_000)]
    core_low, core_high = np.percentile(sample, (1, 99), axis=0)
    core = core_high - core_low
    up = scan_up(scan)
    unit = guess_unit(scan, core_low, core_high, up.axis)
    spacing = nearest_spacing(points)
    voxel = propose_voxel_size(spacing.median if spacing else None, core, unit)
    labels = {
        field: {
            "count": int((values >= 0).sum()),
            "classes": len(np.unique(values[values >= 0])),
        }
        for field, values in scan.labels.items()
    }
    return Preflight(
        name=name,
        format=scan.source_format,
        points=len(scan),
        finite_points=len(rows),
        fields=list(scan.fields),
        bounds={"min": low.tolist(), "max": high.tolist()},
        extent=(high - low).tolist(),
        core_extent=core.tolist(),
        unit=unit.name,
        unit_reason=unit.reason,
        up_axis=up.axis,
        up_sign=up.sign,
        up_reason=up.reason,
        spacing=spacing.median if spacing else None,
        spacing_m=spacing.median * unit.metres if spacing and unit.metres else None,
        voxel_size_m=voxel.size,
        voxel_size_reason=voxel.reason,
        colour_range=None
        if scan.colours is None
        else {"min": scan.colours.min(axis=0).tolist(), "max": scan.colours.max(axis=0).tolist()},
        intensity_range=_range(scan),
        has_normals=scan.normals is not None,
        label_fields=labels,
        shift=scan.global_shift.tolist(),
        details=dict(scan.details),
        findings=find(Looked(scan, len(rows), done, high - low, core, unit, up, spacing, voxel)),
    )


def _range(scan: PointScan) -> list[float] | None:
    if scan.intensity is None:
        return None
    finite = scan.intensity[np.isfinite(scan.intensity)]
    return [float(finite.min()), float(finite.max())] if len(finite) else None
