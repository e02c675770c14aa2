# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The import arrows go one way, and the API process stays free of torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {name: ROOT / name / "fewpoints" / name for name in ("annotations", "models", "server")}
FORBIDDEN = {
    "annotations": (
        *("fewpoints.models", "fewpoints.server", "torch", "faiss", "scipy", "pydantic"),
        *("sqlalchemy", "fastapi", "typer", "rich"),
    ),
    "models": ("fewpoints.server", "sqlalchemy", "fastapi", "typer", "rich"),
    "server": (),
}
# Library -> the only files that may import it.
ONLY_IN = {
    "embreex": {"annotations/fewpoints/annotations/datasets/simulator/ray_casting.py"},
    "h5py": {"annotations/fewpoints/annotations/scans/readers/lzf_hdf5.py"},
    "open3d": {"annotations/fewpoints/annotations/scans/frames/fusion.py"},
    "pye57": {"annotations/fewpoints/annotations/scans/readers/e57.py"},
    "faiss": {"models/fewpoints/models/selection/faiss_kmeans.py"},
    "spconv": {"models/fewpoints/models/engine/backends/spconv.py"},
    "MinkowskiEngine": {"models/fewpoints/models/engine/backends/minkowski.py"},
}


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def modules(package: str) -> list[Path]:
    found = sorted(PACKAGES[package].rglob("*.py"))
    assert found, f"no module in {PACKAGES[package]}"
    return found


def is_inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_follow_the_arrows(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imported_names(path)
        if any(is_inside(name, forbidden) for forbidden in FORBIDDEN[package])
    ]
    assert wrong == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_each_optional_library_is_imported_in_one_file(library: str) -> None:
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in modules(package)
        if any(is_inside(name, library) for name in imported_names(path))
    }
    assert found <= ONLY_IN[library]


def test_namespace_has_no_init_and_other_inits_hold_no_code() -> None:
    for name, folder in PACKAGES.items():
        assert not (folder.parent / "__init__.py").exists()
        assert (folder / "py.typed").exists(), name
        full = [path for path in folder.rglob("__init__.py") if ast.parse(path.read_text()).body]
        assert full == []


@pytest.mark.parametrize(
    "module",
    [
        "fewpoints.server.app",
        "fewpoints.server.cli",
        "fewpoints.models.selection.options",
        "fewpoints.models.selection.uncertain",
        "fewpoints.models.training.readiness",
        "fewpoints.models.densify.labeller",
        "fewpoints.models.densify.objects",
        "fewpoints.models.features.colours",
        "fewpoints.models.superpoints.files",
        "fewpoints.models.superpoints.look",
        "fewpoints.models.superpoints.normals",
    ],
)
def test_module_loads_without_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'faiss' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_source_file_names_its_licence() -> None:
    folders = [*PACKAGES.values(), ROOT / "tests", ROOT / "scripts"]
    without = [
        str(path.relative_to(ROOT))
        for folder in folders
        for path in folder.rglob("*.py")
        if path.read_text().strip()
        and "SPDX-License-Identifier: Apache-2.0" not in path.read_text()
    ]
    assert without == []
