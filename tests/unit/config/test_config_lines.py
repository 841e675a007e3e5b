"""The line of every key, whatever TOML stands around it."""

from __future__ import annotations

import tomllib

import pytest

from rms_console.config.lines import key_lines, line_of

TEXT = '''\
# comment with [brackets] and "quotes
profile = "staging" # key = 1

[sync]
batch_size = 5
"mode" = 'observe'
  interval_minutes = 5.0

[ alerts . email ]
to = [
  "a@b",  # ] not the end
  "[c]",
]
enabled = true

[mapping]
default_size = """
[filter]
min_price = 1
"""
ownership.title = "always"
ownership . tags = "never"
locations = { Exis00 = "1", Exis57 = "2" }
default_color = \'\'\'
it's [one]\'\'\'
title_max = 200

[[extra]]
name = "x"
'''


@pytest.mark.parametrize(
    "key",
    [
        "profile",
        "sync",
        "sync.batch_size",
        "sync.mode",
        "sync.interval_minutes",
        "alerts",
        "alerts.email",
        "alerts.email.to",
        "alerts.email.enabled",
        "mapping",
        "mapping.default_size",
        "mapping.ownership.title",
        "mapping.ownership.tags",
        "mapping.locations",
        "mapping.default_color",
        "mapping.title_max",
        "extra.name",
    ],
)
def test_a_key_stands_where_its_name_is(key: str) -> None:
    line = key_lines(TEXT)[key]
    written = TEXT.splitlines()[line - 1].replace(" ", "")
    assert key.rpartition(".")[2] in written or key in written


def test_keys_inside_a_text_are_not_keys() -> None:
    tomllib.loads(TEXT)
    assert not [key for key in key_lines(TEXT) if key.startswith("filter") or key == "mapping.min_price"]


def test_a_key_of_an_inline_table_stands_where_the_table_does() -> None:
    lines = key_lines(TEXT)
    assert line_of(lines, "mapping.locations.Exis57") == lines["mapping.locations"]


def test_a_key_that_is_nowhere_has_no_line() -> None:
    assert line_of(key_lines(TEXT), "redis.url") is None


@pytest.mark.parametrize("text", ["", "# only a comment", "a = 1", "a = 'x'\n\n\n", '[t]\na = "\\""'])
def test_short_texts_are_read_to_their_end(text: str) -> None:
    tomllib.loads(text)
    assert set(key_lines(text)) <= {"a", "t", "t.a"}
