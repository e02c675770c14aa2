# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Large freed blocks are used again where the C library can be told to."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys, torch
from fewpoints.models.engine.memory import keep_freed_memory
assert not int(sys.argv[1]) or keep_freed_memory()
for number in range(40):
    if number == 30:  # Where blocks lie has settled by then.
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(10_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_a_block_that_is_made_again_costs_no_page_faults() -> None:
    faults = [
        int(subprocess.check_output([sys.executable, "-c", PROGRAM, kept])) for kept in ("0", "1")
    ]
    assert faults[1] < faults[0] / 10
