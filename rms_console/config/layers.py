"""Where settings come from, each source as a layer that knows the place of every value it gives.

pydantic-settings lays them over each other: a layer is one of its settings sources.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from rms_console.config.lines import key_lines, line_of
from rms_console.config.profiles import PROFILES
from rms_console.errors import ConfigError
from rms_console.locale import sentence

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """Values of one source, nested as in console.toml; `places` names each dotted key's place, `name` the rest's."""

    name: str
    values: Tree
    places: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def has(self, key: str) -> bool:
        return lookup(self.values, key) is not None

    def place_of(self, key: str) -> str:
        """Return where the key was given: FILE:LINE, the variable's name, or the layer's own name."""
        line = line_of(self.lines, key)
        if line is not None:
            return f"{self.file}:{line}"
        while key:
            if key in self.places:
                return self.places[key]
            key = key.rpartition(".")[0]
        return self.name


class LayerSource(PydanticBaseSettingsSource):
    """A layer as pydantic-settings takes it."""

    def __init__(self, settings_cls: type[BaseSettings], layer: Layer) -> None:
        super().__init__(settings_cls)
        self._layer = layer

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._layer.values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._layer.values)


def lookup(values: Tree, key: str) -> object | None:
    """Return the value of a dotted key in nested tables, None when it is not there."""
    found: object = values
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def nested(pairs: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """Return dotted keys with their values as nested tables."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        *tables, leaf = key.split(".")
        inner = tree
        for table in tables:
            inner = inner.setdefault(table, {})
        inner[leaf] = value
    return tree


def toml_layer(path: Path) -> Layer:
    """Return console.toml as a layer.

    Raises:
        ConfigError: the file cannot be read, or is not TOML (the message names the line).
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return Layer(str(path), tomllib.loads(text), file=path, lines=key_lines(text.replace("\r\n", "\n")))
    except OSError as exc:
        raise ConfigError(sentence("{path} cannot be read: {reason}", path=path, reason=exc.strerror or exc)) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(sentence("{path} is not UTF-8 text", path=path), hint=sentence("save it as UTF-8")) from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(sentence("{path} is not valid TOML: {problem}", path=path, problem=exc)) from exc


def profile_layer(name: str) -> Layer:
    return Layer(f"profile {name}", PROFILES[name])


def text_of(values: Tree, key: str) -> str:
    """Return a text of nested tables, empty when it is absent or is none."""
    value = lookup(values, key)
    return value if isinstance(value, str) else ""
