"""Every key of console.toml by its dotted name, with its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from rms_console.config.kinds import base_of
from rms_console.config.settings import Settings


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field that is itself a table of settings."""
    kind = base_of(field.annotation)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def walk(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield (dotted key, field) of every setting below a model, in the order of declaration."""
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section is None:
            yield prefix + name, field
        else:
            yield from walk(section, f"{prefix}{name}.")


FIELDS: Final[Mapping[str, FieldInfo]] = dict(walk(Settings))
SECTIONS: Final = tuple(dict.fromkeys(key.rpartition(".")[0] for key in FIELDS if "." in key))
TABLES: Final = frozenset(key for key, field in FIELDS.items() if isinstance(field.default, dict))
"""Keys that hold a table of the user's own names."""
SECRET_KEYS: Final = frozenset(
    key
    for key, field in FIELDS.items()
    if isinstance(kind := base_of(field.annotation), type) and issubclass(kind, SecretStr)
)
RUNTIME_KEYS: Final = frozenset({"sync.interval_minutes", "sync.batch_size", "sync.max_concurrent_jobs", "log.level"})
"""Settings that may change while the engine runs."""


def key_of(location: tuple[Any, ...]) -> str:
    """Return the dotted key at which pydantic found a problem: list positions and its own marks are left out."""
    key = ""
    for part in location:
        if not isinstance(part, str) or part == "[key]":
            break
        key = f"{key}.{part}" if key else part
    return key
