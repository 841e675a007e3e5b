"""The text of console.toml.example, told from the settings themselves so that it cannot be out of date."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Final

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from rms_console.config.kinds import allowed, base_of, choices_of
from rms_console.config.names import names_of
from rms_console.config.profiles import PROFILES
from rms_console.config.settings import Settings
from rms_console.config.tree import RUNTIME_KEYS, SECRET_KEYS, section_of

_HEAD: Final = f"""\
# Every setting of rms_console, with its default. Copy this file to console.toml, in the folder you start
# rms-console from or in its configuration folder, and take the sign # off the lines you change.
# "# " with a space begins an explanation; "#" without one begins a setting.
#
# The strongest first: command line, environment, --env-file, this file, the profile, the default.
# Secrets may also stand in the environment, in an --env-file, or in the system's keyring ("keyring:NAME").
# A file with a secret in it must not be readable by everyone: chmod 600 console.toml
#
# Profiles: {", ".join(PROFILES)}.
"""


def example_text() -> str:
    """Return console.toml.example: every key commented out with its default, its sentence and its names."""
    return _HEAD + "".join(_section(Settings, "")).rstrip("\n") + "\n"


def _section(model: type[BaseModel], path: str) -> Iterator[str]:
    """Yield the text of one table: its own keys, then the tables of the user's own names, then those inside it."""
    fields = model.model_fields
    if path:
        title = (inspect.getdoc(model) or "").partition(": ")[2]
        yield f"\n# {title[:1].upper()}{title[1:]}\n[{path}]\n"
    prefix = f"{path}." if path else ""
    for name, field in fields.items():
        if section_of(field) is None and not _is_filled_table(field):
            yield f"\n{_explained(prefix + name, field)}#{name} = {_toml(field.default)}\n"
    for name, field in fields.items():
        if _is_filled_table(field):
            rows = "".join(f"#{key} = {_toml(value)}\n" for key, value in field.default.items())
            yield f"\n{_explained(prefix + name, field)}#[{prefix}{name}]\n{rows}"
    for name, field in fields.items():
        section = section_of(field)
        if section is not None:
            yield from _section(section, prefix + name)


def _is_filled_table(field: FieldInfo) -> bool:
    """Return whether a field is a table with defaults: even its header stays commented, because it replaces them."""
    return isinstance(field.default, dict) and bool(field.default)


def _explained(key: str, field: FieldInfo) -> str:
    """Return the lines above a key: its sentence, what is allowed, the environment's names."""
    told = [_allowed(key, field)]
    if names := names_of(key):
        told.append(f"Environment: {', '.join(names)}.")
    if key in RUNTIME_KEYS:
        told.append("May change while running.")
    sentence = field.description or ""
    facts = " ".join(text for text in told if text)
    return "".join(f"# {line}\n" for line in (sentence, facts) if line)


def _allowed(key: str, field: FieldInfo) -> str:
    """Return what is allowed, where it says more than the default already does."""
    text = allowed(field)
    if key in SECRET_KEYS or text in ("a text", "a table", "true or false", "a list of texts"):
        return ""
    choices = choices_of(base_of(field.annotation))
    if choices and all(choice in (field.description or "") for choice in choices):
        return ""
    return f"{text[:1].upper()}{text[1:]}."


def shown_default(field: FieldInfo) -> str:
    """Return a setting's default as TOML writes it."""
    return _toml(field.default)


def _toml(value: object) -> str:
    """Return a default as TOML writes it."""
    if isinstance(value, SecretStr) or value is None:
        return '""'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(part) for part in value)}]"
    if isinstance(value, Mapping):
        return "{}"
    text = str(value.value if isinstance(value, Enum) else value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
