"""Themes are data: complete, readable at every colour depth, and a broken one is told, not fatal."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from rms_console.tui.lines import ROLES
from rms_console.tui.themes import GROUNDS, Theme, choose, load_themes, read_theme, style_of, to_textual

BUILT_IN = load_themes()
NAMES = sorted(BUILT_IN.found)
NOCHE = (Path(__file__).parents[3] / "themes" / "noche.toml").read_text(encoding="utf-8")
LEAST = 4.5
"""WCAG 2.2, success criterion 1.4.3."""


def luminance(colour: ColorTriplet) -> float:
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pairs(theme: Theme) -> list[tuple[str, str, str]]:
    """Return (role, colour, ground) for everything that is drawn."""
    found = []
    for role in ROLES:
        style = style_of(theme, role)
        colour = style.color.get_truecolor().hex if style.color else theme.colours["text"]
        grounds = [style.bgcolor.get_truecolor().hex] if style.bgcolor else [theme.colours[name] for name in GROUNDS]
        found += [(role, colour, ground) for ground in grounds]
    return found


def at_depth(colour: str, system: ColorSystem) -> ColorTriplet:
    return Color.parse(colour).downgrade(system).get_truecolor(DEFAULT_TERMINAL_THEME)


def test_there_are_a_dark_a_light_a_high_contrast_and_a_monochrome_one() -> None:
    assert {"noche", "dia", "contraste", "mono"} <= set(NAMES)
    assert BUILT_IN.problems == ()
    assert {BUILT_IN.found[name].is_dark for name in NAMES} == {True, False}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
def test_every_role_can_be_read_on_every_ground(name: str, system: ColorSystem) -> None:
    poor = {
        (role, colour, ground): round(ratio, 2)
        for role, colour, ground in pairs(BUILT_IN.found[name])
        if (ratio := contrast(at_depth(colour, system), at_depth(ground, system))) < LEAST
    }
    assert not poor


@pytest.mark.parametrize("name", NAMES)
def test_with_sixteen_colours_nothing_vanishes(name: str) -> None:
    gone = [
        (role, colour, ground)
        for role, colour, ground in pairs(BUILT_IN.found[name])
        if at_depth(colour, ColorSystem.STANDARD) == at_depth(ground, ColorSystem.STANDARD)
    ]
    assert not gone


def test_the_monochrome_theme_has_no_hue() -> None:
    theme = BUILT_IN.found["mono"]
    for _, colour, ground in pairs(theme):
        for one in (colour, ground):
            red, green, blue = Color.parse(one).get_truecolor()
            assert red == green == blue
    assert style_of(theme, "bad").underline
    assert style_of(theme, "warn").bold


@pytest.mark.parametrize("name", NAMES)
def test_textual_takes_it(name: str) -> None:
    textual = to_textual(BUILT_IN.found[name])
    assert textual.name == name
    assert textual.dark is BUILT_IN.found[name].is_dark


def test_a_persons_own_theme_wins_over_a_built_in_one(tmp_path: Path) -> None:
    own = (Path(__file__).parents[3] / "themes" / "noche.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(own.replace('"#d7d7d7"', '"#ffffff"'), encoding="utf-8")
    assert load_themes([tmp_path]).found["noche"].colours["text"] == "#ffffff"


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("name = ", "Invalid value"),
        ('name = "x"', "colours.background is missing"),
        ('[colours]\nbackground = "nearly black"', "nearly black"),
        ("colours = 3", "colours must be a table"),
        pytest.param("x = " + "[" * 5000 + "]" * 5000, "nested too deep", id="deep"),
        (NOCHE.replace("dark = true", 'dark = "false"'), "dark must be true or false"),
        (NOCHE.replace('name = "noche"', 'name = "\\u001b[2J"'), "name must be one line"),
        (NOCHE.replace('name = "noche"', "name = 7"), "name must be one line"),
        (NOCHE.split("[roles]")[0].replace("dark = true", "roles = 1"), "roles must be a table"),
        (NOCHE + "dim = { attributes = 5 }", "roles.dim.attributes must be a list"),
        (NOCHE + 'dim = { attributes = [["bold"]] }', "roles.dim.attributes must be a list"),
        (NOCHE + 'dim = { attributes = ["blink"] }', "unknown attributes"),
    ],
)
def test_a_broken_theme_is_told_with_file_and_reason(tmp_path: Path, broken: str, told: str) -> None:
    (tmp_path / "broken.toml").write_text(broken, encoding="utf-8")
    themes = load_themes([tmp_path])
    assert set(themes.found) == set(NAMES)
    assert len(themes.problems) == 1
    assert "broken.toml" in themes.problems[0]
    assert told in themes.problems[0]


def test_a_folder_that_cannot_be_looked_into_is_no_end(tmp_path: Path) -> None:
    assert set(load_themes([tmp_path / ("x" * 300), tmp_path / "absent"]).found) == set(NAMES)


def test_a_folder_of_that_name_beside_an_installed_package_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, others = tmp_path / "_themes", tmp_path / "themes"
    for folder, name in ((ours, "noche"), (others, "foreign")):
        folder.mkdir()
        (folder / "one.toml").write_text(NOCHE.replace('"noche"', f'"{name}"'), encoding="utf-8")
    monkeypatch.setattr("rms_console.tui.themes.BUILT_IN", (ours, others))
    assert set(load_themes().found) == {"noche"}


def test_an_unknown_role_names_the_nearest(tmp_path: Path) -> None:
    own = (Path(__file__).parents[3] / "themes" / "noche.toml").read_text(encoding="utf-8")
    file = tmp_path / "own.toml"
    file.write_text(own + '\ncursr = { colour = "#ffffff" }\n', encoding="utf-8")
    with pytest.raises(ValueError, match="did you mean cursor"):
        read_theme(file)


def test_the_choice_follows_the_setting_and_no_color() -> None:
    assert choose("auto", BUILT_IN, no_color=False) == ("noche", "")
    assert choose("auto", BUILT_IN, no_color=True) == ("mono", "")
    assert choose("auto", BUILT_IN, no_color=False, is_light=True) == ("dia", "")
    assert choose("auto", BUILT_IN, no_color=True, is_light=True) == ("mono", "")
    assert choose("dia", BUILT_IN, no_color=True) == ("dia", "")
    name, problem = choose("notche", BUILT_IN, no_color=False)
    assert name == "noche"
    assert "did you mean noche?" in problem
