"""Signs: one for what is unknown, and in a terminal without Unicode another of the same width for each of ours."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len

from rms_console.tui.format import UNKNOWN, age, count, duration, money
from rms_console.tui.glyphs import ASCII, UNICODE
from rms_console.tui.lines import text_of, width_of
from rms_console.tui.plain import MARK, NEW_LINE
from rms_console.tui.screens.changes import change_lines
from rms_console.tui.view import Words


def test_one_sign_says_that_something_is_unknown() -> None:
    assert {age(None), duration(None), count(None), money(None, "CRC"), UNKNOWN} == {UNICODE.unknown}
    assert ASCII.spelled(UNKNOWN) == ASCII.unknown


def test_ascii_has_a_sign_of_the_same_width_for_each_of_ours() -> None:
    ours = f"{UNKNOWN}{UNICODE.ellipsis}{UNICODE.arrow}{MARK}{NEW_LINE}“”\u00a0"
    spelled = ASCII.spelled(ours)
    assert spelled.isascii()
    assert [cell_len(one) for one in spelled] == [cell_len(one) for one in ours]
    assert UNICODE.spelled(ours) == ours


def test_columns_of_changes_are_as_narrow_as_their_texts() -> None:
    words = Words("en", UNICODE)
    changes: list[dict[str, Any]] = [
        {"sku": "A-7", "field": "price", "before": "1", "after": "2"},
        {"sku": "A-71", "field": "stock@gid://shopify/Location/7", "before": None, "after": "3"},
    ]
    told = [text_of(one) for one in change_lines(changes, words, {"7": "Centro"})]
    assert told == ["  A-7  price        1 → 2", "  A-71 stock@Centro – → 3"]
    assert width_of(change_lines([{"sku": "S" * 60, "field": "f" * 60}], words)[0]) <= 60
    assert change_lines([], words) == []
