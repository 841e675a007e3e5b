"""The kinds of value a setting may have, and how a text from the environment becomes one.

Values of console.toml are taken as TOML types them: a text in the place of a number is a mistake worth telling.
The environment has only texts, so those are read into the field's kind first; a text that does not fit is passed
on as it is, and the field itself says what it allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, get_args, get_origin

from pydantic import AllowInfNan, BaseModel, BeforeValidator, ConfigDict, SecretStr, Strict
from pydantic.fields import FieldInfo

from rms_console.config.keyring import resolve_keyring
from rms_console.config.secret_url import SecretUrl
from rms_console.locale import Sentence, mark, sentence

_WORDS_FOR_TRUE = frozenset({"true", "1", "yes", "on", "y", "t"})
_WORDS_FOR_FALSE = frozenset({"false", "0", "no", "off", "n", "f"})


class Section(BaseModel):
    """One table of console.toml: frozen, and nothing in it that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
Real = Annotated[float, Strict(), AllowInfNan(False)]
Money = Annotated[Decimal, AllowInfNan(False)]
Text = Annotated[str, BeforeValidator(_stripped)]
Names = tuple[Text, ...]
Secret = Annotated[SecretStr, BeforeValidator(resolve_keyring)]
Url = Annotated[SecretUrl, BeforeValidator(resolve_keyring)]
AnyCase = BeforeValidator(_lower)
"""Beside a choice of lower-case words: capitals do not matter."""
Upper = BeforeValidator(_upper)
"""Beside a choice of upper-case words: capitals do not matter."""


def base_of(annotation: object) -> object:
    """Return the plain type under `Annotated` and `X | None`."""
    if get_origin(annotation) is Annotated:
        return base_of(get_args(annotation)[0])
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    if type(None) in get_args(annotation) and len(kinds) == 1:
        return base_of(kinds[0])
    return annotation


def from_text(field: FieldInfo, text: str) -> object:
    """Return a text of the environment as the field's kind, or the text itself when it is no such value."""
    kind = base_of(field.annotation)
    if kind is bool:
        return _flag(text)
    if get_origin(kind) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind in (int, float, Decimal):
        try:
            return kind(text)
        except (ValueError, InvalidOperation):
            return text
    return text


def _flag(text: str) -> object:
    word = text.strip().lower()
    if word in _WORDS_FOR_TRUE:
        return True
    return False if word in _WORDS_FOR_FALSE else text


def allowed(field: FieldInfo) -> Sentence:
    """Return what a field takes, in words: the second half of every message about a wrong value."""
    kind = base_of(field.annotation)
    if kind is bool:
        return sentence("true or false")
    choices = choices_of(kind)
    if choices:
        return sentence("one of {choices}", choices=", ".join(choices))
    if kind is int:
        return _bounded(field.metadata, _WHOLE)
    if kind in (float, Decimal):
        return _bounded(field.metadata, _NUMBER)
    return _collection(kind)


def choices_of(kind: object) -> tuple[str, ...]:
    """Return the words of a choice (a Literal or an enumeration), or nothing."""
    if isinstance(kind, type) and hasattr(kind, "__members__"):
        return tuple(str(member.value) for member in kind.__members__.values())
    return tuple(str(word) or '""' for word in get_args(kind)) if str(kind).startswith("typing.Literal") else ()


def _collection(kind: object) -> Sentence:
    if get_origin(kind) is tuple:
        words = choices_of(base_of(get_args(kind)[0]))
        if not words:
            return sentence("a list of texts")
        return sentence("a list of {words} and {last}", words=", ".join(words[:-1]), last=words[-1])
    return sentence("a table" if get_origin(kind) in (dict, Mapping) else "a text")


_NUMBER = {
    "": mark("a number"),
    "gt": mark("a number above {gt}"),
    "gt le": mark("a number above {gt}, at most {le}"),
    "ge": mark("a number of {ge} or more"),
    "ge le": mark("a number from {ge} to {le}"),
}
_WHOLE = {
    "": mark("a whole number"),
    "gt": mark("a whole number above {gt}"),
    "gt le": mark("a whole number above {gt}, at most {le}"),
    "ge": mark("a whole number of {ge} or more"),
    "ge le": mark("a whole number from {ge} to {le}"),
}
"""Templates by which bounds there are."""


def _bounded(metadata: list[Any], templates: Mapping[str, str]) -> Sentence:
    bounds = {
        name: value
        for rule in metadata
        for name in ("gt", "ge", "le")
        if (value := getattr(rule, name, None)) is not None
    }
    named = " ".join(name for name in ("gt", "ge", "le") if name in bounds)
    return sentence(templates.get(named, templates[""]), **bounds)
