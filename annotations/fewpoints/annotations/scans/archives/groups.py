# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which scans lie among many files, told by their names.

Every file is part of a scan, or left out for a reason that can be shown.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath as Name
from typing import Literal

from fewpoints.annotations.datasets.scannet import AGGREGATIONS, CATEGORIES, MESH, SEGMENTS
from fewpoints.annotations.scans.archives.frame_folders import is_frame_folder
from fewpoints.annotations.scans.readers.npy import POSITIONS, has_role
from fewpoints.annotations.scans.readers.registry import readable_formats

Kind = Literal["file", "sweep", "scannet", "s3dis", "arrays", "frames"]
TITLES: dict[Kind, str] = {
    "file": "one file",
    "sweep": "LiDAR sweep with its labels",
    "scannet": "ScanNet scene",
    "s3dis": "S3DIS room",
    "arrays": "folder of arrays",
    "frames": "RGB-D frames, fused",
}
LABELLED_MESH = "_vh_clean_2.labels.ply"
_ANNOTATIONS = "Annotations"
_MOST_BESIDE = 100
_ARCHIVES = frozenset({".zip", ".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".jar"})
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".mp4"})
_SYSTEM = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin"})
_DOCUMENTS = re.compile(r"(readme|licen[cs]e|copying|changelog|notice|citation)\b.*", re.IGNORECASE)
# Of a sequence of sweeps; points lie in none.
_OF_SEQUENCES = frozenset({"calib.txt", "times.txt", "poses.txt", "timestamps.txt"})


@dataclass(frozen=True)
class Group:
    """The files of one scan.

    name: unique among those found together: the path of its file, or of its folder ("" for the
    whole). title: a short name for people, unique too. members: its files, the main one first.
    """

    kind: Kind
    name: str
    members: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A file that belongs to no scan, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Found:
    """What lies among many files."""

    groups: tuple[Group, ...]
    left_out: tuple[LeftOut, ...]


def groups(names: Iterable[str]) -> Found:
    """Return the scans among files, in the order of their names.

    names: with "/" between their parts.
    """
    search = _Search(names)
    for find in (_scannet, _frames, _s3dis, _arrays, _sweeps, _files):
        find(search)
    found = sorted(search.found, key=lambda group: group.name)
    titles = _titles([group.name for group in found])
    return Found(
        tuple(Group(g.kind, g.name, g.members, titles[g.name]) for g in found),
        tuple(LeftOut(name, reason) for name, reason in sorted(search.left_out.items())),
    )


class _Search:
    """Files that nobody has claimed yet, by folder, and what was made of the others."""

    def __init__(self, names: Iterable[str]) -> None:
        self.found: list[Group] = []
        self.left_out: dict[str, str] = {}
        self.free: dict[str, None] = {}
        self.files: dict[str, set[str]] = defaultdict(set)
        self.folders: dict[str, set[str]] = defaultdict(set)
        for name in sorted(names):
            reason = _of_no_scan(name)
            if reason is not None:
                self.left_out[name] = reason
                continue
            self.free[name] = None
            folder, _, file = name.rpartition("/")
            self.files[folder].add(file)
            while folder:
                parent, _, part = folder.rpartition("/")
                self.folders[parent].add(part)
                folder = parent

    def claim(self, kind: Kind, name: str, members: Iterable[str]) -> None:
        group = Group(kind, name, tuple(members))
        self.found.append(group)
        for member in group.members:
            self.free.pop(member, None)

    def leave(self, name: str, reason: str) -> None:
        if self.free.pop(name, "") is None:
            self.left_out[name] = reason

    def below(self, folder: str) -> list[str]:
        prefix = _join(folder, "")
        return [name for name in self.free if name.startswith(prefix)]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _of_no_scan(name: str) -> str | None:
    parts = name.lower().split("/")
    if any(part in _SYSTEM or part.startswith(".") for part in parts):
        return "hidden, or left behind by an operating system"
    suffix = Name(parts[-1]).suffix
    if suffix in _ARCHIVES:
        return "packed once more; unpack it first"
    if _DOCUMENTS.fullmatch(parts[-1]) and suffix in ("", ".txt", ".md", ".rst", ".pdf", ".html"):
        return "a document"
    return None


def _scannet(search: _Search) -> None:
    tables = [name for name in search.free if Name(name).name == CATEGORIES]
    meshes = [name for name in search.free if name.endswith(MESH)]
    beside = Counter(_folder(mesh) for mesh in meshes)
    for mesh in meshes:
        folder, _, file = mesh.rpartition("/")
        scene = file.removesuffix(MESH)
        here = search.files[folder]
        parts = [SEGMENTS, *AGGREGATIONS, ".txt", LABELLED_MESH]
        members = [_join(folder, scene + part) for part in parts if scene + part in here]
        if not any(m.endswith((SEGMENTS, *AGGREGATIONS, LABELLED_MESH)) for m in members):
            continue  # A mesh by itself is a file like others.
        alone = beside[folder] == 1
        search.claim("scannet", folder if alone and folder else _join(folder, scene), [
            mesh, *members, *tables[:1]
        ])  # fmt: skip
        # Of very many in one folder, what is not needed is left out for a simpler reason.
        for other in sorted(here) if beside[folder] <= _MOST_BESIDE else ():
            if other.startswith((f"{scene}_", f"{scene}.")):
                search.leave(_join(folder, other), f"not needed beside {file}")
        if alone:
            for kind in ("color", "depth", "pose", "intrinsic"):
                for name in search.below(_join(folder, kind)) if folder else ():
                    search.leave(name, f"frames, of which {file} is made already")
    for table in tables:
        search.leave(table, "a table of categories without a scene")


