# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Networks from files and back: our own checkpoints, the originals', and an untrained start.

Our own format is safetensors (kernels in raster order) with JSON metadata. The original
CSC and PointContrast containers load by name after their block kernels are put in raster order.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fewpoints.models.densify.superpoint_head import SuperpointHead
from fewpoints.models.engine.conversion import from_original, is_block_kernel, strip_prefix
from fewpoints.models.engine.modules import SparseConv3d
from fewpoints.models.instances.offset_head import OffsetHead
from fewpoints.models.nets.containers import (
    parse_json_object,
    read_container,
    read_safetensors,
    read_torch,
    sha256_of,
    write_safetensors,
)
from fewpoints.models.nets.default_weights import DEFAULT_ARCH, packaged_weights
from fewpoints.models.nets.errors import CheckpointMismatch, CheckpointUnreadable
from fewpoints.models.nets.res_unet import ARCHITECTURES, Architecture, Res16UNet
from fewpoints.models.nets.superpoint_head_file import (
    facts_of,
    take_superpoint_head,
    tensors_of,
)

DEFAULT_OUT_CHANNELS = 20

_METADATA = "fewpoints_checkpoint"  # The one metadata entry of our own files: a JSON object.
_VERSION = 1
_HEAD = "final."
_OTHER_HEADS = ("offsets_pre.", "bntr_offset.", "offsets.")
_BLOCK = re.compile(r"block([1-8])\.(\d+)\.conv1\.kernel")


@dataclass(frozen=True)
class CheckpointMeta:
    """What a checkpoint says about itself.

    class_names: one per output channel, or empty when the outputs are no classes.
    voxel_size_m: the voxel size it was trained with, if known.
    stuff: classes whose objects are not told apart, such as wall and floor.
    provenance: where the weights come from; JSON values.
    """

    arch: str
    out_channels: int
    in_channels: int = 3
    stem_kernel_size: int = 3
    class_names: tuple[str, ...] = ()
    stuff: tuple[int, ...] = ()
    voxel_size_m: float | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)  # free-form JSON


@dataclass(frozen=True)
class LoadedNetwork:
    """A network in evaluation mode and what is known about its weights.

    sha256: of the file; of the weights themselves when there is none.
    untrained: the weights are random. report: sentences that a person should see.
    offset_head: predicts the centres of objects, in evaluation mode; None: it was never trained.
    superpoint_head: says the classes of superpoints, and is better than the final layer on scans
        without answers; None: it was never fitted.
    """

    network: Res16UNet
    meta: CheckpointMeta
    sha256: str
    untrained: bool
    report: list[str]
    offset_head: OffsetHead | None = None
    superpoint_head: SuperpointHead | None = None


def load_network(
    path: Path | None,
    *,
    arch: str | None = None,
    out_channels: int | None = None,
    device: torch.device | str = "cpu",
    seed: int = 0,
) -> LoadedNetwork:
    """Return a network with the weights of a checkpoint, or an untrained one.

    Args:
        path: our own or an original checkpoint; None for the packaged weights, or, where none are
            packaged, random weights from `seed`.
        arch: insist on this architecture; by default it is read from the file.
        out_channels: outputs of the head; a head of another size is replaced by a random one.
        device: "cpu", "cuda", "cuda:1" or "auto".

    Raises:
        CheckpointUnreadable: the file is missing, damaged or not plain weights.
        CheckpointMismatch: the weights do not fit, or there is no such architecture.
    """
    if arch is not None and arch not in ARCHITECTURES:
        raise CheckpointMismatch(
            f"There is no architecture {arch!r}. Choose {', '.join(ARCHITECTURES)}."
        )
    if path is not None:
        loaded = _load_file(Path(path), arch, out_channels, seed)
    elif (packaged := packaged_weights(arch)) is not None:
        loaded = _load_file(packaged, arch, out_channels, seed)
    else:
        loaded = untrained_network(
            arch or DEFAULT_ARCH, out_channels=out_channels or DEFAULT_OUT_CHANNELS, seed=seed
        )
    loaded.network.to(_device(device)).eval()
    if loaded.offset_head is not None:
        loaded.offset_head.to(_device(device)).eval()
    return loaded


