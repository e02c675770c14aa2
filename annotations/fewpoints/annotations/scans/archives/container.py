# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Several files under one roof: a zip archive or a folder, looked at alike.

An archive is checked whole before anything of it is used, from what it says of itself: how many
files, their names, their sizes, where they lie. What a file really holds is counted while it is
read, and must be what was said.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.archives.names import checked_names, spelled

COPY_BYTES = 1 << 20
MOST_ENTRIES = 50_000
MOST_LIST_BYTES = 16 << 20
# Points as text compress 3 to 6 times, labels and pictures of depth more but are never all of it.
MOST_GROWTH = 100
FREE_BYTES = 64 << 20
# What an archive unpacks to counts for the time and memory that reading may take, up to this.
MOST_EFFORT = 8
ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError,
    OverflowError, struct.error, OSError,
)  # fmt: skip
METHODS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard",
           95: "xz", 98: "PPMd"}  # fmt: skip
_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 65535
_END64 = b"PK\x06\x06"
_LOCATOR64 = b"PK\x06\x07"
_ENTRY = b"PK\x01\x02"
_LOCAL_BYTES = 30
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Container:
    """Files by their names, which have "/" between their parts and lead nowhere else.

    name: what messages call it. sizes: name -> bytes. is_folder: of files that lie open.
    """

    name: str
    sizes: Mapping[str, int]
    is_folder: bool
    _open: Callable[[str], IO[bytes]]

    def copy(self, member: str, target: IO[bytes], progress: Progress = no_progress) -> None:
        """Write what a file holds; not a byte more than its size.

        Raises:
            UnreadableScan: it is damaged, or of another size than it should be.
        """
        size = left = self.sizes[member]
        try:
            with self._open(member) as source:
                while piece := source.read(min(COPY_BYTES, left + 1)):
                    progress((size - left) / size if size else 1.0, "Unpacking")
                    left -= len(piece)
                    if left < 0:
                        break
                    target.write(piece)
        except zipfile.BadZipFile as error:
            wrong = "its checksum is wrong" if "CRC" in str(error) else "it cannot be unpacked"
            raise UnreadableScan(
                self.name, f"{wrong}: the archive is damaged.", where=spelled(member)
            ) from error
        except OSError as error:
            raise UnreadableScan(
                self.name, f"it cannot be unpacked: {error.strerror}.", where=spelled(member)
            ) from error
        except ZIP_ERRORS as error:
            raise UnreadableScan(
                self.name, "it cannot be unpacked: the archive is damaged.", where=spelled(member)
            ) from error
        if left:
            raise UnreadableScan(
                self.name,
                f"it has not the {size:,} bytes that it should have.",
                where=spelled(member),
            )

    def head(self, member: str, size: int) -> bytes:
        """Return the first bytes of a file; nothing where it cannot be read."""
        try:
            with self._open(member) as source:
                return source.read(size)
        except ZIP_ERRORS:
            return b""


def starts_like_zip(head: bytes) -> bool:
    """Whether a file that begins so is a zip archive; an empty one is, too."""
    return head.startswith((b"PK\x03\x04", _END))


@contextmanager
def opened(path: Path, *, name: str, most_bytes: int | None = None) -> Iterator[Container]:
    """Look into a zip archive or a folder.

    most_bytes: that its files may have together; None sets no other limit than that an archive
    must not grow beyond all measure.

    Raises:
        UnreadableScan: something about it is not as it should be; nothing of it was unpacked.
    """
    if path.is_dir():
        yield _folder(path, name, most_bytes)
        return
    _check_list(path, name)
    try:
        archive = zipfile.ZipFile(path)
    except UnicodeDecodeError as error:
        raise UnreadableScan(name, "a file's name in the archive is no valid UTF-8.") from error
    except ZIP_ERRORS as error:
        raise UnreadableScan(
            name, "the archive is damaged: the list of its files cannot be read."
        ) from error
    with archive:
        # Folders are made where a file needs one, whatever else is said of them.
        entries = [e for e in archive.infolist() if not e.orig_filename.endswith(("/", "\\"))]
        names = checked_names([(e.orig_filename, bool(e.flag_bits & 0x800)) for e in entries], name)
        by_name = dict(zip(names, entries, strict=True))
        for member, entry in by_name.items():
            _check_entry(member, entry, name)
        sizes = {member: entry.file_size for member, entry in by_name.items()}
        _check_sizes(entries, path.stat().st_size, name, most_bytes)
        _check_places(by_name, archive.start_dir, name)
        yield Container(name, sizes, False, lambda member: archive.open(by_name[member]))


def together(places: Mapping[str, Path], *, name: str) -> Container:
    """Files that lie anywhere, under names that they shall have."""
    sizes = {member: place.stat().st_size for member, place in places.items()}
    return Container(name, sizes, True, lambda member: places[member].open("rb"))


