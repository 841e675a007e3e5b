"""Spanish and English wording. The English template is the message id; `es.po` holds the Spanish.

The lowest layer: log sink, console, commands and alerts all speak through `translate`, so a template is written
once, in English, where it is used.
"""

from __future__ import annotations

import locale as system_locale
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("es", "en")
BAR: Final = "|"
"""Between the word for one and the word for any other number, in the place of a number's format."""

_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""In the order in which POSIX lets one overrule the next. Source: POSIX.1-2024, 8.2, read 2026-11."""


def mark(template: str) -> str:
    """Return the template unchanged: says that a text kept in a table is a message with a translation."""
    return template


def translate(language: str, template: str, facts: Mapping[str, object]) -> str:
    """Return the message in `language`, filled from `facts`.

    Never raises: a message that cannot be filled is worth more half told than not at all. A fact that is missing
    stays visible as its placeholder; a template without a translation is told in English.

    `{count} {count:item|items}` tells one item and two items: the word before the bar is for one.
    """
    message = _catalog(language).get(template, template)
    ready = {name: _fact(language, fact) for name, fact in facts.items()}
    if BAR in message:
        ready = {name: _Amount(fact) for name, fact in ready.items()}
    try:
        return message.format_map(_Tolerant(ready))
    except (ValueError, TypeError, LookupError, AttributeError):
        return message


class Sentence(str):
    """English text that remembers its template and facts, so that it can be told in another language too."""

    template: str
    facts: Mapping[str, object]


def sentence(template: str, /, **facts: object) -> Sentence:
    """Return a message as English text which `told` can say in another language."""
    text = Sentence(translate("en", template, facts))
    text.template, text.facts = template, facts
    return text


def told(language: str, text: str) -> str:
    """Return a text in `language` where it is a `Sentence`; any other text is told as it stands."""
    return translate(language, text.template, text.facts) if isinstance(text, Sentence) else text


def _fact(language: str, fact: object) -> object:
    """Return a fact as it goes into a message: a sentence in it is told in the message's language."""
    return told(language, fact) if isinstance(fact, Sentence) else fact


def messages(language: str) -> Mapping[str, str]:
    """Return every message of a language as template -> wording; empty for English, whose wording is the template."""
    return _catalog(language)


def language_for(setting: str, environ: Mapping[str, str]) -> str:
    """Return `es` or `en`: the setting where it names one, else Spanish for a Spanish locale, else English."""
    wanted = setting.strip().lower()
    if wanted in LANGUAGES:
        return wanted
    named = next((environ[name] for name in _VARIABLES if environ.get(name)), None)
    if named is None and os.name == "nt":
        # Windows sets none of them and names its locale in words (`Spanish_Costa Rica`).
        named = system_locale.getlocale()[0]
    return "es" if re.split(r"[_.@-]", (named or "").lower())[0] in {"es", "spanish"} else "en"


@lru_cache
def _catalog(language: str) -> Mapping[str, str]:
    if language not in LANGUAGES or language == "en":
        return {}
    # Babel is only needed, and only loaded, once a message in another language is wanted.
    from babel.messages.pofile import read_po

    with (Path(__file__).parent / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language, charset="utf-8")
    return {
        message.id: message.string
        for message in catalog
        if isinstance(message.id, str) and message.id and isinstance(message.string, str) and message.string
    }


class _Tolerant(dict[str, object]):
    """Facts in which a missing one answers with its own placeholder."""

    def __missing__(self, key: str) -> object:
        return _Placeholder(key)


class _Amount:
    """A fact that can choose between two words."""

    def __init__(self, fact: object) -> None:
        self._fact = fact

    def __format__(self, spec: str) -> str:
        if BAR not in spec:
            return format(self._fact, spec)
        one, other = spec.split(BAR, 1)
        return one if str(self._fact) == "1" else other

    def __str__(self) -> str:
        return str(self._fact)


class _Placeholder:
    def __init__(self, key: str) -> None:
        self._key = key

    def __format__(self, spec: str) -> str:
        return "{" + self._key + (f":{spec}" if spec else "") + "}"

    def __str__(self) -> str:
        return format(self)
