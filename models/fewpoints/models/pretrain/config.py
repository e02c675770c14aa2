# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How to pre-train, as data. Imports no torch."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Method = Literal["csc", "pointcontrast"]
Preset = Literal["paper", "code", "small", "rooms"]
_COUNTS = {"paper": (1, 2, 4, 8, 16, 32), "fast": (4,), "general": (2, 4, 8, 16, 32)}


class Augmentation(BaseModel):
    """How a view is varied; the defaults are the released code's loader."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tilt_deg: float = Field(default=180 / 64, ge=0, description="About x and y, up to this.")
    yaw_deg: float = Field(default=180.0, ge=0, description="About z, up to this.")
    any_axis: bool = Field(default=False, description="Instead: about any axis, any angle.")
    scale: tuple[float, float] | None = Field(
        default=None, description="Uniform factor, in 95 of 100 views."
    )
    colour_sigma: float = Field(
        default=0.01,
        ge=0,
        description="Jitter in steps of 0-255, in 95 of 100 views; the code's 0.01 is almost none.",
    )
    use_colours: bool = Field(default=True, description="Otherwise the input is all ones.")
    mirror: bool = Field(default=False, description="x and y, each at even odds.")
    bend: float = Field(
        default=0.0, ge=0, le=1, description="Share of views with elastic distortion."
    )
    colour_shift: float = Field(
        default=0.0, ge=0, le=1, description="Share of views whose colours are shifted as a whole."
    )
    grey: float = Field(default=0.0, ge=0, le=1, description="Share of views in shades of grey.")
    no_colour: float = Field(
        default=0.0, ge=0, le=1, description="Share of views without colour: the input is all ones."
    )


class PretrainConfig(BaseModel):
    """What one pre-training run does; stored with the run and its checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: Preset = "small"
    method: Method = "csc"
    arch: str = "Res16UNet34C"
    start: str | None = Field(
        default=None, description="Checkpoint to begin with; default: the packaged one."
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="Same seed, same result on a CPU.")
    steps: int = Field(default=2_000, ge=1, le=10_000_000)
    batch: int = Field(default=4, ge=1, description="Frame pairs per step, over all processes.")
    accumulate: int = Field(
        default=1, ge=1, description="Parts that a step's pairs are worked on in, per process."
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="auto: bf16 on CUDA, fp32 otherwise."
    )
    workers: int = Field(default=1, ge=0, description="Processes that prepare pairs.")

    voxel_size_m: float = Field(default=0.025, gt=0)
    frame_step: int | None = Field(
        default=None, ge=1, description="Use every nth frame; by default at most 300 in all."
    )
    pair_rule: Literal["paper", "code"] = "code"
    pairs_per_source: int | None = Field(
        default=None, ge=1, description="Most pairs of one source in an epoch, others each time."
    )
    crops: bool = Field(
        default=False, description="Learn from pieces of scans, not from virtual views of them."
    )
    views: int = Field(default=60, ge=2, description="Virtual frames of a scan without crops.")
    crops_per_scan: int = Field(default=8, ge=1, description="Pairs of pieces per epoch.")
    crop_points: tuple[int, int] = Field(
        default=(8_000, 40_000), description="Least and most points of a piece."
    )
    augmentation: Augmentation = Augmentation()

    channels: int = Field(default=32, ge=2, description="Of the embedding.")
    points: int = Field(default=4096, ge=2, description="Matches per pair; per step: pointcontrast")
    temperature: float = Field(default=0.4, gt=0)
    partition: Literal["paper", "fast", "general"] = "paper"
    partitions: int = 8
    near_m: float = Field(default=0.05, gt=0, description="r1 of the code's partitions.")
    far_m: float = Field(default=0.5, gt=0, description="r2; step of the paper's distances.")
    contrastive_weight: float = Field(default=1.0, ge=0, description="Of the loss over pairs.")
    object_weight: float = Field(
        default=0.0, ge=0, description="Weight of the contrast between known objects."
    )
    object_temperature: float = Field(default=0.1, gt=0)
    supervised_weight: float = Field(
        default=0.0, ge=0, description="Weight of cross-entropy on the source's own labels."
    )

    lr: float = Field(default=0.1, gt=0, le=10)
    momentum: float = Field(default=0.8, ge=0, lt=1)
    weight_decay: float = Field(default=1e-4, ge=0)
    schedule: Literal["exponential", "exponential_extra", "cosine"] = Field(
        default="cosine",
        description=(
            "exponential: x0.99 every 1000 steps; _extra: once more after the first step, as the "
            "code does. cosine: to zero, after 20 steps of warm-up."
        ),
    )
    norm_momentum: float = Field(default=0.05, gt=0, lt=1, description="Outside residual blocks.")

    save_every: int = Field(default=100, ge=1, description="Steps between states to resume from.")
    keep_every: int = Field(default=20_000, ge=1, description="Steps between kept checkpoints.")

    @model_validator(mode="after")
    def _fits(self) -> PretrainConfig:
        allowed = _COUNTS[self.partition]
        if self.method == "csc" and self.partitions not in allowed:
            raise ValueError(
                f"partition {self.partition} has {', '.join(map(str, allowed))} partitions, "
                f"not {self.partitions}"
            )
        if not 2 <= self.crop_points[0] < self.crop_points[1]:
            raise ValueError(f"crop_points {self.crop_points} must be two rising numbers from 2")
        if self.batch % self.accumulate:
            raise ValueError(f"batch {self.batch} is no multiple of accumulate {self.accumulate}")
        return self

    def course(self) -> dict[str, Any]:  # JSON
        """Return what the result depends on, without what only says how it is worked out."""
        return self.model_dump(mode="json", exclude={"workers", "save_every", "keep_every"})


