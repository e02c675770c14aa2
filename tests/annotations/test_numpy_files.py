# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Arrays on disk come back as they were, from many threads at once too."""

from __future__ import annotations

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.numpy_files import load_arrays, map_array


def test_an_array_comes_back_as_a_read_only_map(tmp_path: Path) -> None:
    rows = np.arange(12, dtype="<f4").reshape(4, 3)
    np.save(tmp_path / "rows.npy", rows)
    found = map_array(tmp_path / "rows.npy")
    assert isinstance(found, np.memmap)
    assert found.dtype == rows.dtype
    np.testing.assert_array_equal(found, rows)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


def test_an_empty_array_comes_back(tmp_path: Path) -> None:
    np.save(tmp_path / "none.npy", np.zeros((0, 3), np.float32))
    assert map_array(tmp_path / "none.npy").shape == (0, 3)


def test_an_archive_is_no_array_and_an_array_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    np.savez(tmp_path / "many.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match="archive"):
        map_array(tmp_path / "many.npz")
    with pytest.raises(ValueError, match="single"):
        load_arrays(tmp_path / "one.npy")


@pytest.mark.parametrize("name", ["objects.npy", "objects.npz"])
def test_pickled_objects_are_refused(tmp_path: Path, name: str) -> None:
    objects = np.array([{"a": 1}], dtype=object)
    (np.save if name.endswith("npy") else np.savez)(tmp_path / name, objects)
    with pytest.raises(ValueError, match="allow_pickle"):
        (map_array if name.endswith("npy") else load_arrays)(tmp_path / name)


def test_of_many_threads_one_reads_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "many.npz", a=np.zeros((4, 3)), b=np.arange(5))
    np.save(tmp_path / "one.npy", np.arange(7))
    reading = threading.Lock()
    as_it_is = ast.literal_eval

    def alone(header: str) -> object:
        assert reading.acquire(blocking=False), "another thread is reading a header"
        try:
            time.sleep(0.001)
            return as_it_is(header)
        finally:
            reading.release()

    monkeypatch.setattr(ast, "literal_eval", alone)

    def read(number: int) -> int:
        if number % 2:
            return len(map_array(tmp_path / "one.npy"))
        return len(load_arrays(tmp_path / "many.npz")["b"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(40))) == {5, 7}
