# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Learn what kinds of things superpoints may be, from simulated flats with true classes.

python scripts/train_kinds.py FLATS WORK [--grey 0.5]

FLATS is a folder that `fewpoints simulate` wrote. WORK keeps the described superpoints of each
flat, so that a run that was cut short goes on; a share of the flats is described once more without
colours. The result goes into the package.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import nn

from fewpoints.annotations.datasets.dataset import GroundTruth
from fewpoints.annotations.datasets.registry import open_dataset
from fewpoints.models.features.extract import extract_features
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network
from fewpoints.models.superpoints.kinds import WEIGHTS, description, mean_direction
from fewpoints.models.superpoints.look import mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints

_NO_CLASS = 255
_STEPS, _BATCH, _LR = 4000, 512, 2e-3
# Measured on parts of two iPad rooms, an office without colour and a flat: the packaged network
# 0.67 to 0.94, PointContrast weights and random ones of the same width 0.30 to 0.58.
_LEAST_LIKENESS = 0.62


def main(flats: Path, work: Path, grey: float) -> None:
    """Describe what is not described yet, train, and write the file."""
    work.mkdir(parents=True, exist_ok=True)
    loaded = load_network(None)
    dataset = open_dataset(flats)
    files = []
    for number, scene in enumerate(dataset.names):
        for colours in (True, False) if number < grey * len(dataset.names) else (True,):
            file = work / f"{scene}{'' if colours else '-grey'}.npz"
            if not file.exists():
                describe(dataset.read(scene), loaded, file, colours=colours)
                sys.stdout.write(f"{file.name}\n")
                sys.stdout.flush()
            files.append(file)
    write(files, dataset.classes.names, loaded)


def describe(truth: GroundTruth, loaded: LoadedNetwork, file: Path, *, colours: bool) -> None:
    """Store description, majority class, cells and the scan's mean direction of features."""
    scan = truth.scan if colours else replace(truth.scan, colours=None)
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.02)
    directions = mean_directions(superpoints, extract_features(scan, loaded.network))
    known = (truth.classes != _NO_CLASS) & (superpoints.of_point >= 0)
    count = int(truth.classes[known].max()) + 1
    pairs = superpoints.of_point[known].astype(np.int64) * count + truth.classes[known]
    table = np.bincount(pairs, minlength=len(superpoints) * count).reshape(-1, count)
    part = file.with_suffix(".part.npz")
    np.savez(
        part,
        rows=description(superpoints, directions).astype(np.float32),
        classes=np.where(table.any(axis=1), table.argmax(axis=1), _NO_CLASS),
        sizes=superpoints.sizes,
        direction=mean_direction(directions, superpoints),
    )
    part.replace(file)


def write(files: list[Path], names: tuple[str, ...], loaded: LoadedNetwork) -> None:
    """Train on the described superpoints and put the perceptron into the package."""
    flats = [np.load(file) for file in files]
    rows = torch.from_numpy(np.concatenate([flat["rows"] for flat in flats]))
    classes = torch.from_numpy(np.concatenate([flat["classes"] for flat in flats])).long()
    sizes = torch.from_numpy(np.concatenate([flat["sizes"] for flat in flats]))
    known = classes != _NO_CLASS
    network = train(rows[known], classes[known], sizes[known].float(), len(names))
    directions = np.stack([flat["direction"] for flat in flats])
    mean = directions.mean(axis=0)
    mean /= np.linalg.norm(mean)
    tensors: dict[str, NDArray[np.floating]] = {
        "direction": mean.astype(np.float32),
        "least_likeness": np.array(_LEAST_LIKENESS, np.float32),
    }
    linear = [module for module in network if isinstance(module, nn.Linear)]
    for number, layer in enumerate(linear):
        tensors[f"weight{number}"] = layer.weight.detach().numpy().T.astype(np.float16)
        tensors[f"bias{number}"] = layer.bias.detach().numpy().astype(np.float16)
    tensors = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    facts = {
        "kinds": list(names),
        "flats": len({file.stem.removesuffix("-grey") for file in files}),
        "without_colour": sum(file.stem.endswith("-grey") for file in files),
        "superpoints": int(known.sum()),
        "network": loaded.sha256,
    }
    WEIGHTS.parent.mkdir(exist_ok=True)
    save_file(tensors, WEIGHTS, metadata={"fewpoints": json.dumps(facts)})
    WEIGHTS.chmod(0o644)
    found = directions @ mean
    sys.stdout.write(f"{WEIGHTS}: {facts}; likeness of the flats {found.min():.3f} at least\n")


def train(
    rows: torch.Tensor, classes: torch.Tensor, sizes: torch.Tensor, count: int
) -> nn.Sequential:
    """Cross-entropy; a superpoint counts by the root of its cells, a class by the root of its."""
    weights = sizes.sqrt()
    totals = torch.bincount(classes, weights, minlength=count)
    weights = weights / totals[classes].sqrt()
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Dropout(0.1),
        nn.Linear(rows.shape[1], 256),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(128, count),
    )
    optimiser = torch.optim.AdamW(network.parameters(), _LR, weight_decay=1e-2)
    for step in range(_STEPS):
        for group in optimiser.param_groups:
            group["lr"] = _LR * (1 - step / _STEPS)
        drawn = torch.randint(len(rows), (_BATCH,))
        losses = nn.functional.cross_entropy(network(rows[drawn]), classes[drawn], reduction="none")
        loss = (weights[drawn] * losses).sum() / weights[drawn].sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if (step + 1) % 500 == 0:
            sys.stdout.write(f"step {step + 1}: {loss.item():.3f}\n")
    return network.eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flats", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--grey", type=float, default=0.5)
    given = parser.parse_args()
    main(given.flats, given.work, given.grey)
