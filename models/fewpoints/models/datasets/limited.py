# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The lists of boxes of the data-efficient benchmark, as it publishes them.

A list is a dictionary that `torch.save` wrote: scene -> (rows of boxes, numbers of their objects).
The lists of points beside it (`tasks/points/points20`, …) are those of `selection.files`.
`fewpoints.annotations.datasets.limited` applies both to scenes.
"""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.datasets.limited import ListedBoxes
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.models.datasets.torch_files import as_whole_numbers, load_arrays


def read_box_lists(path: Path) -> dict[str, ListedBoxes]:
    """Scene -> the boxes, and with them the objects, that may be used.

    Raises UnreadableDataset for anything else, naming the scene where there is one.
    """

    def refuse(reason: str) -> UnreadableDataset:
        return UnreadableDataset(
            path.name, f"not a torch-saved dictionary of scenes and boxes: {reason}."
        )

    content = load_arrays(path, refuse)
    if not isinstance(content, dict):
        raise refuse(f"it holds a {type(content).__name__}")
    lists = {}
    for scene, value in content.items():
        pair = value if isinstance(value, tuple | list) and len(value) == 2 else (None, None)
        rows, instances = as_whole_numbers(pair[0]), as_whole_numbers(pair[1])
        if rows is None or instances is None or len(rows) != len(instances):
            raise UnreadableDataset(
                path.name,
                f'scene "{scene}" is not a pair of rows of boxes and as many numbers of objects.',
            )
        lists[str(scene)] = ListedBoxes(rows, instances)
    return lists
