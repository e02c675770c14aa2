# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Opens archives of which nothing is known, and takes out of them only what they may hold."""

from __future__ import annotations

import functools
import hashlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

from pydantic import ValidationError

from fewpoints.server.db.upgrade import newest_revision
from fewpoints.server.project_archives.errors import ArchiveTooNew, DamagedArchive
from fewpoints.server.project_archives.layout import (
    FORMAT,
    MANIFEST,
    PEOPLE,
    ROWS,
    VERSION,
    Manifest,
    Member,
    member_of,
)
from fewpoints.server.project_archives.rows import Refuse, Row, parse_object

BLOCK_BYTES = 1 << 20
MOST_DIRECTORY = 128 * 1024 * 1024  # Bytes: about a million members.
MOST_MANIFEST = 128 * 1024 * 1024
# Text shrinks to a hundredth at best; of more than this, a small file becomes a full disk.
MOST_SHRUNK = 500
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")


class Archive:
    """An archive whose members are those that its manifest tells; their bytes are not read yet."""

    def __init__(self, path: Path, name: str, file: zipfile.ZipFile, manifest: Manifest) -> None:
        self.path = path
        self.name = name
        self.manifest = manifest
        self._file = file

    def members(self) -> Iterator[tuple[str, Member]]:
        """Yield the name of each member and what it stands for."""
        for name in self.manifest.members:
            member = member_of(name)
            assert member is not None
            yield name, member

    @property
    def bytes(self) -> int:
        """Of all members when they are out; what is shared is there once."""
        told = self.manifest.members.values()
        return sum(member.bytes for member in told if member.same_as is None)

    def refuse(self, where: str) -> Refuse:
        """Return what refuses the archive because of a place in it."""
        return functools.partial(_refuse, self.name, where)

    def take_out(self, member: str, target: Path) -> None:
        """Write a member to a new file.

        Raises:
            DamagedArchive: it is not as large as the manifest says, or its SHA-256 is another.
        """
        told = self.manifest.members[member]
        digest, count = hashlib.sha256(), 0
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._file.open(member) as source, target.open("xb") as out:
                while block := source.read(BLOCK_BYTES):
                    count += len(block)
                    if count > told.bytes:
                        break
                    digest.update(block)
                    out.write(block)
        except _BROKEN as error:
            raise DamagedArchive(self.name, f"{member} is damaged.") from error
        if (count, digest.hexdigest()) != (told.bytes, told.sha256):
            raise DamagedArchive(
                self.name,
                f"{member} is damaged: its size or SHA-256 is not what the manifest says.",
            )


@contextmanager
def open_archive(path: Path, name: str | None = None) -> Iterator[Archive]:
    """Open an archive and check what it says about itself.

    Args:
        name: what people call the file.

    Raises:
        DamagedArchive, ArchiveTooNew: with what is wrong.
    """
    name = name or path.name
    with path.open("rb") as raw:
        _check_directory(raw, name)
        try:
            file = zipfile.ZipFile(raw)
        except _BROKEN as error:
            raise DamagedArchive(name, "It is damaged or cut short; no zip.") from error
        with file:
            infos = _infos(file, name)
            manifest = _manifest(file, infos, name)
            _compare(infos, manifest, name)
            yield Archive(path, name, file, manifest)


def _refuse(name: str, where: str, problem: str) -> NoReturn:
    raise DamagedArchive(name, f"{where}: {problem}")


def _check_directory(raw: BinaryIO, name: str) -> None:
    """See that the list of members is of a size that can be read into memory."""
    size = raw.seek(0, 2)
    tail = min(size, _END.size + 2**16)
    raw.seek(size - tail)
    block = raw.read(tail)
    place = block.rfind(b"PK\x05\x06")
    if place < 0 or place + _END.size > len(block):
        raise DamagedArchive(name, "It is no archive of a project, or it is cut short.")
    directory = _END.unpack_from(block, place)[5]
    if directory == 2**32 - 1 and place >= _LOCATOR.size:
        sign, _, offset, _ = _LOCATOR.unpack_from(block, place - _LOCATOR.size)
        if sign != b"PK\x06\x07" or offset > size - _END_64.size:
            raise DamagedArchive(name, "It is damaged: its list of members cannot be found.")
        raw.seek(offset)
        directory = _END_64.unpack(raw.read(_END_64.size))[8]
    if directory > min(size, MOST_DIRECTORY):
        raise DamagedArchive(name, "It is damaged: its list of members is too long.")
    raw.seek(0)


