# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What fuzzers found on their way, once more: a cloud or one sentence, as `rules.py` says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fewpoints.annotations.errors import UnsupportedFormat
from fewpoints.annotations.scans.readers.registry import readable_formats
from tests.fuzz import built, targets
from tests.fuzz.mutator import mutated
from tests.fuzz.seeds import CORPUS, seeds
from tests.fuzz.targets import TARGETS

MOST_BYTES = 300_000


@pytest.mark.parametrize("parser", TARGETS)
def test_each_input_is_a_cloud_or_one_sentence(parser: str) -> None:
    inputs = sorted((CORPUS / parser).iterdir())
    assert inputs
    for path in inputs:
        try:
            TARGETS[parser].feed(path.read_bytes())
        except Exception as error:
            raise AssertionError(f"{path.name} of {parser}") from error


@pytest.mark.parametrize("parser", TARGETS)
def test_what_a_fuzzer_begins_with_goes_by_the_rules(parser: str) -> None:
    begin = seeds(parser)
    assert begin
    rng = random.Random(0)
    for content in begin.values():
        TARGETS[parser].feed(content)
        TARGETS[parser].feed(mutated(content, rng.getrandbits(30), [], longest=4096))


def test_every_format_has_a_fuzzer() -> None:
    covered = {suffix for target in TARGETS.values() for suffix in target.suffixes}
    for known in readable_formats():
        assert covered & set(known.suffixes), known.name


def test_the_corpus_stays_small() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == set(TARGETS)
    assert max(path.stat().st_size for path in files) < 4096
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


class TestRules:
    """A fuzzer that could not fail would find nothing."""

    def test_a_mistake_of_a_reader_is_not_taken_for_a_refusal(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(path: Path, **_: object) -> None:
            raise IndexError("of ours")

        monkeypatch.setattr(targets, "read_scan", broken)
        with pytest.raises(IndexError):
            TARGETS["ply"].feed(b"ply\n")

    @pytest.mark.parametrize(
        "message", ["other.ply: no", "scan.ply: a\nb", "scan.ply: " + "a" * 500]
    )
    def test_a_refusal_is_one_short_line_about_the_file(
        self, monkeypatch: pytest.MonkeyPatch, message: str
    ) -> None:
        def refusing(path: Path, **_: object) -> None:
            raise UnsupportedFormat(message)

        monkeypatch.setattr(targets, "read_scan", refusing)
        with pytest.raises(AssertionError):
            TARGETS["ply"].feed(b"ply\n")


class TestBuilt:
    def test_an_e57_file_taken_apart_and_built_says_the_same(self) -> None:
        for name, content in seeds("e57").items():
            if name in ("one", "two"):
                again = built.e57(built.taken_apart(content))
                assert len(again) == len(content)
                assert again[48:1020] == content[48:1020]

    @pytest.mark.parametrize(
        ("parser", "name", "points"),
        [
            ("npz", "pointcept apart", 6), ("npz", "columns apart", 6), ("npz", "apart apart", 6),
            ("npy", "big apart", 9), ("npy", "second apart", 70), ("glb", "bare apart", 500),
            ("glb", "picture apart", 500),
        ],
    )  # fmt: skip
    def test_parts_become_files_that_load(self, parser: str, name: str, points: int) -> None:
        scan = TARGETS[parser].feed(seeds(parser)[name])
        assert scan is not None
        assert len(scan) <= points
