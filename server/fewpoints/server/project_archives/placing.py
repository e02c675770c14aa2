# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Gives the files of an archive their final names, which depend on the new ids."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from fewpoints.server.channels.service import Facts, channel_path
from fewpoints.server.project_archives.ids import Ids
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage


def prepared_scans(work: Path, scans: Mapping[int, object]) -> set[int]:
    """Return the scans, by their old ids, that come with their superpoints."""
    return {
        number for number in scans if (work / "scans" / str(number) / "superpoints.npz").exists()
    }


def place_files(
    session: Session,
    storage: Storage,
    work: Path,
    ids: Mapping[str, Ids],
    progress: Callable[[], None],
) -> None:
    """Move what was unpacked into `work` to where the rows look for it.

    Args:
        ids: of each table, whose rows are written.
        progress: called before each scan; may raise.
    """
    for old, scan_id in ids["scan"].pairs():
        folder = work / "scans" / str(old)
        progress()
        if folder.exists():
            _arrange(session, storage, folder, scan_id, ids)
            storage.publish(folder, storage.scan_folder(scan_id))
    for old, checkpoint_id in ids["checkpoint"].pairs():
        storage.publish(work / "checkpoints" / str(old), storage.checkpoint_folder(checkpoint_id))
    for old, job_id in ids["job"].pairs():
        losses = work / "jobs" / str(old)
        if losses.exists():
            os.replace(losses, storage.job_losses(job_id))


def _arrange(
    session: Session, storage: Storage, folder: Path, scan_id: int, ids: Mapping[str, Ids]
) -> None:
    """Give the files inside a scan's folder the names that they have in its final place."""
    scan = session.get_one(Scan, scan_id)
    final = storage.scan_folder(scan_id)

    def place(path: Path) -> Path:
        inside = folder / path.relative_to(final)
        inside.parent.mkdir(parents=True, exist_ok=True)
        return inside

    if (source := folder / "source").exists():
        os.replace(source, place(storage.scan_source(scan_id, scan.suffix)))
    if (superpoints := folder / "superpoints.npz").exists():
        assert scan.features_key is not None
        os.replace(superpoints, place(storage.superpoints_file(scan_id, scan.features_key)))
    for channel in sorted((folder / "channels").glob("*")):
        facts = Facts.of_scan(scan)
        path = channel_path(storage, facts, channel.name)  # type: ignore[arg-type] # By its rule.
        os.replace(channel, place(path))
    for truth in sorted((folder / "truths").glob("*.npy")):
        new = ids["label_import"].found(int(truth.stem))
        assert new is not None
        os.replace(truth, place(storage.truth_file(scan_id, new)))
    predicted = [int(found.name) for found in (folder / "predictions").glob("*")]
    if not predicted:
        return
    moved = folder / "moved"  # An old id may be the new one of another.
    moved.mkdir()
    for checkpoint in predicted:
        new = ids["checkpoint"].found(checkpoint)
        assert new is not None
        os.replace(folder / "predictions" / str(checkpoint), moved / str(new))
    os.rmdir(folder / "predictions")
    os.replace(moved, folder / "predictions")
