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
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional

from fewpoints.annotations.datasets.dataset import GroundTruth
from fewpoints.annotations.datasets.registry import open_dataset
from fewpoints.models.features.extract import extract_features
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network
from fewpoints.models.superpoints.files import load_superpoints, save_superpoints
from fewpoints.models.superpoints.kinds import (
    WEIGHTS,
    description,
    mean_direction,
    neighbours,
)
from fewpoints.models.superpoints.look import mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints

_NO_CLASS = 255
_STEPS, _FLATS_AT_ONCE, _LR = 2500, 4, 2e-3
_WIDTH, _STEPS_AWAY = 256, 3
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
    """Store superpoints, their mean directions and, beside them, their majority class."""
    scan = truth.scan if colours else replace(truth.scan, colours=None)
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.02)
    directions = mean_directions(superpoints, extract_features(scan, loaded.network))
    known = (truth.classes != _NO_CLASS) & (superpoints.of_point >= 0)
    count = int(truth.classes[known].max()) + 1
    pairs = superpoints.of_point[known].astype(np.int64) * count + truth.classes[known]
    table = np.bincount(pairs, minlength=len(superpoints) * count).reshape(-1, count)
    classes = np.where(table.any(axis=1), table.argmax(axis=1), _NO_CLASS)
    np.save(file.with_suffix(".npy"), classes)
    # What is there of every point is no longer needed.
    slim = replace(
        superpoints,
        of_point=superpoints.of_point[:0],
        of_cell=superpoints.of_cell[:0],
        cell_points=superpoints.cell_points[:0],
        places=superpoints.places[:0],
    )
    save_superpoints(file, slim, directions)


@dataclass(frozen=True)
class Flat:
    """rows: (S, D) descriptions. graph: (S, S) sparse means of neighbours. classes: (S,), 255 for
    none. sizes: (S,) cells. direction: (F,) mean of the features.
    """

    rows: torch.Tensor
    graph: torch.Tensor
    classes: torch.Tensor
    sizes: torch.Tensor
    direction: NDArray[np.float64]


def read(file: Path) -> Flat:
    """Read what `describe` wrote."""
    superpoints, directions = load_superpoints(file)
    assert directions is not None
    graph = neighbours(superpoints).tocoo()
    places = np.stack([graph.row, graph.col])
    means = torch.sparse_coo_tensor(
        places, graph.data.astype(np.float32), graph.shape, check_invariants=True
    )
    return Flat(
        torch.from_numpy(description(superpoints, directions).astype(np.float32)),
        means.coalesce(),
        torch.from_numpy(np.load(file.with_suffix(".npy"))).long(),
        torch.from_numpy(superpoints.sizes).float(),
        mean_direction(directions, superpoints),
    )


class Network(nn.Module):
    """A first layer, layers that each look one neighbour further, and one that names classes."""

    def __init__(self, columns: int, classes: int) -> None:
        super().__init__()
        self.first = nn.Linear(columns, _WIDTH)
        self.further = nn.ModuleList([nn.Linear(2 * _WIDTH, _WIDTH) for _ in range(_STEPS_AWAY)])
        self.last = nn.Linear(_WIDTH, classes)

    def forward(self, rows: torch.Tensor, graph: torch.Tensor) -> torch.Tensor:
        """Return (S, C) logits."""
        dropped = functional.dropout(rows, 0.1, self.training)
        hidden = functional.dropout(self.first(dropped).relu(), 0.3, self.training)
        for layer in self.further:
            both = torch.cat([hidden, torch.sparse.mm(graph, hidden)], dim=1)
            hidden = functional.dropout(layer(both).relu(), 0.2, self.training)
        logits: torch.Tensor = self.last(hidden)
        return logits

    def layers(self) -> list[nn.Linear]:
        """All of them in order."""
        return [m for m in (self.first, *self.further, self.last) if isinstance(m, nn.Linear)]


def write(files: list[Path], names: tuple[str, ...], loaded: LoadedNetwork) -> None:
    """Train on the described superpoints and put the perceptron into the package."""
    flats = [read(file) for file in files]
    network = train(flats, len(names))
    directions = np.stack([flat.direction for flat in flats])
    mean = directions.mean(axis=0)
    mean /= np.linalg.norm(mean)
    tensors: dict[str, NDArray[np.floating]] = {
        "direction": mean.astype(np.float32),
        "least_likeness": np.array(_LEAST_LIKENESS, np.float32),
    }
    for number, layer in enumerate(network.layers()):
        tensors[f"weight{number}"] = layer.weight.detach().numpy().T.astype(np.float16)
        tensors[f"bias{number}"] = layer.bias.detach().numpy().astype(np.float16)
    tensors = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    facts = {
        "kinds": list(names),
        "flats": len({file.stem.removesuffix("-grey") for file in files}),
        "without_colour": sum(file.stem.endswith("-grey") for file in files),
        "superpoints": sum(int((flat.classes != _NO_CLASS).sum()) for flat in flats),
        "network": loaded.sha256,
    }
    WEIGHTS.parent.mkdir(exist_ok=True)
    save_file(tensors, WEIGHTS, metadata={"fewpoints": json.dumps(facts)})
    WEIGHTS.chmod(0o644)
    found = directions @ mean
    sys.stdout.write(f"{WEIGHTS}: {facts}; likeness of the flats {found.min():.3f} at least\n")


def train(flats: list[Flat], count: int) -> Network:
    """Cross-entropy; a superpoint counts by the root of its cells, a class by the root of its."""
    classes = torch.cat([flat.classes for flat in flats])
    known = classes != _NO_CLASS
    sizes = torch.cat([flat.sizes for flat in flats])
    totals = torch.bincount(classes[known], sizes[known].sqrt(), minlength=count).sqrt()
    torch.manual_seed(0)
    network = Network(flats[0].rows.shape[1], count)
    optimiser = torch.optim.AdamW(network.parameters(), _LR, weight_decay=1e-2)
    for step in range(_STEPS):
        for group in optimiser.param_groups:
            group["lr"] = _LR * (1 - step / _STEPS)
        total, weight = torch.zeros(()), torch.zeros(())
        for number in torch.randperm(len(flats))[:_FLATS_AT_ONCE].tolist():
            flat = flats[number]
            told = flat.classes != _NO_CLASS
            truth = flat.classes[told]
            weights = flat.sizes[told].sqrt() / totals[truth]
            losses = functional.cross_entropy(
                network(flat.rows, flat.graph)[told], truth, reduction="none"
            )
            total, weight = total + (weights * losses).sum(), weight + weights.sum()
        loss = total / weight
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if (step + 1) % 100 == 0:
            sys.stdout.write(f"step {step + 1}: {loss.item():.3f}\n")
            sys.stdout.flush()
    return network.eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flats", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--grey", type=float, default=0.5)
    given = parser.parse_args()
    main(given.flats, given.work, given.grey)