def untrained_network(arch: str, *, out_channels: int, seed: int = 0) -> LoadedNetwork:
    """Return a network with random weights, the same for the same seed on every machine."""
    network = Res16UNet(arch, out_channels=out_channels)
    _reset(network, seed)
    meta = CheckpointMeta(
        arch, out_channels, provenance={"kind": "random initialisation", "seed": seed}
    )
    report = [
        f"WARNING: {arch} is untrained: its weights are random (seed {seed})."
        " Features and predictions carry little meaning. Give a checkpoint for real ones."
    ]
    return LoadedNetwork(network.eval(), meta, _digest(network), True, report)


def save_network(
    path: Path,
    network: Res16UNet,
    meta: CheckpointMeta,
    *,
    offset_head: OffsetHead | None = None,
    superpoint_head: SuperpointHead | None = None,
    half: bool = False,
) -> str:
    """Write weights and metadata in our own format; return the file's sha256.

    The file appears complete or not at all. What `network` itself knows (architecture, channels)
    overrides `meta`.

    offset_head: kept beside the network under the names of the original; readers that do not know
        it leave it out.
    superpoint_head: kept beside the network.
    half: keep kernels in float16, for half the size; normalisation stays in float32.
    """
    meta = replace(
        meta,
        arch=network.arch,
        out_channels=network.out_channels,
        in_channels=network.in_channels,
        stem_kernel_size=network.stem_kernel_size,
    )
    if meta.class_names and len(meta.class_names) != meta.out_channels:
        raise ValueError(f"{len(meta.class_names)} class names for {meta.out_channels} outputs.")
    content = {"version": _VERSION, "kernel_order": "raster", **asdict(meta)}
    state = network.state_dict()
    if offset_head is not None:
        state = {**state, **offset_head.state_dict()}
    if superpoint_head is not None:
        state = {**state, **tensors_of(superpoint_head)}
        content["superpoint_head"] = facts_of(superpoint_head)
    # One entry only: safetensors writes several in no fixed order, and equal checkpoints would
    # differ in their sha256.
    metadata = {_METADATA: json.dumps(content, sort_keys=True, ensure_ascii=False)}
    if half:
        state = {k: v.half() if k.endswith("kernel") else v for k, v in state.items()}
    return write_safetensors(Path(path), state, metadata)


def detect_architecture(state: Mapping[str, Tensor]) -> tuple[str | None, Architecture | None]:
    """Return the name and the shape that a state dict's block kernels show.

    The name is None for a shape that `ARCHITECTURES` does not have, both are None when a stage is
    missing altogether.
    """
    blocks = [0] * 8
    channels = [0] * 8
    for key, value in state.items():
        match = _BLOCK.fullmatch(key)
        if match and value.ndim == 3:
            stage, index = int(match[1]) - 1, int(match[2])
            blocks[stage] = max(blocks[stage], index + 1)
            channels[stage] = value.shape[2]
    if not all(blocks):
        return None, None
    b, c = blocks, channels
    found = Architecture(
        (b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]),
        (c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]),
    )
    return next((name for name, known in ARCHITECTURES.items() if known == found), None), found


