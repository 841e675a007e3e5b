"""English sentences that came over a wire, told in another language: the template they were made of is found again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from string import Formatter
from typing import Final

from rms_console.locale import BAR, messages, translate

MOST_CHARACTERS: Final = 2_000
"""Longer texts are none of our sentences: they are told as they stand."""
MOST_PARENTHESES: Final = 8
"""So many are tried for the one that begins a hint."""


def retell(language: str, text: str) -> str:
    """Return an English sentence of the program in `language`; any other text as it stands.

    Of several templates that fit, the one that says most itself is taken. What stood in the places of its facts is
    kept where it is no phrase of ours: it may come from outside. An error that is told with its hint is two sentences.
    """
    if not messages(language) or len(text) > MOST_CHARACTERS:
        return text
    return _advised(language, text) or _one(language, text)


def _advised(language: str, text: str) -> str:
    """Return `what happened (what to do)` where both are ours; empty where they are not."""
    place = text.find(" (") if text.endswith(")") else -1
    for _ in range(MOST_PARENTHESES):
        if place <= 0:
            break
        message, hint = text[:place], text[place + 2 : -1]
        advice = _one(language, hint)
        if advice != hint and (told := _one(language, message)) != message:
            return f"{told} ({advice})"
        place = text.find(" (", place + 1)
    return ""


def _one(language: str, text: str) -> str:
    known = messages(language)
    if text in known and "{" not in text:
        return translate(language, text, {})
    best, facts = "", dict[str, object]()
    for template, literals in _shapes(language):
        if _words(template) <= _words(best) or not _may_fit(text, literals):
            continue
        found = _pattern(template).fullmatch(text)
        if found is not None:
            best, facts = template, {name: _fact(known, fact) for name, fact in found.groupdict().items()}
    return translate(language, best, facts) if best else text


def _fact(known: Mapping[str, str], text: str) -> str:
    """Return a fact as it is; one that is a phrase of ours to the letter is told too."""
    return known.get(text, text) if " " in text and "{" not in text else text


def _may_fit(text: str, literals: tuple[str, ...]) -> bool:
    return text.startswith(literals[0]) and text.endswith(literals[-1]) and all(part in text for part in literals)


@lru_cache
def _shapes(language: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the templates that have facts and words, each with its literal parts in order."""
    shapes = ((template, _literals(template)) for template in messages(language) if "{" in template)
    return tuple((template, parts) for template, parts in shapes if len(parts) > 1 and _says_anything(template, parts))


def _says_anything(template: str, literals: tuple[str, ...]) -> bool:
    return bool("".join(literals).strip(" :,.()")) or any(_choices(template))


@lru_cache(maxsize=2048)
def _words(template: str) -> int:
    """Return how much a template says itself."""
    return sum(map(len, _literals(template))) + sum(min(map(len, words)) for words in _choices(template))


def _choices(template: str) -> list[list[str]]:
    """Return the words that a template has for one and for any other number."""
    return [spec.split(BAR, 1) for _, _, spec, _ in Formatter().parse(template) if spec and BAR in spec]


@lru_cache(maxsize=2048)
def _literals(template: str) -> tuple[str, ...]:
    parts, ends_with_fact = [], False
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(literal)
        ends_with_fact = name is not None
    return (*parts, "") if ends_with_fact else tuple(parts)


@lru_cache(maxsize=256)
def _pattern(template: str) -> re.Pattern[str]:
    pattern, seen = "", set()
    for literal, name, spec, _ in Formatter().parse(template):
        pattern += re.escape(literal)
        if name is None:
            continue
        if spec and BAR in spec:
            pattern += f"(?:{'|'.join(re.escape(word) for word in spec.split(BAR, 1))})"
            continue
        pattern += f"(?P={name})" if name in seen else f"(?P<{name}>.*?)"
        seen.add(name)
    return re.compile(pattern, re.DOTALL)
