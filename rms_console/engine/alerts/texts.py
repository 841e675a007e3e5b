"""The wording of an alert as JSON and back: template and facts, so that it outlives the process in every language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from rms_console.locale import Sentence, sentence

NAMES: Final = ("title", "detail", "what_to_do", "cause", "over")
_TEMPLATE, _FACTS = "template", "facts"


def pack(texts: Mapping[str, str]) -> str:
    """Return texts by name as JSON."""
    return json.dumps({name: _packed(text) for name, text in texts.items() if text}, ensure_ascii=False)


def unpack(text: str) -> dict[str, str]:
    """Return what `pack` was given; every name of NAMES is there. What is no such JSON comes back as no text."""
    try:
        plain = json.loads(text)
    except ValueError:
        plain = {}
    found = plain if isinstance(plain, dict) else {}
    return {name: _text(found.get(name, "")) for name in NAMES}


def _packed(fact: object) -> Any:
    if isinstance(fact, Sentence):
        return {_TEMPLATE: fact.template, _FACTS: {name: _packed(value) for name, value in fact.facts.items()}}
    return fact if isinstance(fact, str | int | float | bool) or fact is None else str(fact)


def _text(plain: Any) -> str:
    value = _unpacked(plain)
    return value if isinstance(value, str) else str(value)


def _unpacked(plain: Any) -> object:
    if isinstance(plain, dict) and isinstance(plain.get(_FACTS), dict):
        return sentence(str(plain.get(_TEMPLATE, "")), **{str(k): _unpacked(v) for k, v in plain[_FACTS].items()})
    return plain
