# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which data set lies in a folder: the layouts of `annotations`, and those that need torch."""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.datasets import registry
from fewpoints.annotations.datasets.dataset import Dataset
from fewpoints.annotations.datasets.registry import DatasetLayout
from fewpoints.models.datasets.prepared import (
    is_prepared_s3dis,
    is_prepared_scannet,
    open_prepared_s3dis,
    open_prepared_scannet,
)

LAYOUTS = (
    *registry.LAYOUTS,
    DatasetLayout(
        "scannet_prepared",
        "prepared ScanNet",
        "scene….pth",
        is_prepared_scannet,
        open_prepared_scannet,
    ),
    DatasetLayout(
        "s3dis_prepared", "prepared S3DIS", "Area_…/….pth", is_prepared_s3dis, open_prepared_s3dis
    ),
)


def open_dataset(root: Path | str) -> Dataset:
    """Open the data set in a folder, in any layout of `LAYOUTS`.

    Raises UnsupportedFormat with what was looked for, UnreadableDataset for a damaged list.
    """
    return registry.open_dataset(root, layouts=LAYOUTS)
