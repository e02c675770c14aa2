# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Optional backends agree with the dense oracle; what is chosen, and why, is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from fewpoints.models.engine.backends.base import Backend, ConvCase
from fewpoints.models.engine.backends.minkowski import MinkowskiBackend
from fewpoints.models.engine.backends.native import NativeBackend
from fewpoints.models.engine.backends.registry import backend_names, choose_backend
from fewpoints.models.engine.backends.spconv import SpconvBackend
from fewpoints.models.engine.coords import voxel_set
from fewpoints.models.engine.epilogue import Epilogue
from fewpoints.models.engine.errors import BackendUnavailable
from fewpoints.models.engine.plan import ConvPlan, strided_plan, submanifold_plan
from tests.oracles.dense_conv import dense_strided, dense_submanifold, dense_transposed

CASE = ConvCase("submanifold", 3, 1, 4, 4, torch.device("cpu"), torch.float32, False)
Oracle = Callable[[Tensor, Tensor], Tensor]


def plans() -> Iterator[tuple[str, ConvPlan, Oracle]]:
    generator = torch.Generator().manual_seed(0)
    coords = torch.randint(-7, 7, (500, 4), generator=generator)
    coords[:, 0] %= 2
    voxels = voxel_set(coords)
    rows = voxels.coords
    for size, dilation in ((3, 1), (5, 1), (3, 2)):

        def submanifold(x: Tensor, w: Tensor, size: int = size, dilation: int = dilation) -> Tensor:
            return dense_submanifold(rows, x, w, kernel_size=size, dilation=dilation)

        name = f"k{size} dilation {dilation}"
        yield name, submanifold_plan(voxels, size, dilation=dilation), submanifold
    # Upsampling twice: before and after the strided plan was used.
    down = strided_plan(voxels)
    coarse = down.target.coords
    yield "transposed", down.transpose, lambda x, w: dense_transposed(coarse, x, w, rows)
    yield "strided", down, lambda x, w: dense_strided(rows, x, w, coarse)
    yield "transposed again", down.transpose, lambda x, w: dense_transposed(coarse, x, w, rows)


def agree(backend: Backend, device: str, *, backward: bool) -> None:
    for name, plan, oracle in plans():
        torch.manual_seed(1)
        x = torch.randn(len(plan.source), 16, requires_grad=True)
        w = torch.randn(plan.taps, 16, 32, requires_grad=True)
        expected = oracle(x, w)
        if device != "cpu":
            plan = _moved(plan, device)
        with torch.set_grad_enabled(backward):
            out = backend.convolve(x.to(device), w.to(device), plan)
        torch.testing.assert_close(out.cpu().double(), expected, atol=1e-3, rtol=1e-3, msg=name)
        if backward:
            grad = torch.randn_like(out)
            actual = torch.autograd.grad(out, (x, w), grad)
            wanted = torch.autograd.grad(expected, (x, w), grad.cpu().double())
            torch.testing.assert_close(actual, wanted, atol=1e-2, rtol=1e-3, check_dtype=False)
        scale, shift = torch.full((32,), 0.5, device=device), torch.ones(32, device=device)
        with torch.no_grad():
            out = backend.convolve(
                x.to(device), w.to(device), plan, epilogue=Epilogue(scale, shift)
            )
        torch.testing.assert_close(
            out.cpu().double(), (expected * 0.5 + 1).relu(), atol=1e-3, rtol=1e-3, msg=name
        )


def _moved(plan: ConvPlan, device: str) -> ConvPlan:
    source, target = (
        replace(voxels, coords=voxels.coords.to(device), keys=voxels.keys.to(device))
        for voxels in (plan.source, plan.target)
    )
    return ConvPlan(
        plan.kind, plan.kernel_size, plan.dilation, plan.table.to(device), source, target
    )


class TestAgreement:
    def test_native(self) -> None:
        agree(NativeBackend(), "cpu", backward=True)

    @pytest.mark.gpu
    def test_native_on_cuda(self) -> None:
        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")
        agree(NativeBackend(), "cuda", backward=True)

    @pytest.mark.gpu
    def test_spconv_on_cuda(self) -> None:
        backend = SpconvBackend()
        reason = backend.accepts(replace(CASE, device=torch.device("cuda")))
        if not torch.cuda.is_available() or reason:
            pytest.skip(reason or "no CUDA device")
        agree(backend, "cuda", backward=True)

    @pytest.mark.filterwarnings("ignore")
    def test_spconv_layout_on_one_thread(self) -> None:
        """Its CPU build is refused, but alone on one thread it shows that layouts are right."""
        backend = SpconvBackend()
        reason = backend.accepts(replace(CASE, device=torch.device("cuda")))
        if reason:
            pytest.skip(reason)
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            agree(backend, "cpu", backward=False)
        finally:
            torch.set_num_threads(before)

    def test_minkowski(self) -> None:
        backend = MinkowskiBackend()
        if reason := backend.accepts(CASE):
            pytest.skip(reason)
        agree(backend, "cpu", backward=True)


class TestRegistry:
    def test_auto_on_a_cpu_is_native_and_says_why_not_spconv(self) -> None:
        choice = choose_backend("auto", CASE)
        assert choice.backend.name == "native"
        assert "CUDA only" in choice.refused["spconv"]
        assert choice.describe().startswith("Convolutions run on native (spconv: ")

    def test_a_named_backend_that_cannot_is_an_error_with_the_reason(self) -> None:
        with pytest.raises(BackendUnavailable, match="wrong, varying results"):
            choose_backend("spconv", CASE)

    def test_an_unknown_name_lists_the_known(self) -> None:
        with pytest.raises(BackendUnavailable, match="native"):
            choose_backend("torchsparse", CASE)

    def test_nothing_accepts_integers(self) -> None:
        with pytest.raises(BackendUnavailable, match="floating point"):
            choose_backend("auto", replace(CASE, dtype=torch.int32))

    def test_names(self) -> None:
        assert set(backend_names()) == {"native", "spconv", "minkowski"}
