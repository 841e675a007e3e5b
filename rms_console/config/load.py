"""console.toml, env file, environment, profile and command line -> one validated value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import platformdirs
from pydantic import ValidationError

from rms_console.config.checks import doubtful, impossible, impossible_together
from rms_console.config.environment import env_file_layer, environment_layer
from rms_console.config.glance import APP_NAME, FILE_NAME, find_config
from rms_console.config.kinds import from_text
from rms_console.config.layers import Layer, nested, profile_layer, text_of, toml_layer
from rms_console.config.privacy import exposed
from rms_console.config.problems import NOTHING_CHANGED, NOTHING_STARTED, NOTHING_WRITTEN, explain, refuse, unknown_key
from rms_console.config.profiles import PROFILES
from rms_console.config.settings import Settings
from rms_console.config.tree import FIELDS, RUNTIME_KEYS, key_of
from rms_console.errors import ConfigError
from rms_console.locale import Sentence, sentence

COMMAND_LINE: Final = "command line"
WHILE_RUNNING: Final = "changed while running"


def load_settings(
    config: Path | None,
    env_file: Path | None,
    profile: str | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
) -> Settings:
    """Return the settings in force.

    The strongest first: `overrides` (the command line, by dotted key), the environment, the env file, console.toml,
    the profile, the defaults. Without `config` the file is looked for in the working folder, then in the user's and
    the system's configuration folders. Without `env_file` the one beside it serves, where there is one.

    Raises:
        ConfigError: nothing is configured, a file cannot be read, or values are wrong (all of them are told).
    """
    path = config or find_config()
    if env_file is None and path is not None and secrets_beside(path).is_file():
        env_file = secrets_beside(path)
    layers = [
        _overrides_layer(overrides, COMMAND_LINE),
        environment_layer(environ),
        *([env_file_layer(env_file)] if env_file else []),
        *([toml_layer(path)] if path else []),
    ]
    if not any(layer.values for layer in layers):
        raise ConfigError(_nothing_configured())
    problems, warnings = _check_files(path, env_file, layers)
    chosen, problem = _profile(profile, layers)
    problems += [problem] if problem else []
    settings = _build([*layers, *chosen], problems)
    return settings.with_warnings([*warnings, *doubtful(settings)])


def secrets_beside(config: Path) -> Path:
    """Return where the secrets of a console.toml stand when they stand apart: console.env beside it."""
    return config.with_suffix(".env")


def revise(settings: Settings, values: Mapping[str, object]) -> Settings:
    """Return the settings with some of them changed while running, by dotted key.

    Raises:
        ConfigError: a key cannot change while running, or a value is wrong.
    """
    refuse(
        (
            f"{key} cannot be changed while running; these can: {', '.join(sorted(RUNTIME_KEYS))}"
            if key in FIELDS
            else unknown_key(key)
            for key in values
            if key not in RUNTIME_KEYS
        ),
        NOTHING_CHANGED,
    )
    revised = _build([_overrides_layer(values, WHILE_RUNNING), *settings.layers], [], NOTHING_CHANGED)
    of_the_sources = [warning for warning in settings.warnings if warning not in set(doubtful(settings))]
    return revised.with_warnings([*of_the_sources, *doubtful(revised)])


def settings_of(values: Mapping[str, object], name: str) -> Settings:
    """Return the settings that values by dotted key make by themselves, before they are written to the file `name`.

    Raises:
        ConfigError: values are wrong (all of them are told).
    """
    layers = [Layer(name, nested(values.items()))]
    chosen, problem = _profile(None, layers)
    return _build([*layers, *chosen], [problem] if problem else [], NOTHING_WRITTEN)


def problem_of(key: str, value: object) -> str:
    """Return what is wrong with one value by itself, or an empty text."""
    layer = Layer("", nested([(key, value)]))
    try:
        Settings.of_layers([layer])
    except ValidationError as exc:
        wrong = any(key_of(found["loc"]).startswith(key) for found in exc.errors())
        return next(iter(explain(exc, [layer]))) if wrong else ""
    return ""


def _build(layers: Sequence[Layer], problems: Sequence[str], effect: str = NOTHING_STARTED) -> Settings:
    found = [*problems, *impossible(layers)]
    try:
        settings = Settings.of_layers(layers)
    except ValidationError as exc:
        found += explain(exc, layers)
    else:
        found += impossible_together(settings)
    # Not chained to pydantic's error, whose traceback would repeat the values, secrets among them.
    refuse(found, effect)
    return settings


def _overrides_layer(overrides: Mapping[str, object], name: str) -> Layer:
    """Return values by dotted key as a layer; texts are read into the kind of their field."""
    given = {
        key: from_text(FIELDS[key], value) if isinstance(value, str) and key in FIELDS else value
        for key, value in overrides.items()
        if value is not None
    }
    return Layer(name, nested(given.items()))


def _check_files(path: Path | None, env_file: Path | None, layers: Sequence[Layer]) -> tuple[list[str], list[str]]:
    problems: list[str] = []
    warnings = [warning for layer in layers for warning in layer.warnings]
    for file, name in ((path, str(path)), (env_file, str(env_file))):
        layer = next((layer for layer in layers if file is not None and layer.name == name), None)
        if file is not None and layer is not None:
            problem, warning = exposed(file, layer)
            problems += [problem] if problem else []
            warnings += [warning] if warning else []
    return problems, warnings


def _profile(wanted: str | None, layers: list[Layer]) -> tuple[list[Layer], str | None]:
    """Return the layer of the profile, if one is chosen, and what is wrong with the choice."""
    if wanted:
        layers[0] = Layer(COMMAND_LINE, {**layers[0].values, "profile": wanted})
    giver = next((layer for layer in layers if text_of(layer.values, "profile")), None)
    if giver is None:
        return [], None
    name = text_of(giver.values, "profile")
    if name in PROFILES:
        return [profile_layer(name)], None
    near = get_close_matches(name, PROFILES, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return [], f'{giver.place_of("profile")}: profile = "{name}" is not known; {hint}allowed: {", ".join(PROFILES)}'


def _nothing_configured() -> Sentence:
    return sentence(
        "nothing is configured: there is no console.toml and the environment sets nothing.\n"
        "  To look around without RMS and Shopify: rms-console --demo\n"
        "  To use your own: copy console.toml.example to {file} here, or to {user}, and fill it in,\n"
        "  or set SHOPIFY_SHOP_URL, SHOPIFY_ACCESS_TOKEN, RMS_DB_HOST and RMS_DB_NAME in the environment.",
        file=FILE_NAME,
        user=platformdirs.user_config_path(APP_NAME, appauthor=False) / FILE_NAME,
    )