def _frames(search: _Search) -> None:
    for name in [name for name in search.free if name.lower().endswith(".sens")]:
        search.claim("frames", name, [name])
    for folder in sorted({*search.files, *search.folders}, key=lambda f: (f.count("/"), f)):
        inside = {part: search.files[_join(folder, part)] for part in search.folders[folder]}
        if is_frame_folder(search.files[folder], inside) and (own := search.below(folder)):
            search.claim("frames", folder, own)


def _s3dis(search: _Search) -> None:
    for folder in sorted(search.files):
        room, _, last = folder.rpartition("/")
        objects = [_join(folder, file) for file in sorted(search.files[folder])
                   if file.endswith(".txt") and _join(folder, file) in search.free]  # fmt: skip
        if last != _ANNOTATIONS or not objects:
            continue
        search.claim("s3dis", room, objects)
        for file in search.files[room]:
            if file.endswith(".txt"):
                search.leave(_join(room, file), f"the same points as in {_ANNOTATIONS}")
    for name in list(search.free):
        if re.search(r"(^|/)Area_\d+/[^/]*alignmentAngle\.txt$", name):
            search.leave(name, "angles of rooms, which are not used")


def _arrays(search: _Search) -> None:
    for folder, files in search.files.items():
        arrays = sorted(f for f in files if f.endswith(".npy") and _join(folder, f) in search.free)
        known = [f for f in arrays if has_role(f.removesuffix(".npy"))]
        points = [f for f in known if f.removesuffix(".npy").lower() in POSITIONS]
        if len(points) != 1 or len(known) < 2:
            continue
        rest = [f for f in known if f not in points]
        search.claim("arrays", folder, [_join(folder, f) for f in (*points, *rest)])
        for file in arrays:
            search.leave(_join(folder, file), "an array that is nothing of a scan's points")


def _sweeps(search: _Search) -> None:
    with_gltf = {_folder(name) for name in search.free if name.lower().endswith(".gltf")}
    for name in [name for name in search.free if name.lower().endswith(".bin")]:
        path = Name(name)
        if _folder(name) in with_gltf:
            search.leave(name, "data of the .gltf file beside it, which must hold its own")
            continue
        places = [str(path.with_suffix(".label"))]
        if path.parent.name == "velodyne":
            places.insert(0, str(path.parent.parent / "labels" / f"{path.stem}.label"))
            for file in _OF_SEQUENCES:
                search.leave(str(path.parent.parent / file), "of the sequence, not of one sweep")
        labels = next((place for place in places if place in search.free), None)
        if labels is not None:
            search.claim("sweep", name, [name, labels])


def _files(search: _Search) -> None:
    suffixes = {s for known in readable_formats() for s in known.suffixes} - _ARCHIVES
    alone = not search.found and len(search.free) == 1
    for name in list(search.free):
        suffix = Name(name).suffix.lower()
        if suffix in suffixes:
            search.claim("file", name, [name])
        elif suffix == ".label":
            search.leave(name, "labels without their sweep, a .bin file of the same name")
        elif suffix in _PICTURES:
            search.leave(name, "a picture")
        elif not alone:
            search.leave(name, "of no format that is read")
        else:  # The only file: its reader says best what it is.
            search.claim("file", name, [name])


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _titles(names: list[str]) -> dict[str, str]:
    """Name -> as few of its last parts as tell all apart."""
    tails: dict[str, str] = {}
    open_names = list(names)
    depth = 1
    while open_names:
        shown = {name: _tail(name, depth) for name in open_names}
        count = Counter([*shown.values(), *tails.values()])
        for name in open_names:
            if count[shown[name]] == 1 or depth > name.count("/"):
                tails[name] = shown[name]
        open_names = [name for name in open_names if name not in tails]
        depth += 1
    return tails


def _tail(name: str, depth: int) -> str:
    parts = [part for part in name.split("/") if part != "velodyne"]
    if depth == 1 and len(parts) > 1 and re.fullmatch(r"Area_\d+", parts[-2]):
        depth = 2  # Rooms of S3DIS are numbered anew in each area.
    return "_".join(parts[-depth:])


Keep = Callable[[str], bool]


def without(found: Found, keep: Keep, reason: str) -> Found:
    """Return the same without files that are scans by name only; never without all of them.

    keep: whether the one file of a group is a scan, as far as a look tells.
    """
    kept: list[Group] = []
    left: list[LeftOut] = []
    for group in found.groups:
        if group.kind != "file" or keep(group.members[0]):
            kept.append(group)
        else:
            left.append(LeftOut(group.members[0], reason))
    if not kept:
        return found
    return Found(tuple(kept), tuple(sorted([*found.left_out, *left], key=lambda one: one.name)))
