"""Themes are data: TOML files that say how each role looks. Built-in ones, and a person's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.color import Color, ColorParseError
from rich.style import Style

from rms_console.tui.lines import ROLES
from rms_console.tui.plain import clean

if TYPE_CHECKING:
    from textual.theme import Theme as TextualTheme

GROUNDS: Final = ("background", "surface", "panel")
COLOURS: Final = (*GROUNDS, "text", "dim", "good", "warn", "bad", "accent")
ATTRIBUTES: Final = ("bold", "italic", "underline", "reverse")
HERE: Final = Path(__file__).resolve().parent
BUILT_IN: Final = (HERE.parent / "_themes", HERE.parent.parent / "themes")
"""In a wheel, and beside the package in a checkout: the first that is there. A wheel's neighbours are not ours."""
DARK, LIGHT, MONO = "noche", "dia", "mono"
MOST_NAME: Final = 40


@dataclass(frozen=True)
class Look:
    """How one role looks; no colour means that of the text around it."""

    colour: str = ""
    background: str = ""
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Theme:
    """One theme. Colours are `#rrggbb`."""

    name: str
    is_dark: bool
    colours: Mapping[str, str]
    roles: Mapping[str, Look] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, slots=True)
class Themes:
    """What was found, by name, and what could not be used and why."""

    found: dict[str, Theme]
    problems: tuple[str, ...]


def load_themes(folders: Sequence[Path] = ()) -> Themes:
    """Return the built-in themes and those of `folders`; a later one of the same name wins, a broken one is told."""
    found: dict[str, Theme] = {}
    problems: list[str] = []
    built_in = [folder for folder in BUILT_IN if folder.is_dir()][:1]
    for folder in (*built_in, *folders):
        try:
            paths = sorted(folder.glob("*.toml")) if folder.is_dir() else []
        except OSError as error:
            problems.append(f"{folder}: {error.strerror}")
            continue
        for path in paths:
            try:
                theme = read_theme(path)
            except (OSError, ValueError) as error:
                problems.append(f"{path}: {error}")
            else:
                found[theme.name] = theme
    return Themes(found, tuple(problems))


def read_theme(path: Path) -> Theme:
    """Return the theme of a file.

    Raises:
        ValueError: what is wrong in it. OSError: it cannot be read.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    given = _table(data, "colours")
    colours = {name: _colour(given.get(name), f"colours.{name}") for name in COLOURS}
    roles = {name: _look(name, wanted) for name, wanted in _table(data, "roles").items()}
    name, is_dark = data.get("name", path.stem), data.get("dark", True)
    if not isinstance(name, str) or not name.strip() or clean(name, MOST_NAME) != name:
        raise ValueError(f"name must be one line of at most {MOST_NAME} characters")
    if not isinstance(is_dark, bool):
        raise ValueError("dark must be true or false")  # one kind of error for whoever reads the file
    return Theme(name, is_dark, colours, roles)


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name, {})
    if not isinstance(found, dict):
        raise ValueError(f"{name} must be a table")  # one kind of error for whoever reads the file
    return found


def _colour(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where} is missing")  # one kind of error for whoever reads the file
    try:
        return Color.parse(value).get_truecolor().hex
    except ColorParseError as error:
        raise ValueError(f"{where}: {value!r} is no colour such as #a0b0c0") from error


def _look(name: str, wanted: Any) -> Look:
    if name not in ROLES:
        near = get_close_matches(name, ROLES, 1)
        raise ValueError(f"roles.{name} is unknown" + (f"; did you mean {near[0]}?" if near else ""))
    if not isinstance(wanted, dict):
        raise ValueError(f"roles.{name} must be a table")
    given = wanted.get("attributes", [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise ValueError(f"roles.{name}.attributes must be a list of words")
    attributes = tuple(given)
    if unknown := set(attributes) - set(ATTRIBUTES):
        raise ValueError(f"roles.{name}: unknown attributes {sorted(unknown)}; known are {', '.join(ATTRIBUTES)}")
    colours = {
        key: _colour(wanted[key], f"roles.{name}.{key}") if key in wanted else "" for key in ("colour", "background")
    }
    return Look(colours["colour"], colours["background"], attributes)


@lru_cache(maxsize=256)
def style_of(theme: Theme, role: str) -> Style:
    """Return how a role is drawn."""
    look = theme.roles.get(role, Look())
    colour = look.colour or theme.colours.get(role, "")
    marks = dict.fromkeys(look.attributes, True)
    return Style(color=colour or None, bgcolor=look.background or None, **marks)  # type: ignore[arg-type]


def to_textual(theme: Theme) -> TextualTheme:
    """Return the theme for Textual's own widgets: the palette, notices, fields."""
    from textual.theme import Theme as TextualTheme

    colours = theme.colours
    return TextualTheme(
        name=theme.name,
        primary=colours["accent"],
        secondary=colours["accent"],
        accent=colours["accent"],
        warning=colours["warn"],
        error=colours["bad"],
        success=colours["good"],
        foreground=colours["text"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        dark=theme.is_dark,
        variables={"text-muted": colours["dim"], "text-disabled": colours["dim"]},
    )


def choose(setting: str, themes: Themes, no_color: bool, is_light: bool = False) -> tuple[str, str]:
    """Return the theme to use and, where the setting names none that is there, a problem in words.

    `auto` follows the terminal: without colours, on a light background, else dark.
    """
    automatic = MONO if no_color else LIGHT if is_light else DARK
    if setting == "auto":
        return automatic, ""
    if setting in themes.found:
        return setting, ""
    near = get_close_matches(setting, themes.found, 1)
    hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(themes.found))}"
    return automatic, f"console.theme: there is no theme {setting}{hint}"
