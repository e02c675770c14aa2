# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Files of the server: the only module that builds paths.

Every file appears under its final name complete or not at all: it is written beside it and renamed.
Nothing a client sends becomes part of a path.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from fewpoints.server.errors import AppError
from fewpoints.server.home_lock import alone
from fewpoints.server.settings import Settings


class DiskFull(AppError):
    """The disk has too little free space."""

    status = 507
    code = "disk_full"

    def __init__(self, *, free: int, needed: int) -> None:
        super().__init__(
            f"The disk has {readable_bytes(free)} free and this needs {readable_bytes(needed)} "
            "(including the reserve). Free some space and try again."
        )


def readable_bytes(count: int) -> str:
    """Return a byte count as people write it."""
    if count < 1000:
        return f"{count} bytes"
    value, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.1f} {units[0]}"


def display_name(raw: str, *, fallback: str) -> str:
    """Return the last part of a path-like name, without control characters, at most 200 long."""
    name = re.split(r"[\\/]", raw)[-1]
    name = "".join(c for c in name if c.isprintable()).strip().strip(".")
    if len(name) > 200:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[:180]}{dot}{suffix[:15]}" if dot else name[:200]
    return name or fallback


def safe_suffix(name: str) -> str:
    """Return the lower-case suffix of a display name, with its dot, if it is a harmless one."""
    match = re.search(r"\.[A-Za-z0-9]{1,12}$", name)
    return match.group(0).lower() if match else ""


