# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Changes to whole words, numbers and lines, between those to bytes that libFuzzer makes itself."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_WORD = re.compile(rb"[+-]?[\d.]+(?:[eE][+-]?\d+)?|\"[^\"\n]*\"|[A-Za-z_]+|[^\w\s]")
_ODD = (
    b"0", b"1", b"-1", b"3", b"255", b"256", b"65536", b"2147483648", b"4294967296",
    b"9223372036854775807", b"18446744073709551616", b"1e30", b"1e308", b"1e999", b"-0.0", b"nan",
    b"inf", b"", b"null", b"[]", b"{}", b'""', b"true", b"0.5", b"1_0", b"\xd9\xa3", b"\xff",
)  # fmt: skip


def mutated(content: bytes, seed: int, words: Sequence[bytes], *, longest: int) -> bytes:
    """Change one to three words, or lines, of a text, or of the text in a binary file."""
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 3)):
        content = _lines(content, rng) if rng.random() < 0.2 else _word(content, words, rng)
    return content[:longest]


def _word(content: bytes, words: Sequence[bytes], rng: random.Random) -> bytes:
    found = list(_WORD.finditer(content))
    if not found:
        return content + rng.choice(_ODD)
    old, other = rng.choice(found), rng.choice(found)
    way = rng.random()
    if way < 0.3:
        new = rng.choice(_ODD)
    elif way < 0.5 and words:
        new = rng.choice(words)
    elif way < 0.7:
        new = other[0]
    elif way < 0.8:
        new = old[0] + b" " + old[0]
    elif way < 0.9 and old[0].isdigit():
        new = b"%d" % (int(old[0][:18]) + rng.choice((-2, -1, 1, 2)))
    else:  # From here to there, another time.
        start, stop = sorted((old.start(), other.end()))
        return content[:stop] + content[start:stop] + content[stop:]
    return content[: old.start()] + new + content[old.end() :]


def _lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    way = rng.random()
    if way < 0.3:
        del lines[at]
    elif way < 0.6:
        lines.insert(to, lines[at])
    elif way < 0.8:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines[at : at + 1] = [lines[at]] * rng.randint(2, 20)
    return b"\n".join(lines)
