# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints benchmark`: measure methods on known scans, or this machine.

Timings are ratios within one run, and medians of several.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fewpoints.server.commands import learning_protocols, pretraining_protocol, scan_protocols
from fewpoints.server.commands.scans import JsonOption
from fewpoints.server.commands.terminal import note, print_json, print_pairs, progress_bar

app = typer.Typer(help="Measure methods on known scans, or this machine.", no_args_is_help=True)
app.command("coverage")(scan_protocols.coverage)
app.command("densify")(scan_protocols.densify)
app.command("la")(learning_protocols.la)
app.command("lr")(learning_protocols.lr)
app.command("partitions")(pretraining_protocol.partitions)

RepeatOption = Annotated[int, typer.Option(help="Runs; the median counts.", min=1)]


@app.command()
def engine(repeats: RepeatOption = 5, as_json: JsonOption = False) -> None:
    """Res16UNet34C forward on a room of about 120 k voxels, against plain matrix products."""
    from fewpoints.models.engine.benchmark import benchmark_engine
    from fewpoints.models.engine.memory import keep_freed_memory

    keep_freed_memory()
    with progress_bar("Engine") as progress:
        found = benchmark_engine(repeats=repeats, progress=progress)
    _show(found, as_json=as_json)


@app.command()
def kmeans(repeats: RepeatOption = 5, as_json: JsonOption = False) -> None:
    """k-means of 150 k points x 99 columns, K = 20, 50 iterations, no subsampling."""
    from fewpoints.models.selection.benchmark import benchmark_kmeans

    with progress_bar("k-means") as progress:
        found = benchmark_kmeans(repeats=repeats, progress=progress)
    _show(found, as_json=as_json)


def _show(found: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    shown = {name: f"{v:.4g}" if isinstance(v, float) else v for name, v in found.items()}
    print_pairs(shown)
    note("Timings vary with what else the machine does; ratios within one run vary less.")