# Paper: sec. 4 of Contrastive Scene Contexts; what it leaves open is taken from the code. Code: the
# released script, whose 4 partitions are up and down times near and far. Rooms: what did best
# for the packaged weights so far; its weights of the losses are docs/model-card.md's.
_PRESETS: dict[str, dict[str, Any]] = {  # Any: values of the config's fields
    "paper": {
        "steps": 60_000,
        "batch": 32,
        "voxel_size_m": 0.02,
        "frame_step": 25,
        "pair_rule": "paper",
        "partition": "paper",
        "partitions": 8,
        "schedule": "exponential",
        "save_every": 1000,
        "workers": 4,
    },
    "code": {
        "steps": 100_000,
        "batch": 32,
        "frame_step": 25,
        "partition": "fast",
        "partitions": 4,
        "schedule": "exponential_extra",
        "save_every": 1000,
        "workers": 4,
    },
    "small": {
        "augmentation": {"scale": (0.8, 1.2), "colour_sigma": 12.75},
        "points": 2048,
    },
    "rooms": {
        "arch": "Res16UNet14A",
        "voxel_size_m": 0.02,
        "augmentation": {
            "scale": (0.8, 1.2),
            "colour_sigma": 12.75,
            "mirror": True,
            "bend": 0.3,
            "colour_shift": 0.8,
            "grey": 0.1,
            "no_colour": 0.2,
        },
        "points": 1024,
        "frame_step": 2,
        "pairs_per_source": 8,
        "crops": True,
        "crop_points": (6_000, 25_000),
        "contrastive_weight": 0.2,
        "supervised_weight": 1.0,
        "object_weight": 1.0,
        "precision": "bf16",
    },
}


def make_config(preset: Preset, method: Method = "csc", **changes: Any) -> PretrainConfig:
    """Return a preset with changes; for PointContrast with that method's own augmentation.

    Raises:
        pydantic.ValidationError: a value is out of range, or values do not fit each other.
    """
    values: dict[str, Any] = {"preset": preset, "method": method, **_PRESETS[preset]}
    if method == "pointcontrast":
        # That method knows no labels; in rooms all else stays, so that the two compare.
        values |= {"contrastive_weight": 1.0, "supervised_weight": 0.0, "object_weight": 0.0}
    if method == "pointcontrast" and preset in ("paper", "code"):
        values["augmentation"] = {
            "any_axis": True,
            "scale": (0.8, 1.2),
            "use_colours": False,
            "colour_sigma": 0.0,
        }
    wanted = changes.get("partitions", values.get("partitions", 8))
    if "partition" not in changes and wanted not in _COUNTS[values.get("partition", "paper")]:
        values["partition"] = "general"  # The code's other function, for other than 4 partitions.
    values.update(changes)
    return PretrainConfig.model_validate(values)
