# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints pretrain`: from RGB-D recordings without labels to a checkpoint."""

from __future__ import annotations

import json
import math
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from fewpoints.annotations.progress import no_progress
from fewpoints.server.commands.scans import DeviceOption, JsonOption
from fewpoints.server.commands.terminal import (
    BadArgument,
    note,
    print_json,
    print_pairs,
    progress_bar,
)

if TYPE_CHECKING:
    from fewpoints.models.pretrain.config import PretrainConfig


def pretrain(
    sources: Annotated[
        list[Path],
        typer.Argument(help="Recordings of posed RGB-D frames (folders or .sens files), or scans."),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the run; the checkpoint is written there.")],
    method: Annotated[
        str | None, typer.Option(help="csc or pointcontrast. Default: csc.", show_default=False)
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="small: an hour or so. rooms: as the packaged weights. paper, code: as published. "
            "Default: small.",
            show_default=False,
        ),
    ] = None,
    partitions: Annotated[
        int | None, typer.Option(help="Of the space around a point: 1, 2, 4, 8, 16 or 32.")
    ] = None,
    partition: Annotated[str | None, typer.Option(help="paper, fast or general.")] = None,
    arch: Annotated[str | None, typer.Option(help="Network, for example Res16UNet14A.")] = None,
    start: Annotated[
        str | None,
        typer.Option(help="Checkpoint to begin with; default: the packaged one. Else random."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of the whole run.")] = None,
    batch: Annotated[int | None, typer.Option(help="Frame pairs per step.")] = None,
    accumulate: Annotated[
        int | None, typer.Option(help="Parts a step is worked on in, for small GPUs.")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="First learning rate.")] = None,
    voxel_size: Annotated[float | None, typer.Option(help="Edge of a voxel in metres.")] = None,
    frame_step: Annotated[int | None, typer.Option(help="Use every nth frame.")] = None,
    views: Annotated[int | None, typer.Option(help="Virtual frames of each scan.")] = None,
    crops: Annotated[
        bool | None,
        typer.Option(help="Of scans take pieces, not virtual frames; of simulated rooms both."),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that prepare pairs.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same result on a CPU.")] = None,
    device: DeviceOption = "auto",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in the folder, with its options.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Learn features from recordings, without labels; a run that was cut short can be resumed."""
    given = {
        "method": method,
        "preset": preset,
        "partitions": partitions,
        "partition": partition,
        "arch": arch,
        "start": start,
        "steps": steps,
        "batch": batch,
        "accumulate": accumulate,
        "lr": lr,
        "voxel_size_m": voxel_size,
        "frame_step": frame_step,
        "views": views,
        "crops": crops,
        "workers": workers,
        "seed": seed,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if out.exists() and not out.is_dir():
        raise BadArgument(f"--out {out} is a file; name a folder.")
    if not out.absolute().parent.is_dir():
        raise BadArgument(f"--out {out}: the folder {out.absolute().parent} does not exist.")
    config = read_config(changes, out if resume else None)

    from fewpoints.models.engine.memory import keep_freed_memory
    from fewpoints.models.features.inference import choose_device
    from fewpoints.models.nets.res_unet import ARCHITECTURES
    from fewpoints.models.pretrain.sources import open_source
    from fewpoints.models.pretrain.trainer import pretrain as run

    if config.arch not in ARCHITECTURES:
        raise BadArgument(f"--arch {config.arch}: choose {', '.join(ARCHITECTURES)}.")
    choose_device(device)
    keep_freed_memory()
    # Under torchrun one process speaks.
    speaks = os.environ.get("RANK", "0") == "0"
    bar = progress_bar(f"Pre-training on {len(sources)} recordings")
    with bar if speaks else nullcontext(no_progress) as progress:
        # One that is named several times comes as often in an epoch, but is checked once.
        opened = {
            path: open_source(path, crops=config.crops, views=config.views, progress=progress)
            for path in dict.fromkeys(sources)
        }
        named = [source for path in sources for source in opened[path]]
        result = run(named, config, run_dir=out, resume=resume, device=device, progress=progress)
    if not speaks:
        return
    shown: dict[str, Any] = {  # JSON
        "checkpoint": str(result.path),
        "sha256": result.sha256,
        "pairs": result.pairs,
        "steps": result.steps,
        "loss": result.loss,
        "pairs_per_s": None if math.isnan(result.pairs_per_s) else result.pairs_per_s,
        "waited": None if math.isnan(result.waited) else result.waited,
    }
    if as_json:
        print_json(shown)
        return
    waited = shown.pop("waited")
    print_pairs({name: f"{v:.4g}" if isinstance(v, float) else v for name, v in shown.items() if v})
    if waited is not None and waited > 0.2:
        note(
            f"Training waited {waited:.0%} of the time for frame pairs: more --workers would help."
        )


def read_config(changes: dict[str, Any], run_dir: Path | None) -> PretrainConfig:  # option values
    """The run's own options when it is resumed, a preset's otherwise, with what was given."""
    from fewpoints.models.pretrain.config import make_config

    known: dict[str, Any] = {}  # JSON
    if run_dir is not None:
        path = run_dir / "config.json"
        if not path.exists():
            raise BadArgument(f"--resume: there is no run in {run_dir}. Leave --resume out.")
        try:
            known = dict(json.loads(path.read_text())["config"])
        except (ValueError, KeyError, TypeError):
            raise BadArgument(f"--resume: {path} is damaged. Start in another folder.") from None
    values = {**known, **changes}
    preset, method = values.pop("preset", "small"), values.pop("method", "csc")
    try:
        return make_config(preset, method, **values)
    except KeyError:
        raise BadArgument(f"--preset {preset}: choose small, rooms, paper or code.") from None
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:
            raise BadArgument(f"{first['msg'].removeprefix('Value error, ')}.") from None
        option = str(first["loc"][0]).removesuffix("_m").replace("_", "-")
        raise BadArgument(f"--{option} {first['input']}: {first['msg']}.") from None
