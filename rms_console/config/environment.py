"""The environment and the env file as layers: texts under the requirements' names become settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings, DotEnvSettingsSource

from rms_console.config.kinds import from_text
from rms_console.config.layers import Layer, nested
from rms_console.config.names import ENVIRONMENT, FULL_SYNC_HOUR, FULL_SYNC_MINUTE, KNOWN_ELSEWHERE, OURS
from rms_console.config.tree import FIELDS
from rms_console.errors import ConfigError
from rms_console.locale import sentence

ENVIRONMENT_LAYER: Final = "environment"

_NO_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(\w+)\b(?!\s*=)")
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(\w+)\s*=(\s+#)?")
"""A line of an env file; the second group is there when nothing but a comment follows the sign."""


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """Return what the process environment sets. An empty variable counts as not set."""
    given = {name: text.strip() for name, text in environ.items() if text.strip()}
    return _layer(ENVIRONMENT_LAYER, given, {name: f"env {name}" for name in given})


def env_file_layer(path: Path) -> Layer:
    """Return what an env file sets, each value with its line.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise ConfigError(sentence("{path} cannot be read: {reason}", path=path, reason=exc.strerror or exc)) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(sentence("{path} is not UTF-8 text", path=path), hint=sentence("save it as UTF-8")) from exc
    places, only_commented = _scan(path, text)
    skipped = tuple(
        sentence(
            "{place}: {name} is not followed by = and was ignored; write {name}=VALUE",
            place=f"{path}:{number}",
            name=match.group(1),
        )
        for number, line in enumerate(text.splitlines(), start=1)
        if (match := _NO_ASSIGNMENT.match(line)) and match.group(1) in ENVIRONMENT
    )
    parsed = DotEnvSettingsSource(
        BaseSettings, env_file=path, env_file_encoding="utf-8-sig", case_sensitive=True, env_ignore_empty=True
    ).env_vars
    given = {name: text.strip() for name, text in parsed.items() if text and name not in only_commented}
    layer = _layer(str(path), {name: text for name, text in given.items() if text}, places)
    return replace(layer, warnings=layer.warnings + skipped)


def _scan(path: Path, text: str) -> tuple[dict[str, str], set[str]]:
    """Return the place of each variable of an env file, and those that a comment follows in place of a value.

    python-dotenv takes `NAME=   # comment` as the value `# comment`, though in the requirements' own sample it
    means an empty one; `NAME=#channel`, with nothing between, is a value.
    """
    places: dict[str, str] = {}
    only_commented: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        match = _ASSIGNMENT.match(line)
        if match:
            name = match.group(1)
            places[name] = f"{path}:{number}"
            (only_commented.add if match.group(2) else only_commented.discard)(name)
    return places, only_commented


def _layer(name: str, given: Mapping[str, str], places: Mapping[str, str]) -> Layer:
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    warnings = list(_unknown_names(given, places))
    for variable, key, text in _assignments(given):
        value = from_text(FIELDS[key], text)
        if key in values and values[key] != value:
            warnings.append(
                sentence(
                    "{winner} wins over {loser}: both set {key}, to different values",
                    winner=variable,
                    loser=sources[key],
                    key=key,
                )
            )
        values[key] = value
        sources[key] = variable
    return Layer(
        name,
        nested(values.items()),
        places={key: places.get(variable, variable) for key, variable in sources.items()},
        warnings=tuple(warnings),
    )


def _assignments(given: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield (variable, key, text) in the order of the table, so that the later-named of two wins."""
    for variable, key in ENVIRONMENT.items():
        if variable == FULL_SYNC_MINUTE and FULL_SYNC_HOUR in given:
            continue
        if variable in given:
            text = _full_sync_time(given) if variable in (FULL_SYNC_HOUR, FULL_SYNC_MINUTE) else given[variable]
            yield variable, key, text


def _full_sync_time(given: Mapping[str, str]) -> str:
    """Return the two variables of the nightly comparison as one time of day; a missing one has its default."""
    hour = given.get(FULL_SYNC_HOUR, "2")
    return hour if not hour.isdecimal() else f"{hour.zfill(2)}:{given.get(FULL_SYNC_MINUTE, '0').zfill(2)}"


def _unknown_names(given: Mapping[str, str], places: Mapping[str, str]) -> Iterator[str]:
    """Yield a warning for each variable that looks like a misspelt one of ours."""
    for name in given.keys() - ENVIRONMENT.keys() - KNOWN_ELSEWHERE:
        near = get_close_matches(name, ENVIRONMENT, n=1, cutoff=0.85) if name.startswith(OURS) else []
        if near:
            yield sentence(
                "{place}: {name} is not a setting and was ignored; did you mean {near}?",
                place=places[name],
                name=name,
                near=near[0],
            )