def effort_bytes(path: Path) -> int:
    """Return what the time and memory of reading something go by: its size, mostly.

    A folder counts with all its files; an archive with what it unpacks to, up to `MOST_EFFORT`
    times its size.
    """
    size = path.stat().st_size
    if path.is_dir():
        with opened(path, name=path.name) as container:
            return sum(container.sizes.values())
    with path.open("rb") as file:
        if not starts_like_zip(file.read(4)):
            return size
    try:
        with opened(path, name=path.name) as container:
            return max(size, min(MOST_EFFORT * size, sum(container.sizes.values())))
    except UnreadableScan:
        return size


def _folder(path: Path, name: str, most_bytes: int | None) -> Container:
    sizes: dict[str, int] = {}
    for parent, _, files in os.walk(path):
        for file in sorted(files):
            place = Path(parent) / file
            if len(sizes) == MOST_ENTRIES:
                raise UnreadableScan(name, f"the folder has more than {MOST_ENTRIES:,} files.")
            if place.is_file():
                sizes[place.relative_to(path).as_posix()] = place.stat().st_size
    _check_total(sum(sizes.values()), name, most_bytes)
    ordered = dict(sorted(sizes.items()))
    return Container(name, ordered, True, lambda member: (path / member).open("rb"))


def _check_list(path: Path, name: str) -> None:
    """Check what the end of an archive says of its list, before the list is read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = max(0, size - _END_BYTES - _LONGEST_COMMENT - 20)
        file.seek(start)
        tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) < at + _END_BYTES:
            raise UnreadableScan(
                name, "the archive is cut short: the list of its files at the end is missing."
            )
        disk, _, _, entries, length, offset = struct.unpack_from("<4H2I", tail, at + 4)
        if disk not in (0, 0xFFFF):
            raise UnreadableScan(name, "this is one part of a split archive; join the parts.")
        if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR64:
            place = struct.unpack_from("<Q", tail, at - 12)[0]
            if place > size - 56:
                raise UnreadableScan(name, "the archive is damaged: its list lies beyond its end.")
            file.seek(place)
            record = file.read(56)
            if not record.startswith(_END64):
                raise UnreadableScan(name, "the archive is damaged: its end contradicts itself.")
            entries, length, offset = struct.unpack_from("<3Q", record, 32)
        if entries > MOST_ENTRIES:
            raise UnreadableScan(
                name, f"the archive says that it has {entries:,} files; at most {MOST_ENTRIES:,} "
                "are read."
            )  # fmt: skip
        if length > MOST_LIST_BYTES or length > size or offset > size:
            raise UnreadableScan(
                name, "the archive is damaged: the list of its files is longer than it can be."
            )
        end = start + at
        file.seek(max(0, end - length - 76))
        if file.read(min(end, length + 76)).count(_ENTRY) > MOST_ENTRIES:
            raise UnreadableScan(
                name, f"the archive has more than {MOST_ENTRIES:,} files, which are not read."
            )


def _check_entry(member: str, entry: zipfile.ZipInfo, name: str) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise UnreadableScan(
            name, "it is a link to another file; archive the file itself.", where=spelled(member)
        )
    if kind not in (0, stat.S_IFREG):
        raise UnreadableScan(name, "it is no file but a device or the like.", where=spelled(member))
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableScan(
            name, "the archive is encrypted; save it without a password.", where=spelled(member)
        )
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        method = METHODS.get(entry.compress_type, f"method {entry.compress_type}")
        raise UnreadableScan(
            name,
            f"it is compressed with {method}, which is not read; save the archive as an ordinary "
            "zip (Deflate).",
            where=spelled(member),
        )
    if entry.compress_type == zipfile.ZIP_STORED and entry.file_size != entry.compress_size:
        raise UnreadableScan(
            name, "the archive gives it two different sizes: it is damaged.", where=spelled(member)
        )


def _check_sizes(
    entries: list[zipfile.ZipInfo], size: int, name: str, most_bytes: int | None
) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > MOST_GROWTH * size + FREE_BYTES:
        raise UnreadableScan(
            name, f"its {size:,} bytes would unpack to {total:,}; no scan compresses like that."
        )
    _check_total(total, name, most_bytes)


def _check_total(total: int, name: str, most_bytes: int | None) -> None:
    if most_bytes is not None and total > most_bytes:
        raise UnreadableScan(
            name,
            f"its files have {total:,} bytes together; {most_bytes:,} are accepted. Split it, or "
            "raise FEWPOINTS_MAX_UPLOAD_BYTES.",
        )


def _check_places(by_name: Mapping[str, zipfile.ZipInfo], end: int, name: str) -> None:
    """Files must lie behind each other: one that lies in another is used to grow endlessly."""
    free_from = 0
    for member, entry in sorted(by_name.items(), key=lambda item: item[1].header_offset):
        if entry.header_offset < free_from:
            raise UnreadableScan(
                name,
                "the archive is damaged: it lies where another file does.",
                where=spelled(member),
            )
        free_from = entry.header_offset + _LOCAL_BYTES + entry.compress_size
        if free_from > end:
            raise UnreadableScan(
                name, "the archive is damaged: it reaches beyond the end.", where=spelled(member)
            )
