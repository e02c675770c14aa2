# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError, UnreadableScan
from fewpoints.annotations.printable import printable
from fewpoints.annotations.scans.import_options import ImportOptions, InvalidImportOptions


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("intensity", "intensity"),
        ("Höhe – 高度", "Höhe – 高度"),
        ("a\0b\x1bc", "a\ufffdb\ufffdc"),
        ("two\nlines\tand more", "two lines and more"),
        ("half \ud800 a pair", "half \ufffd a pair"),
    ],
)
def test_what_cannot_be_seen_is_replaced(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_any_text_can_be_stored_and_shown_in_a_line(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)
    printable(text).encode()


def test_what_a_mistake_quotes_can_be_sent() -> None:
    with pytest.raises(InvalidImportOptions) as caught:
        ImportOptions.parse('{"fixes": {"unit": "feet\\ud800"}}')
    assert caught.value.message.startswith('unit "feet\ufffd": use one of')
    assert AppError("two\nlines\0").message == "two\nlines\ufffd"


def test_a_refusal_that_quotes_the_file_is_one_line() -> None:
    assert str(UnreadableScan("a.ply", "no field \n\0")) == "a.ply: no field  \ufffd"