def _load_file(path: Path, arch: str | None, out_channels: int | None, seed: int) -> LoadedNetwork:
    report: list[str] = []
    if read_container(path) == "safetensors":
        state, metadata = read_safetensors(path)
        meta = _own_meta(path, metadata)
        facts = parse_json_object(path, metadata[_METADATA]).get("superpoint_head")
        state, superpoint_head = take_superpoint_head(path, state, facts, report)
    else:
        superpoint_head = None
        state = strip_prefix(read_torch(path))
        if any(is_block_kernel(key) for key in state):
            state = from_original(state)
            report.append(
                f"{path.name}: kernels of the residual blocks put from the original's order into"
                " raster order."
            )
        meta = None
    detected = _architecture_of(path, state)
    if meta is not None and meta.arch != detected:
        raise CheckpointMismatch(
            f"{path.name} says it is {meta.arch} but its weights are those of {detected}."
        )
    if arch is not None and arch != detected:
        raise CheckpointMismatch(f"{path.name} holds {detected}, not {arch} as asked for.")
    stem = state["conv0p1s1.kernel"]
    head = state.get(_HEAD + "kernel")
    in_head = head.shape[1] if head is not None and head.ndim == 2 else None
    outputs = out_channels or in_head or DEFAULT_OUT_CHANNELS
    if meta is None:
        provenance = {"kind": "original checkpoint", "file": path.name}
        meta = CheckpointMeta(detected, outputs, provenance=provenance)
    meta = replace(
        meta,
        arch=detected,
        out_channels=outputs,
        in_channels=stem.shape[1],
        stem_kernel_size=_stem_kernel_size(path, stem),
        class_names=meta.class_names if outputs == in_head else (),
        stuff=meta.stuff if outputs == in_head else (),
    )
    network = Res16UNet(detected, meta.in_channels, outputs, stem_kernel_size=meta.stem_kernel_size)
    _reset(network, seed)
    offset_head = _offset_head(path, network, state)
    report += _fill(path, network, state, offset_head)
    return LoadedNetwork(
        network.eval(),
        meta,
        sha256_of(path),
        False,
        report,
        offset_head,
        superpoint_head if outputs == in_head else None,
    )


def _offset_head(path: Path, network: Res16UNet, state: Mapping[str, Tensor]) -> OffsetHead | None:
    """Return the offset head of a state dict, if all of it is there."""
    head = OffsetHead(network.feature_channels)
    # The counter only matters to a cumulative average, and is absent before torch 0.4.1.
    wanted = {k: v for k, v in head.state_dict().items() if not k.endswith("num_batches_tracked")}
    if any(key not in state or state[key].shape != value.shape for key, value in wanted.items()):
        return None
    if not all(bool(state[key].isfinite().all()) for key in wanted):
        raise CheckpointUnreadable(
            f"{path.name}: the offset head holds values that are not finite; the training run"
            " behind it diverged or the file is damaged."
        )
    head.load_state_dict({key: state[key] for key in wanted}, strict=False)
    return head.eval()


def _architecture_of(path: Path, state: Mapping[str, Tensor]) -> str:
    stem = state.get("conv0p1s1.kernel")
    name, shape = detect_architecture(state)
    if stem is None or stem.ndim != 3 or shape is None:
        some = ", ".join(list(state)[:3])
        raise CheckpointMismatch(
            f"{path.name} holds no Res16UNet: conv0p1s1.kernel or a block is missing. Its first"
            f" entries are {some}."
        )
    if name is None:
        raise CheckpointMismatch(
            f"{path.name} holds a Res16UNet with blocks {shape.blocks} and channels"
            f" {shape.channels}, which is none of {', '.join(ARCHITECTURES)}."
        )
    return name


def _stem_kernel_size(path: Path, stem: Tensor) -> int:
    for size in (3, 5, 7):
        if stem.shape[0] == size**3:
            return size
    raise CheckpointMismatch(f"{path.name}: conv0p1s1.kernel has {stem.shape[0]} taps, not 27.")