def _infos(file: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """Return the members by name, none of which could do harm."""
    if MANIFEST not in file.NameToInfo:
        raise DamagedArchive(
            name, "It is no archive of a project: it has no manifest.json of fewpoints."
        )
    infos: dict[str, zipfile.ZipInfo] = {}
    for info in file.infolist():
        shown = info.filename[:80]
        kind = info.external_attr >> 16
        if kind and stat.S_IFMT(kind) not in (0, stat.S_IFREG):
            raise DamagedArchive(name, f'"{shown}" in it is a link or no plain file.')
        if info.filename in infos:
            raise DamagedArchive(name, f'"{shown}" is in it twice.')
        if info.filename != MANIFEST and member_of(info.filename) is None:
            raise DamagedArchive(name, f'"{shown}" does not belong into an archive of a project.')
        if info.flag_bits & 0x1:
            raise DamagedArchive(name, f'"{shown}" in it is encrypted.')
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DamagedArchive(name, f'"{shown}" in it is compressed in a way that is not used.')
        if info.file_size > 1000 + MOST_SHRUNK * info.compress_size:
            raise DamagedArchive(name, f'"{shown}" in it would become absurdly large.')
        infos[info.filename] = info
    return infos


def _manifest(file: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo], name: str) -> Manifest:
    refuse = functools.partial(_refuse, name, MANIFEST)
    if infos[MANIFEST].file_size > MOST_MANIFEST:
        refuse("it is too long.")
    try:
        with file.open(MANIFEST) as source:
            text = source.read(MOST_MANIFEST + 1)
    except _BROKEN:
        refuse("it is damaged.")
    value = parse_object(text, refuse)
    if value.get("format") != FORMAT:
        refuse("it is not that of a project of fewpoints.")
    _check_age(value, name)
    try:
        return Manifest.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        refuse(f"{'.'.join(map(str, first['loc']))[:100]}: {first['msg']}.")


def _check_age(value: Row, name: str) -> None:
    made_by = re.sub(r"[^\w.+-]", "", str(value.get("app_version")))[:40]
    version = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ArchiveTooNew(
            name, made_by=made_by, what=f"the archive is of version {version}, not {VERSION}"
        )
    migration, known = value.get("migration"), newest_revision()
    if isinstance(migration, str) and migration.isdigit() and migration > known:
        raise ArchiveTooNew(
            name, made_by=made_by, what=f"its tables are of revision {migration}, not {known}"
        )


def _compare(infos: Mapping[str, zipfile.ZipInfo], manifest: Manifest, name: str) -> None:
    here, told = set(infos) - {MANIFEST}, set(manifest.members)
    own = {member for member, entry in manifest.members.items() if entry.same_as is None}
    if here != own:
        odd = sorted(here ^ own)[0][:80]
        which = "is in it but not in its manifest" if odd in here else "is missing"
        raise DamagedArchive(name, f'"{odd}" {which}.')
    for member, entry in manifest.members.items():
        if entry.same_as is not None:
            _check_shared(member, manifest, name)
        elif infos[member].file_size != entry.bytes:
            raise DamagedArchive(name, f"{member} is not as large as the manifest says.")
    needed = {PEOPLE, *(place for table, place in ROWS.items() if table in manifest.rows)}
    if "project" not in manifest.rows or not needed <= told:
        missing = sorted((needed | {ROWS["project"]}) - told) or [ROWS["project"]]
        raise DamagedArchive(name, f"{missing[0]} is missing.")
    unknown = set(manifest.rows) - set(ROWS)
    if unknown:
        raise DamagedArchive(name, f'There is no table "{sorted(unknown)[0][:60]}".')


def _check_shared(member: str, manifest: Manifest, name: str) -> None:
    """See that a member without bytes of its own is a source that another scan has as well."""
    entry = manifest.members[member]
    same = entry.same_as or ""
    first = manifest.members.get(same)
    both = (member_of(member), member_of(same))
    sources = all(found is not None and found.kind == "source" for found in both)
    told = first and (first.bytes, first.sha256, first.same_as)
    if not sources or told != (entry.bytes, entry.sha256, None):
        raise DamagedArchive(name, f'"{member[:80]}" in it cannot be the same as "{same[:80]}".')