def fsync_file(path: Path) -> None:
    """Make what was written to a file durable."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Make renames inside `folder` durable, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Storage:
    """A local directory."""

    def __init__(self, settings: Settings) -> None:
        self.home = settings.home
        self._min_free_bytes = settings.min_free_bytes

    def prepare(self) -> None:
        """Create the folders and remove what an interrupted run left in the temporary ones.

        A command that began beside an earlier server may still use those: then they stay.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with alone(self.commands_lock_file) as nobody_else:
            if nobody_else:
                for folder in (self._uploads, self._work):
                    shutil.rmtree(folder, ignore_errors=True)
            for folder in (
                self._uploads,
                self._partial,
                self._work,
                self._archives,
                self.home / "scans",
                self.home / "checkpoints",
                self.home / "exports",
                self.features,
                self._logs,
            ):
                folder.mkdir(exist_ok=True)

    @property
    def _uploads(self) -> Path:
        return self.home / "uploads"

    @property
    def _partial(self) -> Path:
        return self.home / "partial"

    @property
    def _archives(self) -> Path:
        return self.home / "archives"

    @property
    def _work(self) -> Path:
        return self.home / "work"

    @property
    def _logs(self) -> Path:
        return self.home / "logs"

    @property
    def features(self) -> Path:
        """Folder of the feature cache."""
        return self.home / "features"

    @property
    def commands_lock_file(self) -> Path:
        """Shared by commands that work beside a server."""
        return self.home / "commands.lock"

    @property
    def lock_file(self) -> Path:
        """Held by the one server that runs on this folder."""
        return self.home / "server.lock"

    @property
    def import_lock_file(self) -> Path:
        """Held by the one process that imports a project."""
        return self.home / "import.lock"

    # --- free space ---

    def free_bytes(self, folder: Path | None = None) -> int:
        """Return the free space of the disk of a folder, by default of the data folder."""
        return shutil.disk_usage(folder or self.home).free

    def require_free(self, count: int, folder: Path | None = None) -> None:
        """Check that `count` more bytes leave the reserve untouched.

        Args:
            folder: on whose disk; by default that of the data folder.

        Raises:
            DiskFull: they would not.
        """
        free = self.free_bytes() if folder is None else self.free_bytes(folder)
        needed = count + self._min_free_bytes
        if free < needed:
            raise DiskFull(free=free, needed=needed)

    def link_or_copy(self, path: Path, other: Path) -> None:
        """Give a file of the data folder another name there, too; copy it where that cannot be.

        Raises:
            DiskFull: there are no links here, and no room for a copy.
        """
        try:
            os.link(path, other)
        except OSError:  # Not every file system has links, and none has any number of them.
            self.require_free(path.stat().st_size)
            shutil.copyfile(path, other)

    # --- uploads ---

    @contextmanager
    def temporary_upload(self, suffix: str = "") -> Iterator[Path]:
        """A path for an incoming file; whatever is there at the end of the block is removed."""
        handle, name = tempfile.mkstemp(prefix="upload-", suffix=suffix, dir=self._uploads)
        os.close(handle)
        path = Path(name)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def partial_file(self, upload_id: int, suffix: str) -> Path:
        """What has arrived of an upload in pieces; it outlives the server's restart."""
        return self._partial / str(int(upload_id)) / f"upload-{int(upload_id)}{suffix}"

    def partial_bytes(self, upload_id: int, suffix: str) -> int:
        """Return how much of an upload in pieces has arrived."""
        try:
            return self.partial_file(upload_id, suffix).stat().st_size
        except FileNotFoundError:
            return 0

    def partial_ids(self) -> set[int]:
        """Return the uploads in pieces of which something is here."""
        return {int(entry.name) for entry in self._partial.iterdir() if entry.name.isdecimal()}

    def remove_partial(self, upload_id: int) -> None:
        """Remove what has arrived of an upload in pieces."""
        self._remove(self._partial / str(int(upload_id)))

    # --- archives of projects on their way in ---

    def archive_file(self, token: str) -> Path:
        """An archive that a job is to import; it outlives the server's restart."""
        assert re.fullmatch(r"[0-9a-f]{32}", token)
        return self._archives / f"{token}.zip"

    def remove_archives(self, *, keep: Collection[str], older_than_s: float) -> None:
        """Remove archives that no job will import: old ones, but for the tokens in `keep`."""
        for path in self._archives.glob("*.zip"):
            if path.stem in keep:
                continue
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > older_than_s:
                    path.unlink()

    # --- scans ---

    def scan_folder(self, scan_id: int) -> Path:
        """Folder of one scan."""
        return self.home / "scans" / str(int(scan_id))

    def adopt_upload(self, scan_id: int, upload: Path, suffix: str) -> None:
        """Make `upload` the source file of a new scan."""
        folder = self.scan_folder(scan_id)
        shutil.rmtree(folder, ignore_errors=True)  # Of a scan whose transaction never committed.
        folder.mkdir(parents=True)
        os.replace(upload, self.scan_source(scan_id, suffix))
        fsync_folder(folder)

    def share_upload(self, scan_ids: Sequence[int], upload: Path, suffix: str) -> None:
        """Make `upload` the source file of each of some new scans; it stays where it is.

        Its bytes are on the disk once, and as long as one of these scans has them.

        Raises:
            DiskFull: there are no links here, and no room for copies. No scan has it then.
        """
        try:
            for scan_id in scan_ids:
                folder = self.scan_folder(scan_id)
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                self.link_or_copy(upload, self.scan_source(scan_id, suffix))
        except BaseException:
            for scan_id in scan_ids:
                self.remove_scan(scan_id)
            raise
        # Once for all: what was linked before is in the same journal.
        fsync_folder(self.home / "scans")

    def put_source(self, scan_id: int, made: Path, suffix: str) -> None:
        """Give a scan another source file, durably; one with another suffix stays beside it."""
        fsync_file(made)
        os.replace(made, self.scan_source(scan_id, suffix))
        fsync_folder(self.scan_folder(scan_id))

    def scan_source(self, scan_id: int, suffix: str) -> Path:
        """The uploaded file; removed once the scan is imported or found unreadable."""
        return self.scan_folder(scan_id) / f"source{suffix}"

    def remove_sources(self, scan_id: int, *, keep: Path | None = None) -> None:
        """Remove every source file of a scan but `keep`."""
        for path in self.scan_folder(scan_id).glob("source*"):
            if path != keep:
                path.unlink(missing_ok=True)

    def scans_of_sources(self, *, older_than_s: float) -> set[int]:
        """Ids of scans of which only the uploaded file is here, and that for so long."""
        found = set()
        for folder in (self.home / "scans").glob("[0-9]*"):
            with suppress(FileNotFoundError):
                names = [path.name for path in folder.iterdir()]
                alone = all(name.startswith("source") for name in names)
                if alone and time.time() - folder.stat().st_mtime > older_than_s:
                    found.add(int(folder.name))
        return found

    def scan_data(self, scan_id: int) -> Path:
        """Folder of the parsed arrays, tiles and preflight."""
        return self.scan_folder(scan_id) / "data"

    def scan_arrays(self, scan_id: int) -> Path:
        """Folder of the parsed arrays (`scans/scan_arrays.py`)."""
        return self.scan_data(scan_id) / "arrays"

    def scan_file(self, scan_id: int, name: str) -> Path:
        """One of tiles.bin, tiles.json, order.bin, preflight.json."""
        assert name in ("tiles.bin", "tiles.json", "order.bin", "preflight.json")
        return self.scan_data(scan_id) / name

    def label_counts(self, scan_id: int) -> Path:
        """How often each value of its label fields occurs (`file_labels/counts.py`)."""
        return self.scan_data(scan_id) / "label-counts.json"

    def truth_file(self, scan_id: int, import_id: int) -> Path:
        """The true class of every point, by one import of labels."""
        return self.scan_folder(scan_id) / "truth" / f"{int(import_id)}.npy"

    def superpoints_file(self, scan_id: int, key: str) -> Path:
        """A scan's superpoints; `key` names the features and the voxel size that they are of.

        Its folder holds no others, and is replaced as a whole.
        """
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        return self.scan_folder(scan_id) / "superpoints" / f"{name}.npz"

    def channel_file(self, scan_id: int, name: str, key: str) -> Path:
        """What the view shows of a scan's points under `name`; `key` holds what it depends on."""
        assert name.isidentifier()
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        return self.scan_folder(scan_id) / "channels" / f"{name}-{digest}.bin"

    def prediction_folder(self, scan_id: int, checkpoint_id: int) -> Path:
        """Folder of one checkpoint's prediction for one scan."""
        return self.scan_folder(scan_id) / "predictions" / str(int(checkpoint_id))

    def remove_prediction(self, scan_id: int, checkpoint_id: int) -> None:
        """Remove the files of one prediction."""
        self._remove(self.prediction_folder(scan_id, checkpoint_id))

    def remove_scan(self, scan_id: int) -> None:
        """Remove every file of a scan. The folder vanishes in one step, its content after that."""
        self._remove(self.scan_folder(scan_id))

    # --- checkpoints, exports, logs ---

    def checkpoint_folder(self, checkpoint_id: int) -> Path:
        """Folder of one checkpoint."""
        return self.home / "checkpoints" / str(int(checkpoint_id))

    def checkpoint_file(self, checkpoint_id: int) -> Path:
        """The weights of one checkpoint."""
        return self.checkpoint_folder(checkpoint_id) / "network.safetensors"

    def run_folder(self, job_id: int) -> Path:
        """Folder where a training run keeps the state it can resume from."""
        return self.home / "checkpoints" / f"run-{int(job_id)}"

    def remove_run_folder(self, job_id: int) -> None:
        """Remove what a training could resume from; for jobs that have ended."""
        shutil.rmtree(self.run_folder(job_id), ignore_errors=True)

    def remove_run_folders(self, *, keep: Collection[int]) -> None:
        """Remove what trainings left behind, but for the jobs in `keep`, which may go on."""
        kept = {self.run_folder(job_id) for job_id in keep}
        for folder in (self.home / "checkpoints").glob("run-*"):
            if folder not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def remove_checkpoint(self, checkpoint_id: int) -> None:
        """Remove every file of a checkpoint."""
        self._remove(self.checkpoint_folder(checkpoint_id))

    def export_folder(self, export_id: int) -> Path:
        """Folder of one export's file."""
        return self.home / "exports" / str(int(export_id))

    def export_file(self, export_id: int, filename: str) -> Path:
        """The file of one export."""
        assert filename == display_name(filename, fallback="")
        return self.export_folder(export_id) / filename

    def remove_export(self, export_id: int) -> None:
        """Remove one export's file."""
        self._remove(self.export_folder(export_id))

    def job_log(self, job_id: int) -> Path:
        """What one job's worker printed."""
        return self._logs / f"job-{int(job_id)}.log"

    def job_losses(self, job_id: int) -> Path:
        """The losses that one job's training told (`jobs/output.py`)."""
        return self._logs / f"job-{int(job_id)}.losses"

    def worker_log(self, lane: str) -> Path:
        """What a worker prints between jobs."""
        assert lane.isidentifier()
        return self._logs / f"worker-{lane}.log"

    # --- publishing folders ---

    @contextmanager
    def work_folder(self, name: str) -> Iterator[Path]:
        """A fresh folder for half-made files, removed at the end of the block."""
        assert re.fullmatch(r"[a-z0-9-]+", name)
        folder = self._work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, made: Path, final: Path) -> None:
        """Give a finished folder its final name, in place of an older one, durably."""
        for path in made.rglob("*"):
            if path.is_file():
                fsync_file(path)
        final.parent.mkdir(parents=True, exist_ok=True)
        self._remove(final)
        os.replace(made, final)
        fsync_folder(final.parent)

    def _remove(self, folder: Path) -> None:
        if not folder.exists():
            return
        self._work.mkdir(exist_ok=True)
        trash = Path(tempfile.mkdtemp(prefix="trash-", dir=self._work))
        with suppress(FileNotFoundError):
            os.replace(folder, trash / "folder")
        shutil.rmtree(trash, ignore_errors=True)
