# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A small choice among a fuzzer's inputs: those that run through lines which no other one does."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import fewpoints.annotations.errors
from tests.fuzz.seeds import CORPUS, others, own
from tests.fuzz.targets import TARGETS

OURS = str(Path(fewpoints.annotations.errors.__file__).parent)
LONGEST = 1500
MOST_BYTES = 12_000
# A piece as long as this of somebody's file is not ours to keep.
PIECE = 32
Steps = set[tuple[str, int, int]]


def keep(parser: str, inputs: Path) -> str:
    """Choose among `inputs` for the tests, beside those that are chosen; return what was done."""
    folder = CORPUS / parser
    folder.mkdir(parents=True, exist_ok=True)
    # By hand: what once was a finding.
    named = [path for path in folder.iterdir() if path.name.startswith("found-")]
    feed = TARGETS[parser].feed
    seen: Steps = set()
    for path in named:
        seen |= steps(feed, path.read_bytes())
    foreign = _pieces(others(parser).values()) - _pieces(own(parser).values())
    found = {}
    candidates = [*(path.read_bytes() for path in inputs.glob("*")), *own(parser).values()]
    for content in sorted(candidates, key=len):
        if len(content) > LONGEST:
            break
        if not foreign.isdisjoint(_pieces([content])):
            continue
        new = steps(feed, content) - seen
        if new:
            found[content] = new
            seen |= new
    # Short ones first leaves many whose lines a later one has, too.
    room, chosen = MOST_BYTES, []
    have: Steps = set()
    while found:
        content = max(found, key=lambda c: len(found[c] - have) / (len(c) + 50))
        new = found.pop(content) - have
        if not new:
            break
        if len(content) > room:
            continue
        have |= new
        room -= len(content)
        chosen.append(content)
    for path in folder.iterdir():
        if path not in named:
            path.unlink()
    for content in chosen:
        (folder / hashlib.sha256(content).hexdigest()[:12]).write_bytes(content)
    return f"{len(chosen)} inputs of {sum(map(len, chosen)):,} bytes, {len(have):,} steps"


def _pieces(contents: Iterable[bytes]) -> set[bytes]:
    return {
        content[at : at + PIECE] for content in contents for at in range(len(content) - PIECE + 1)
    }


def steps(feed: Callable[[bytes], Any], content: bytes) -> Steps:
    """(file, line, next line) of all that our code does with an input."""
    taken: Steps = set()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(OURS):
            return None
        last = 0

        def line(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            if event == "line":
                taken.add((file, last, frame.f_lineno))
                last = frame.f_lineno
            return line

        return line

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        feed(content)
    finally:
        sys.settrace(before)
    return taken
