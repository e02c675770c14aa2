# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Features on disk, so that the network runs once per scan, checkpoint and voxel size."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import Float32Array
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.features.extract import extract_features_to, open_features
from fewpoints.models.nets.checkpoint import LoadedNetwork

# Raise when the same scan and weights would give other features: it makes old files unused.
FEATURES_VERSION = 3
_log = logging.getLogger(__name__)


def scan_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def cache_path(
    cache_dir: Path, scan_hash: str, loaded: LoadedNetwork, *, voxel_size_m: float
) -> Path:
    """Return where the features of a scan are kept: the name holds all that they depend on."""
    key = "\n".join(
        (
            f"version {FEATURES_VERSION}",
            f"scan {scan_hash}",
            f"weights {loaded.sha256}",
            f"architecture {loaded.meta.arch}",
            f"voxel {voxel_size_m!r}",
        )
    )
    return cache_dir / f"features-{hashlib.sha256(key.encode()).hexdigest()[:40]}.npy"


def cached_features(
    scan: PointScan,
    scan_hash: str,
    loaded: LoadedNetwork,
    *,
    voxel_size_m: float,
    cache_dir: Path,
    device: str = "auto",
    progress: Progress = no_progress,
) -> Float32Array:
    """Return the features of a scan, from the cache or computed and added to it.

    Args:
        scan: N points.
        scan_hash: of the file the scan was read from, see `scan_hash`.
        cache_dir: made when missing. A file in it that is damaged is computed again.

    Returns:
        (N, F) float32, memory-mapped and read-only.
    """
    path = cache_path(cache_dir, scan_hash, loaded, voxel_size_m=voxel_size_m)
    found = find_features(
        len(scan), scan_hash, loaded, voxel_size_m=voxel_size_m, cache_dir=cache_dir
    )
    if found is not None:
        progress(1.0, "Features were computed before")
        return found
    return extract_features_to(
        path, scan, loaded.network, voxel_size_m=voxel_size_m, device=device, progress=progress
    )


def find_features(
    points: int,
    scan_hash: str,
    loaded: LoadedNetwork,
    *,
    voxel_size_m: float,
    cache_dir: Path,
) -> Float32Array | None:
    """Return the (points, F) features of a scan if they are in the cache, memory-mapped."""
    path = cache_path(cache_dir, scan_hash, loaded, voxel_size_m=voxel_size_m)
    return _usable(path, points, loaded.network.feature_channels)


def _usable(path: Path, points: int, columns: int) -> Float32Array | None:
    if not path.exists():
        return None
    try:
        # Reading the header and mapping fails where the file is cut short or not ours.
        features = open_features(path)
    except (ValueError, OSError, EOFError) as error:
        _log.warning("Cached features %s are damaged (%s); computing them again.", path.name, error)
        return None
    if features.shape != (points, columns) or features.dtype != np.float32:
        _log.warning("Cached features %s do not fit the scan; computing them again.", path.name)
        return None
    return features