def _fill(
    path: Path, network: Res16UNet, state: Mapping[str, Tensor], offset_head: OffsetHead | None
) -> list[str]:
    """Copy weights in; lenient about heads, strict about all else. Return what to report."""
    report = []
    own = network.state_dict()
    heads = [key for key in own if key.startswith(_HEAD)]
    if any(key not in state or state[key].shape != own[key].shape for key in heads):
        report.append(
            f"{path.name}: no head with {network.out_channels} outputs in it; the final layer is"
            " random and has to be trained."
        )
        state = {key: value for key, value in state.items() if not key.startswith(_HEAD)}
    else:
        heads = []
    others = [key for key in state if key.startswith(_OTHER_HEADS)]
    if others and offset_head is None:
        report.append(f"{path.name}: left out the instance offset head ({len(others)} entries).")
    # Counters that only matter to a cumulative average, absent before torch 0.4.1.
    optional = {key for key in own if key.endswith("num_batches_tracked")}
    wanted = {key: value for key, value in own.items() if key not in heads}
    missing = [key for key in wanted if key not in state and key not in optional]
    unexpected = [key for key in state if key not in own and key not in others]
    misshaped = [
        f"{key} {tuple(state[key].shape)} instead of {tuple(value.shape)}"
        for key, value in wanted.items()
        if key in state and state[key].shape != value.shape
    ]
    problems = [
        f"{name}: {_some(keys)}"
        for name, keys in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("of another shape", misshaped),
        )
        if keys
    ]
    if problems:
        raise CheckpointMismatch(
            f"{path.name} looks like {network.arch} but does not fit it. {'; '.join(problems)}."
        )
    with torch.no_grad():
        for key, target in wanted.items():
            value = state.get(key)
            if value is None:
                continue
            if target.is_floating_point() and not bool(value.isfinite().all()):
                raise CheckpointUnreadable(
                    f"{path.name}: {key} holds values that are not finite; the training run behind"
                    " it diverged or the file is damaged."
                )
            target.copy_(value)
    return report


def _own_meta(path: Path, metadata: Mapping[str, str]) -> CheckpointMeta:
    if _METADATA not in metadata:
        raise CheckpointUnreadable(
            f"{path.name} is a safetensors file but not a fewpoints checkpoint: it has no"
            f" {_METADATA} metadata."
        )
    content = parse_json_object(path, metadata[_METADATA])
    if content.get("version") != _VERSION:
        raise CheckpointUnreadable(
            f"{path.name} has format version {content.get('version')}; this version of fewpoints"
            f" reads {_VERSION}. Upgrade fewpoints."
        )
    names = content.get("class_names")
    stuff = content.get("stuff", [])  # Absent from files of earlier versions.
    size = content.get("voxel_size_m")
    provenance = content.get("provenance")
    if (
        not isinstance(content.get("arch"), str)
        or not isinstance(content.get("out_channels"), int)
        or not isinstance(names, list)
        or not all(isinstance(name, str) for name in names)
        or not isinstance(stuff, list)
        or not all(isinstance(index, int) for index in stuff)
        or not (size is None or (isinstance(size, int | float) and 0 < size < float("inf")))
        or not isinstance(provenance, dict)
    ):
        raise CheckpointUnreadable(f"The metadata in {path.name} are incomplete or damaged.")
    return CheckpointMeta(
        content["arch"],
        content["out_channels"],
        class_names=tuple(names),
        stuff=tuple(stuff),
        voxel_size_m=None if size is None else float(size),
        provenance=provenance,
    )


def _reset(network: Res16UNet, seed: int) -> None:
    """Initialise as the original does: uniform kernels; normalisations are made as 1 and 0."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, SparseConv3d):
            module.reset_parameters(generator)


def _digest(network: Res16UNet) -> str:
    digest = hashlib.sha256()
    for key, value in network.state_dict().items():
        digest.update(key.encode())
        digest.update(value.cpu().numpy().tobytes())
    return digest.hexdigest()


def _device(device: torch.device | str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise CheckpointMismatch(
            f"There is no device {device!r}. Choose auto, cpu, cuda or cuda:N."
        ) from None
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise CheckpointMismatch(
            "This machine or this installation of torch has no CUDA device. Choose auto or cpu."
        )
    return chosen


def _some(keys: list[str], limit: int = 4) -> str:
    more = len(keys) - limit
    return ", ".join(keys[:limit]) + (f" and {more} more" if more > 0 else "")
