# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How points to label are chosen, as data: one schema per strategy.

This module imports neither torch nor FAISS, so the API process and the command line can validate a
request without loading them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from fewpoints.annotations.errors import AppError

StrategyName = Literal["random", "kmeans_color", "kmeans_features", "diverse", "uncertain", "mixed"]
Scaling = Literal["scaled", "reference"]
KMeansEngine = Literal["lloyd", "faiss"]

STRATEGY_NAMES: tuple[StrategyName, ...] = (
    "random",
    "kmeans_color",
    "kmeans_features",
    "diverse",
    "uncertain",
    "mixed",
)
# As many points of a scan `mixed` chooses by `diverse`. On simulated flats that touches the most
# classes up to about 20 answers; from about 25 `uncertain` gives the better dense labels.
MIXED_FIRST = 20
SCALING_NAMES: tuple[Scaling, ...] = ("scaled", "reference")


class UnknownStrategy(AppError):
    """A strategy or scaling that does not exist was asked for."""

    status = 422
    code = "unknown_strategy"

    def __init__(self, what: str, value: str, known: tuple[str, ...]) -> None:
        super().__init__(f'There is no {what} "{value}". Use one of: {", ".join(known)}.')


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = Field(default=0, ge=0, lt=2**63, description="Same seed, same points.")


class Random(_Options):
    """Every point is equally likely: the baseline of the paper."""

    name: Literal["random"] = "random"


class _KMeans(_Options):
    scaling: Scaling = Field(
        default="scaled",
        description=(
            "scaled: place and look have the same say, look being colour and the direction of the "
            "features, half each. reference: raw metres, 0-255 colour and raw features, seeded "
            "with the first K points, as the script published with the paper."
        ),
    )
    iterations: int = Field(default=50, ge=1, le=1000, description="At most this many Lloyd steps.")
    engine: KMeansEngine = Field(
        default="lloyd",
        description=(
            "lloyd: the built-in blocked torch loop. faiss: FAISS; only with scaling=scaled, "
            "because FAISS splits clusters where the published script keeps them empty."
        ),
    )


class KMeansColor(_KMeans):
    """Cluster on position and colour; query the point nearest each centre."""

    name: Literal["kmeans_color"] = "kmeans_color"


class KMeansFeatures(_KMeans):
    """Cluster on position, colour and the 96 features of the network: the paper's strategy."""

    name: Literal["kmeans_features"] = "kmeans_features"


class Diverse(_Options):
    """Cluster superpoints on position, features and colour; query the most typical of each."""

    name: Literal["diverse"] = "diverse"


class Uncertain(_Options):
    """Query large superpoints of which the answers so far say least; see `selection.uncertain`.

    Without answers: large ones that have least in common with each other.
    """

    name: Literal["uncertain"] = "uncertain"


class Mixed(_Options):
    """`diverse` for the first 20 points of a scan that are asked about, `uncertain` after.

    A selection that crosses that number is made of both.
    """

    name: Literal["mixed"] = "mixed"


AnyStrategy = Random | KMeansColor | KMeansFeatures | Diverse | Uncertain | Mixed
StrategyOptions = Annotated[AnyStrategy, Field(discriminator="name")]


def strategy_options(name: str, *, scaling: str = "scaled", seed: int = 0) -> AnyStrategy:
    """Return the options of the strategy called `name`; `scaling` is for the k-means ones.

    Raises:
        UnknownStrategy: no such strategy or scaling.
    """
    if scaling not in SCALING_NAMES:
        raise UnknownStrategy("scaling", scaling, SCALING_NAMES)
    if name == "random":
        return Random(seed=seed)
    known: Scaling = "reference" if scaling == "reference" else "scaled"
    if name == "kmeans_color":
        return KMeansColor(seed=seed, scaling=known)
    if name == "kmeans_features":
        return KMeansFeatures(seed=seed, scaling=known)
    if name == "diverse":
        return Diverse(seed=seed)
    if name == "uncertain":
        return Uncertain(seed=seed)
    if name == "mixed":
        return Mixed(seed=seed)
    raise UnknownStrategy("strategy", name, STRATEGY_NAMES)


def needs_features(options: AnyStrategy) -> bool:
    """Whether the strategy looks at the network's features, so that they must be computed first."""
    return isinstance(options, (KMeansFeatures, Diverse, Uncertain, Mixed))


def needs_superpoints(options: AnyStrategy) -> bool:
    """Whether the strategy chooses among superpoints."""
    return isinstance(options, (Diverse, Uncertain, Mixed))


def needs_answers(options: AnyStrategy) -> bool:
    """Whether the strategy looks at the answers that there are; there may be none."""
    return isinstance(options, (Uncertain, Mixed))
