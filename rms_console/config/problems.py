"""What is wrong with the settings, told so that a person can mend all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

from rms_console.config.kinds import allowed
from rms_console.config.layers import Layer
from rms_console.config.tree import FIELDS, SECRET_KEYS, SECTIONS, TABLES, key_of
from rms_console.errors import ConfigError
from rms_console.locale import mark, sentence

_SHOWN_CHARACTERS = 60


NOTHING_STARTED: Final = sentence("nothing was started")
NOTHING_CHANGED: Final = sentence("nothing was changed")
NOTHING_WRITTEN: Final = sentence("nothing was written")


def refuse(problems: Iterable[str], effect: str = NOTHING_STARTED) -> None:
    """Raise when there is any problem; `effect` says what that means.

    Raises:
        ConfigError: with every problem on a line of its own.
    """
    told = list(dict.fromkeys(problems))
    if told:
        message = sentence("a setting is wrong; {effect}:", effect=effect)
        if len(told) > 1:
            message = sentence("{count} settings are wrong; {effect}:", count=len(told), effect=effect)
        for line in told:
            message = sentence("{before}\n  {line}", before=message, line=line)
        raise ConfigError(message)


def explain(error: ValidationError, layers: Sequence[Layer]) -> list[str]:
    """Return a line for each thing that pydantic found: place, key, what is wrong, what is allowed.

    Values of secrets are never told.
    """
    return [_line(dict(found), layers) for found in error.errors(include_url=False, include_context=True)]


def unknown_key(key: str) -> str:
    """Return the message about a key that does not exist, with the one that was probably meant."""
    nearest = nearest_key(key)
    is_section = key in {section.partition(".")[0] for section in SECTIONS}
    told = sentence("{key} is not a section" if is_section else "{key} is not a setting", key=key)
    return sentence("{told}; did you mean {name}?", told=told, name=nearest) if nearest else told


def nearest_key(key: str) -> str | None:
    """Return the existing key or section closest to a wrong one, or None when nothing is close."""
    table, _, leaf = key.rpartition(".")
    siblings = {name.rpartition(".")[2]: name for name in FIELDS if name.rpartition(".")[0] == table}
    near = get_close_matches(leaf, siblings, n=1, cutoff=0.6)
    if near:
        return siblings[near[0]]
    elsewhere = [name for name in FIELDS if name.rpartition(".")[2] == leaf]
    if elsewhere:
        return elsewhere[0]
    near = get_close_matches(key, [*FIELDS, *SECTIONS], n=1, cutoff=0.6)
    return near[0] if near else None


def _line(found: dict[str, Any], layers: Sequence[Layer]) -> str:
    key = key_of(found["loc"])
    layer = next((layer for layer in layers if layer.has(key)), None)
    place = layer.place_of(key) if layer else ""
    told = _told(key, found)
    return sentence("{place}: {told}", place=place, told=told) if place else told


def _told(key: str, found: dict[str, Any]) -> str:
    if found["type"] == "extra_forbidden":
        return unknown_key(key)
    field = FIELDS.get(key) or FIELDS.get(_table_around(key))
    if field is None:
        return sentence("{key} is a section, not a value; write [{key}] and its keys below", key=key)
    if found["type"] == "value_error":
        return f"{key}: {found['ctx']['error']}"
    shown = "" if key in SECRET_KEYS else f" = {_shown(found['input'])}"
    return sentence(_reason(found), setting=f"{key}{shown}", allowed=_allowed(key, found))


def _table_around(key: str) -> str:
    return next((table for table in TABLES if key.startswith(f"{table}.")), "")


def _reason(found: dict[str, Any]) -> str:
    kind = str(found["type"])
    if kind in ("greater_than", "greater_than_equal"):
        return mark("{setting} is too small; allowed: {allowed}")
    if kind in ("less_than", "less_than_equal"):
        return mark("{setting} is too large; allowed: {allowed}")
    if kind in ("literal_error", "enum"):
        return mark("{setting} is not known; allowed: {allowed}")
    if kind.startswith(("string_too", "too_")):
        return mark("{setting} has the wrong length; allowed: {allowed}")
    return mark("{setting} is of the wrong kind; allowed: {allowed}")


def _allowed(key: str, found: dict[str, Any]) -> str:
    """Return what is allowed there; inside a table or a list pydantic's own list of words is the exact one."""
    context = found.get("ctx", {})
    if "expected" in context:
        choices = str(context["expected"]).replace(" or ", ", ").replace("'", "")
        return sentence("one of {choices}", choices=choices)
    bounds = {name: context[name] for name in ("min_length", "max_length") if name in context}
    if bounds and "type" in found and "too" in found["type"]:
        return ", ".join(f"{name.replace('_length', '')} {bound}" for name, bound in bounds.items())
    return allowed(FIELDS[key]) if key in FIELDS else sentence("a text")


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    clean = "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in text)
    return clean if len(clean) <= _SHOWN_CHARACTERS else clean[:_SHOWN_CHARACTERS] + "\N{HORIZONTAL ELLIPSIS}"
