"""Nothing in a log line betrays a secret, ends the line or acts on a terminal (CWE-117)."""

from __future__ import annotations

import io
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rms_console.adapters.logs.clean import plain, visible
from rms_console.adapters.logs.redact import Redactor
from rms_console.contract.ports import LogLine
from tests.unit.logs.conftest import OpenWriter, entries

HOSTILE = [
    "a\r\nERROR [ChangeDetector] forged",
    "a\u2028b\u2029c\x85d",
    "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m",
    "\u202eevil\u202c \u2066x\u2069 \u200b\ufeff\u200f",
    "nul\x00 del\x7f tab\t vt\x0b ff\x0c",
    "lone \ud800 surrogate",
    "\U000e0041tag",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_stays_inside_its_line(text: str, open_writer: OpenWriter, tmp_path: Path) -> None:
    stream = io.StringIO()
    writer = open_writer(stream=stream)
    writer.write(LogLine("INFO", text, "{title}", {"title": text, text: [text]}, record={"context": {"x": text}}))
    writer.close()
    (entry,) = entries(tmp_path)
    raw = (tmp_path / "app.log").read_text(encoding="utf-8")
    assert stream.getvalue().count("\n") == raw.count("\n") == 1
    for told in (stream.getvalue()[:-1], raw[:-1], entry["message"], entry["service"], str(entry["context"])):
        assert [mark for mark in told if unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Zl", "Zp")] == []


@given(st.text(st.characters(codec=None)))
def test_no_character_acts(text: str) -> None:
    shown = visible(text)
    assert [mark for mark in shown if unicodedata.category(mark) in ("Cc", "Cs", "Zl", "Zp")] == []
    assert not re.search("[\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", shown)
    assert len(shown.splitlines()) <= 1


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u00ad")))
def test_ordinary_text_is_untouched(text: str) -> None:
    assert visible(text) == text


def test_escapes_name_the_character() -> None:
    assert visible("a\n\x1b[0m\u2028\U000e0041") == "a\\n\\x1b[0m\\u2028\\U000e0041"


def test_a_page_of_html_does_not_fill_the_log() -> None:
    told = plain("x" * 1_000_000, str)
    assert isinstance(told, str)
    assert len(told) < 20_000


def test_a_structure_without_end_is_told_to_a_depth() -> None:
    endless: dict[str, object] = {}
    endless["again"] = endless
    assert "again" in str(plain(endless, str))


def test_known_secrets_are_hidden_in_every_spelling(open_writer: OpenWriter, tmp_path: Path) -> None:
    stream = io.StringIO()
    writer = open_writer(stream=stream, secrets=["pa/ss wörd+1", "abcd", "abcdefgh"])
    spelled = "pa/ss wörd+1 pa%2Fss%20w%C3%B6rd%2B1 pa%2Fss+w%C3%B6rd%2B1 abcdefgh abcd"
    writer.write(LogLine("ERROR", "S", "{text}", {"text": spelled}, record={"context": {"url": f"x{spelled}"}}))
    writer.close()
    assert entries(tmp_path)[0]["message"] == "*** *** *** *** ***"
    assert "abcd" not in stream.getvalue() + (tmp_path / "app.log").read_text(encoding="utf-8")


def test_a_secret_may_become_known_while_running(open_writer: OpenWriter, tmp_path: Path) -> None:
    writer = open_writer()
    writer.add_secrets(["granted-token-1"])
    writer.write(LogLine("INFO", "S", "{text}", {"text": "got granted-token-1"}))
    assert entries(tmp_path)[0]["message"] == "got ***"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token shpat_0123456789abcdef refused", "token shpat_*** refused"),
        ("shpss_abc-DEF_9", "shpss_***"),
        ("DRIVER=x;UID=sa;PWD=s3cret;DATABASE=rms", "DRIVER=x;UID=sa;PWD=***;DATABASE=rms"),
        ("UID=sa;pwd = {s3;cr}}et};DATABASE=rms", "UID=sa;pwd = ***;DATABASE=rms"),
        ("password=hunter22 for sa", "password=*** for sa"),
        ('{"password": "hunter22", "user": "sa"}', '{"password": ***, "user": "sa"}'),
        ("{'client_secret': 'hunter22'}", "{'client_secret': ***}"),
        ("redis://user:hunter22@host:6379/0", "redis://user:***@host:6379/0"),
        ("https://hooks.slack.com/services/T0/B0/xyz failed", "https://hooks.slack.com/services/*** failed"),
        ("Authorization: Bearer abcdefghij.klm", "Authorization: Bearer ***"),
        ("X-Shopify-Access-Token: abcdef", "X-Shopify-Access-Token: ***"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert Redactor()(text) == shown


@pytest.mark.parametrize(
    "text", ["sqlite:///store.db", "password reset", "Zapato Pwd", "https://tienda.myshopify.com/"]
)
def test_ordinary_text_is_not_taken_for_a_secret(text: str) -> None:
    assert Redactor(["sa"])(text) == text


@given(
    st.text(st.characters(exclude_characters="*xyz", codec="utf-8"), min_size=4, max_size=30),
    st.text("xyz ", max_size=30),
    st.text("xyz ", max_size=30),
)
def test_a_known_secret_never_comes_through(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor([secret])(before + secret + after)
