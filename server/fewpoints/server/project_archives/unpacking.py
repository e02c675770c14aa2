# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Takes the files of an archive out into a working folder, and trusts none.

checkpoints/ID/network.safetensors   as the storage has them
jobs/ID                              the curve of a training
scans/ID/source, data/..., superpoints.npz, channels/NAME, truths/IMPORT.npy
scans/ID/predictions/CHECKPOINT/...  in both orders of points
"""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.progress import Progress
from fewpoints.server.project_archives import scan_files
from fewpoints.server.project_archives.contents import Contents, ScanFacts
from fewpoints.server.project_archives.layout import Member, member_of
from fewpoints.server.project_archives.reading import Archive
from fewpoints.server.storage import Storage, readable_bytes


def check_members(archive: Archive, contents: Contents) -> None:
    """See that each file belongs to a row and that no file that a row needs is missing."""
    needed = {f"checkpoints/{number}.safetensors" for number in contents.weights}
    needed |= {f"scans/{scan}/predictions/{made}.npy" for scan, made in contents.predictions}
    needed |= {f"scans/{scan}/truth/{made}.npy" for scan, made in contents.truths}
    for number, scan in contents.scans.items():
        if scan.state == "ready":
            needed |= {f"scans/{number}/data/{name}" for name in scan_files.DATA_FILES}
        elif scan.state != "failed":
            needed.add(f"scans/{number}/source")
    missing = needed - set(archive.manifest.members)
    if missing:
        archive.refuse(sorted(missing)[0])("it is missing.")
    jobs_known = set(contents.ids["job"])
    for name, member in archive.members():
        if not _has_row(member, contents, jobs_known):
            archive.refuse(name)("no row of its tables belongs to it.")


def _has_row(member: Member, contents: Contents, jobs_known: set[int]) -> bool:
    if member.kind == "rows":
        return True
    if member.kind == "checkpoint":
        return member.owner in contents.weights
    if member.kind == "losses":
        return member.owner in jobs_known
    scan = contents.scans.get(member.owner)
    if scan is None:
        return False
    if member.kind == "source":
        return scan.state != "ready"
    if member.kind == "prediction":
        return (member.owner, int(member.rest)) in contents.predictions
    if member.kind == "truth":
        return (member.owner, int(member.rest)) in contents.truths
    if member.kind == "superpoints":
        return scan.features_key is not None and scan.state == "ready"
    return scan.state == "ready"


def take_out_files(
    archive: Archive, contents: Contents, storage: Storage, work: Path, progress: Progress
) -> None:
    """Write every file to where `_working_path` says, and check what is in it.

    Raises:
        DamagedArchive: one is not as it should be.
        DiskFull: there are no links here, and no room for copies.
    """
    total, done = archive.bytes or 1, 0
    shared: list[tuple[Member, str]] = []
    for name, member in archive.members():
        told = archive.manifest.members[name]
        if told.same_as is not None:
            shared.append((member, told.same_as))
            continue
        done += told.bytes
        if member.kind == "rows":
            continue
        sizes = f"{readable_bytes(done)} of {readable_bytes(total)}"
        progress(0.6 * done / total, f"Unpacking {archive.name}: {sizes}")
        target = _working_path(work, member)
        archive.take_out(name, target)
        refuse = archive.refuse(name)
        if member.kind == "checkpoint":
            if (told.bytes, told.sha256) != contents.weights[member.owner]:
                refuse("it is not the file that its checkpoint was trained as.")
            scan_files.check_weights(target, refuse)
        elif member.kind == "losses":
            scan_files.check_losses(target, refuse)
    for member, same in shared:
        first = member_of(same)
        assert first is not None
        target = _working_path(work, member)
        target.parent.mkdir(parents=True, exist_ok=True)
        storage.link_or_copy(_working_path(work, first), target)
    for count, (number, scan) in enumerate(contents.scans.items()):
        share = 0.6 + 0.1 * count / len(contents.scans)
        progress(share, f"Checking {scan.name}")
        if scan.state == "ready":
            _check_scan(archive, contents, work / "scans" / str(number), number, scan)


def _working_path(work: Path, member: Member) -> Path:
    if member.kind == "checkpoint":
        return work / "checkpoints" / str(member.owner) / "network.safetensors"
    if member.kind == "losses":
        return work / "jobs" / str(member.owner)
    names = {
        "source": "source",
        "data": f"data/{member.rest}",
        "superpoints": "superpoints.npz",
        "channel": f"channels/{member.rest}",
        "prediction": f"predicted/{member.rest}.npy",
        "truth": f"truths/{member.rest}.npy",
    }
    return work / "scans" / str(member.owner) / names[member.kind]


def _check_scan(
    archive: Archive, contents: Contents, folder: Path, number: int, scan: ScanFacts
) -> None:
    base = f"scans/{number}"
    scan_files.check_data(folder / "data", scan, archive.refuse(f"{base}/data"))
    superpoints = folder / "superpoints.npz"
    if superpoints.exists():
        scan_files.check_superpoints(superpoints, scan, archive.refuse(f"{base}/superpoints.npz"))
    for path in sorted((folder / "channels").glob("*")):
        refuse = archive.refuse(f"{base}/channels/{path.name}.bin")
        scan_files.check_channel(path, scan, refuse)
    for path in sorted((folder / "truths").glob("*.npy")):
        scan_files.check_truth(path, scan, archive.refuse(f"{base}/truth/{path.name}"))
    for path in sorted((folder / "predicted").glob("*.npy")):
        scan_files.spread_prediction(
            path,
            folder / "predictions" / path.stem,
            folder / "data",
            scan,
            archive.refuse(f"{base}/predictions/{path.name}"),
        )
