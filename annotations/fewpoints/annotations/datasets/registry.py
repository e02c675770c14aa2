# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which data set lies in a folder: told by what is in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fewpoints.annotations.datasets.dataset import Dataset
from fewpoints.annotations.datasets.labelled_scans import is_labelled_scans, open_labelled_scans
from fewpoints.annotations.datasets.s3dis import is_s3dis, open_s3dis
from fewpoints.annotations.datasets.scannet import is_scannet, open_scannet
from fewpoints.annotations.datasets.simulated import is_simulated, open_simulated
from fewpoints.annotations.errors import UnreadableDataset, UnsupportedFormat


@dataclass(frozen=True)
class DatasetLayout:
    """One readable layout. content: what is looked for, for people."""

    name: str
    title: str
    content: str
    matches: Callable[[Path], bool]
    open: Callable[[Path], Dataset]


# In the order in which they are tried.
LAYOUTS = (
    DatasetLayout(
        "scannet",
        "ScanNet",
        "scene…/scene…_vh_clean_2.ply, also in scans/",
        is_scannet,
        open_scannet,
    ),
    DatasetLayout("s3dis", "S3DIS", "Area_…/<room>/Annotations/", is_s3dis, open_s3dis),
    DatasetLayout(
        "simulated", "simulated rooms", "scan.ply, also in folders", is_simulated, open_simulated
    ),
)

# Last of all, as nothing but scan files tells it.
OWN_SCANS = DatasetLayout(
    "labelled_scans",
    "labelled scans",
    "….ply, .pcd or .las with label fields, also in folders",
    is_labelled_scans,
    open_labelled_scans,
)


def open_dataset(root: Path | str, *, layouts: Sequence[DatasetLayout] = LAYOUTS) -> Dataset:
    """Open the data set in a folder. Nothing but lists is read before a scene is asked for.

    Raises UnsupportedFormat with what was looked for, UnreadableDataset for a damaged list.
    """
    root = Path(root)
    if not root.is_dir():
        raise UnreadableDataset(root.name, "there is no such folder. Check the path.")
    for layout in (*layouts, OWN_SCANS):
        if layout.matches(root):
            return layout.open(root)
    sought = "; ".join(f"{layout.title} ({layout.content})" for layout in (*layouts, OWN_SCANS))
    raise UnsupportedFormat(f"{root.name}: no data set of a known layout. Looked for: {sought}.")
