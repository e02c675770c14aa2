# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which backend runs a convolution, by name or automatically, and why."""

from __future__ import annotations

from dataclasses import dataclass

from fewpoints.models.engine.backends.base import Backend, ConvCase
from fewpoints.models.engine.backends.minkowski import MinkowskiBackend
from fewpoints.models.engine.backends.native import NativeBackend
from fewpoints.models.engine.backends.spconv import SpconvBackend
from fewpoints.models.engine.errors import BackendUnavailable

# In the order "auto" asks them. `minkowski` is never picked on its own: it is slower than
# `native` on a CPU and unmaintained on a GPU.
_BACKENDS: dict[str, Backend] = {
    backend.name: backend for backend in (SpconvBackend(), NativeBackend(), MinkowskiBackend())
}
_AUTO = ("spconv", "native")


@dataclass(frozen=True)
class Choice:
    """A backend and the story of how it was chosen.

    refused: name -> reason, for every backend that comes before it and cannot run the case.
    """

    backend: Backend
    refused: dict[str, str]

    def describe(self) -> str:
        """Return one sentence for logs and reports."""
        reasons = "; ".join(f"{name}: {reason}" for name, reason in self.refused.items())
        return f"Convolutions run on {self.backend.name}" + (f" ({reasons})." if reasons else ".")


def backend_names() -> list[str]:
    """Return the names that `choose_backend` knows, besides "auto"."""
    return list(_BACKENDS)


def choose_backend(name: str, case: ConvCase) -> Choice:
    """Return the backend `name`, or for "auto" the first that accepts the case.

    Raises:
        BackendUnavailable: unknown name, or the named backend refuses; the message says why.
    """
    if name == "auto":
        refused: dict[str, str] = {}
        for candidate in _AUTO:
            reason = _BACKENDS[candidate].accepts(case)
            if reason is None:
                return Choice(_BACKENDS[candidate], refused)
            refused[candidate] = reason
        reasons = "; ".join(f"{candidate}: {reason}" for candidate, reason in refused.items())
        raise BackendUnavailable(f"No convolution backend accepts this case: {reasons}.")
    backend = _BACKENDS.get(name)
    if backend is None:
        raise BackendUnavailable(
            f"There is no convolution backend {name!r}. Choose auto, {', '.join(_BACKENDS)}."
        )
    reason = backend.accepts(case)
    if reason is not None:
        raise BackendUnavailable(
            f"The convolution backend {name} cannot be used here: {reason}. Choose auto or native."
        )
    return Choice(backend, {})
