# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What checkpoints are worth: the tables of the model card.

    python scripts/evidence.py --rooms DIR --office FILE --kinect DIR --out results.json \
        ours=models/.../default.safetensors pointcontrast=runs/pc/checkpoint.safetensors

Every method sees the same 30,000 points of a scan and, per seed, every probe the same answers. The
results of a scan are kept in the output file, so a run that was cut short goes on, and a later one
adds the networks that are new in it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.datasets.dataset import GroundTruth
from fewpoints.annotations.datasets.numbered_objects import read_numbered_objects
from fewpoints.annotations.datasets.simulated import open_simulated
from fewpoints.models.engine.memory import keep_freed_memory
from fewpoints.models.evaluation.frozen_features import coverage, probe
from fewpoints.models.features.extract import extract_features
from fewpoints.models.metrics.segmentation import UNLABELLED
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network, untrained_network
from fewpoints.models.nets.default_weights import DEFAULT_ARCH
from fewpoints.models.selection.options import KMeansColor, KMeansFeatures, Random
from fewpoints.models.selection.registry import select_points

POINTS = 30_000
BUDGETS = (20, 50, 100, 200)
PROBE_BUDGETS = (20, 50, 200)
SEEDS = (0, 1, 2)
REFERENCE = "kmeans_color, reference scaling"


def measure(
    truth: GroundTruth, networks: dict[str, LoadedNetwork], *, plain: bool, points: int
) -> list[dict[str, Any]]:  # JSON
    """Return a row per measure, method, budget and seed; `plain`: also without any network."""
    finite = np.flatnonzero(truth.scan.finite)
    sample = np.random.default_rng(7).permutation(finite)[:points]
    sample.sort()
    features = {
        name: extract_features(truth.scan, loaded.network)[sample]
        for name, loaded in networks.items()
    }
    seen = truth.rows(sample)
    rows: list[dict[str, Any]] = []  # JSON
    for seed in SEEDS:
        methods: dict[str, tuple[Any, Any]] = {  # Any: options of a strategy, features or none
            f"kmeans_features, {n}": (KMeansFeatures(seed=seed), f) for n, f in features.items()
        }
        columns = dict(features)
        if plain:
            methods |= {
                "random": (Random(seed=seed), None),
                "kmeans_color": (KMeansColor(seed=seed), None),
                REFERENCE: (KMeansColor(seed=seed, scaling="reference"), None),
            }
            columns["xyz + rgb"] = _plain(seen)
        for method, (options, given) in methods.items():
            for budget in BUDGETS:
                chosen = select_points(seen.scan, options, budget, features=given)
                touched = coverage(seen, chosen)
                common = {"method": method, "budget": budget, "seed": seed}
                rows += [
                    {"measure": "objects", "value": touched.object_share, **common},
                    {"measure": "object count", "value": touched.objects, **common},
                    {"measure": "classes", "value": touched.class_share, **common},
                ]
        for budget in PROBE_BUDGETS:
            labelled = np.flatnonzero(seen.classes != UNLABELLED)
            chosen = np.random.default_rng([11, seed]).choice(labelled, budget, replace=False)
            for method, given in columns.items():
                rows.append(
                    {
                        "measure": "mIoU",
                        "value": probe(given, seen.classes, chosen),
                        "method": method,
                        "budget": budget,
                        "seed": seed,
                    }
                )
    return rows


def _plain(truth: GroundTruth) -> NDArray[np.float32]:
    """(N, 6) position and colour; (N, 3) without colour."""
    columns = [truth.scan.positions - truth.scan.positions.mean(axis=0)]
    if truth.scan.colours is not None:
        columns.append(truth.scan.colours.astype(np.float64))
    return np.concatenate(columns, axis=1).astype(np.float32)


def table(rows: list[dict[str, Any]], measure: str) -> str:  # JSON
    """Markdown: methods by budgets; mean over scans and seeds, +- the deviation between seeds."""
    cells: dict[tuple[str, int], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["measure"] == measure and row["value"] == row["value"]:
            cells[row["method"], row["budget"]][row["seed"]].append(row["value"])
    without = ("random", "kmeans_color", REFERENCE, "xyz + rgb")
    found = list(dict.fromkeys(method for method, _ in cells))
    methods = [m for m in without if m in found] + [m for m in found if m not in without]
    budgets = sorted({budget for _, budget in cells})
    lines = [
        f"| {measure} | " + " | ".join(f"{budget} points" for budget in budgets) + " |",
        "|---" * (len(budgets) + 1) + "|",
    ]
    for method in methods:
        shown = []
        for budget in budgets:
            means = [statistics.fmean(v) for v in cells[method, budget].values()]
            spread = statistics.stdev(means) if len(means) > 1 else 0.0
            factor, digits = (1, 1) if measure == "object count" else (100, 1)
            mean = factor * statistics.fmean(means)
            shown.append(f"{mean:.{digits}f} ± {factor * spread:.{digits}f}")
        lines.append(f"| {method} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def note(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", nargs="*", help="name=path")
    parser.add_argument("--rooms", type=Path, help="folder of simulated scenes")
    parser.add_argument("--office", type=Path, help="PCD whose label numbers objects, 0 for none")
    parser.add_argument("--kinect", type=Path, help="folder of such PCDs, 1 for the background")
    parser.add_argument("--points", type=int, default=POINTS, help="of each scan")
    parser.add_argument("--out", type=Path, required=True, help="JSON, added to if it is there")
    given = parser.parse_args()
    keep_freed_memory()
    networks = {"untrained": untrained_network(DEFAULT_ARCH, out_channels=20)}
    for pair in given.checkpoints:
        name, _, path = pair.partition("=")
        networks[name] = load_network(Path(path))
    results: dict[str, dict[str, Any]] = {}  # JSON
    if given.out.exists():
        results = json.loads(given.out.read_text())
    groups: dict[str, Iterator[GroundTruth]] = {}
    if given.rooms:
        groups["simulated rooms"] = open_simulated(given.rooms).truths()
    if given.office:
        groups["office, laser scan without colour"] = iter(
            [read_numbered_objects(given.office, background=0)]
        )
    if given.kinect:
        groups["tables, single Kinect views"] = (
            read_numbered_objects(path, background=1)
            for path in sorted(given.kinect.rglob("*.pcd"))
        )
    for group, truths in groups.items():
        kept = results.setdefault(group, {})
        for truth in truths:
            rows = kept.setdefault(truth.name, [])
            known = {row["method"] for row in rows}
            new = {name: network for name, network in networks.items() if name not in known}
            if new or "random" not in known:
                rows += measure(truth, new, plain="random" not in known, points=given.points)
                given.out.write_text(json.dumps(results))
                note(f"{group}: {truth.name}")
    for group, by_scan in results.items():
        note(f"\n### {group} ({len(by_scan)})\n")
        rows = [row for rows in by_scan.values() for row in rows]
        for name in ("objects", "object count", "classes", "mIoU"):
            note(table(rows, name) + "\n")


if __name__ == "__main__":
    main()
