"""Undocumented is broken: each code has its line in both languages, and no line is about a code that is no more."""

from __future__ import annotations

import re

import pytest

from rms_console.docs import written
from rms_console.domain.eligibility import GONE
from rms_console.domain.holds import Danger
from tests.docs.gather import codes

LINE = re.compile(r"^\| `([a-z0-9-]+)` \|", re.MULTILINE)


def known() -> dict[str, str]:
    """Return every code a person may meet. Findings of the diagnostics say themselves what they mean."""
    shown = {code: where for code, where in codes().items() if not code.startswith("diag-")}
    return shown | dict.fromkeys(GONE, "eligibility.GONE") | {danger.code: "holds.Danger" for danger in Danger}


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_code_is_explained_once(language: str) -> None:
    lines = LINE.findall(written("troubleshooting", language))
    assert sorted(set(lines)) == sorted(lines)
    missing = {code: where for code, where in known().items() if code not in lines}
    assert not missing


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_line_explains_a_code_that_nobody_gives(language: str) -> None:
    assert not set(LINE.findall(written("troubleshooting", language))) - set(known())
