"""How changes of fields are told: before, after, for which SKU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rms_console.contract.field_names import FIELDS, RESULTS
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.view import View, Words

RESULT_ROLES: Final = {"created": "good", "updated": "good", "failed": "bad", "held": "warn", "unknown": "warn"}

WIDEST: Final = 18
"""Columns that a SKU has at most."""
WIDEST_NAME: Final = 32
"""Columns that the name of a field has at most."""


def word_of(names: Mapping[str, str], value: str, words: Words) -> str:
    """Return the word for a value, or the value as it is: what is not ours never serves as a template."""
    return words.phrase(names[value]) if value in names else value


def places_of(view: View) -> dict[str, str]:
    """Return the names of the shop's locations by the number that stands in `stock@NUMBER`."""
    locations = view.snapshot.shop.locations if view.snapshot is not None else ()
    return {clean(location_id, 60).rpartition("/")[2]: name for location_id, name in locations}


def change_lines(
    changes: Sequence[Mapping[str, Any]], words: Words, places: Mapping[str, str] | None = None
) -> list[Line]:
    """Return changed fields, one a line: of which SKU, which field, before, after; in columns as narrow as can be."""
    named = [(_who(change), field_name(change.get("field", ""), words, places)) for change in changes]
    who_width = min(WIDEST, max((len(who) for who, _ in named), default=0))
    name_width = min(WIDEST_NAME, max((len(name) for _, name in named), default=0))
    return [
        line(
            Part(f"  {who:<{who_width}.{who_width}} " if who_width else "  ", "dim"),
            f"{name:<{name_width}.{name_width}} ",
            Part(value_text(change.get("before"), words), "dim"),
            f" {words.glyphs.arrow} ",
            Part(value_text(change.get("after"), words), "strong"),
        )
        for change, (who, name) in zip(changes, named, strict=True)
    ]


def _who(change: Mapping[str, Any]) -> str:
    return clean(change.get("sku") or change.get("item_id") or "", WIDEST)


def field_name(field: Any, words: Words, places: Mapping[str, str] | None = None) -> str:
    """Return a field's name; the stock of one location is `stock@` and the location's name, else its number."""
    name, at, place = clean(field, 60).partition("@")
    number = place.rpartition("/")[2]
    return f"{word_of(FIELDS, name, words)}{at}{clean((places or {}).get(number, number), 40)}"


def field_names(changes: Sequence[Mapping[str, Any]], words: Words) -> str:
    """Return which fields changed, each once, at whatever location."""
    names = (str(change.get("field", "")).partition("@")[0] for change in changes)
    return ", ".join(sorted({field_name(name, words) for name in names}))


def value_text(value: Any, words: Words) -> str:
    """Return a value of a field; what is not there is a dash."""
    return words.glyphs.unknown if value in (None, "") else clean(value, 60)


def result_part(result: Any, words: Words) -> Part:
    """Return what came of a product as a word of a fixed width."""
    name = clean(result, 16)
    return Part(f"{word_of(RESULTS, name, words):<16.16} ", RESULT_ROLES.get(name, ""))
