# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A scan that came in an archive with others gets a file of its own before it is read.

Until then its source is the archive, which all its scans share, and it has no content hash.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress
from fewpoints.annotations.scans.archives.container import opened
from fewpoints.annotations.scans.archives.groups import groups
from fewpoints.annotations.scans.archives.looking import chosen, scans_in
from fewpoints.annotations.scans.import_options import ImportOptions
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.scans.service import stored_options
from fewpoints.server.scans.sources import OwnSource, own_source
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import safe_suffix


def lies_in_archive(scan: Scan) -> bool:
    """Whether the source of a scan is an archive that it has to be taken out of."""
    named = ImportOptions.from_json(scan.import_options).member is not None
    return scan.content_hash is None and named


def take_out(context: JobContext, scan_id: int, progress: Progress) -> None:
    """Put a scan's own file in the place of the archive. Safe to break off and to run twice.

    Raises:
        UnreadableScan: the archive is damaged where this scan lies.
        DiskFull: there is no room for its file.
    """
    with context.read() as session:
        scan = session.get(Scan, scan_id)
        if scan is None:
            raise JobCancelled
        name, size = scan.name, scan.bytes
        options = ImportOptions.from_json(scan.import_options)
        archive = context.storage.scan_source(scan_id, scan.suffix)
    context.storage.require_free(size)
    with context.storage.work_folder(context.work_name) as work:
        own = _own_file(archive, name, options.member, work / "own", progress)
        with context.session() as session:
            scan = session.get_one(Scan, scan_id)
            scan.suffix = safe_suffix(f"x{own.suffix}")
            scan.bytes = own.count
            scan.content_hash = own.sha256
            scan.import_options = stored_options(replace(options, member=None))
            source = context.storage.scan_source(scan_id, scan.suffix)
            context.storage.put_source(scan_id, own.path, scan.suffix)
    context.storage.remove_sources(scan_id, keep=source)


def _own_file(
    archive: Path, name: str, member: str | None, target: Path, progress: Progress
) -> OwnSource:
    try:
        with opened(archive, name=name) as container:
            # By its name where that is enough: there may be thousands of texts to look at.
            named = (group for group in groups(container.sizes).groups if group.name == member)
            group = next(named, None) or chosen(container, scans_in(container), member)
            return own_source(container, group, target, progress)
    except UnreadableScan as error:
        if not error.where:
            raise
        # Its place in the archive says enough: the scan has its name from there.
        sentence = error.message.removeprefix(f"{error.name}, {error.where}: ")
        raise UnreadableScan(error.where, sentence) from error
    except FileNotFoundError:
        raise UnreadableScan(name, "its archive is gone. Upload it again.") from None
