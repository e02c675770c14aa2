# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Text tables of points, one line and one number at a time."""

from __future__ import annotations

import csv
import io


def slow_number(word: str, *, comma: bool = False) -> float:
    """One number; what Python does not know is taken apart by hand."""
    word = word.strip().strip("\"'").lower()
    if comma:
        word = word.replace(",", ".")
    if not word or "nan" in word or "ind" in word:
        return float("nan")
    if word.startswith(("1.#", "-1.#", "+1.#")):
        return float("-inf" if word.startswith("-") else "inf") if "inf" in word else float("nan")
    return float(word)


def slow_table(
    content: bytes, *, delimiter: str = " ", comma: bool = False, skip: int = 0
) -> list[list[float]]:
    """All numbers of a table, line by line, behind `skip` lines."""
    text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in text.split("\n")[skip:] if line.strip()]
    if delimiter == " ":
        rows = [line.replace('"', " ").split() for line in lines]
    else:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    return [[slow_number(word, comma=comma) for word in row] for row in rows]


def slow_pts(content: bytes) -> list[list[float]]:
    """The rows of all blocks of a PTS file."""
    lines = [line.split() for line in content.decode().split("\n") if line.strip()]
    out, at = [], 0
    while at < len(lines):
        (count,) = lines[at]
        out += [[float(word) for word in row] for row in lines[at + 1 : at + 1 + int(count)]]
        at += 1 + int(count)
    return out


def slow_ptx(content: bytes) -> list[list[float]]:
    """x, y, z in the common frame (NaN where nothing came back), then the other columns."""
    lines = [[float(w) for w in line.split()] for line in content.decode().split("\n") if line]
    out, at = [], 0
    while at < len(lines):
        count = int(lines[at][0]) * int(lines[at + 1][0])
        matrix = lines[at + 6 : at + 10]
        for row in lines[at + 10 : at + 10 + count]:
            moved = [float("nan")] * 3
            if row[:3] != [0, 0, 0]:
                vector = [*row[:3], 1.0]
                moved = [sum(vector[i] * matrix[i][j] for i in range(4)) for j in range(3)]
            out.append([*moved, *row[3:]])
        at += 10 + count
    return out
