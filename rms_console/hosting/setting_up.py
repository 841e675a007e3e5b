"""What the console is told of its terminal, its person and its settings: at first a guess, then what holds."""

from __future__ import annotations

import getpass
import platform
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from rms_console.config.glance import APP_NAME, Glance
from rms_console.contract.actor import Actor
from rms_console.hosting.supporting import ConsoleSupport
from rms_console.hosting.terminal import Terminal
from rms_console.locale import language_for
from rms_console.tui.setup import EngineWatch, Setup
from rms_console.wiring import Options

if TYPE_CHECKING:
    from rms_console.wiring import Site

CLIP_FILE: Final = "clip.txt"
BUNDLES: Final = "support"
"""Where support bundles of the console go, beside its pictures."""


def first_setup(options: Options, glance: Glance, terminal: Terminal, engine: EngineWatch) -> Setup:
    """Return what the first picture is drawn with, before the settings are read."""
    mine = _folder()
    language = language_for(options.language or glance.language, options.environ)
    return Setup(
        actor=Actor(getpass.getuser(), platform.node(), "console"),
        engine=engine,
        language=language,
        theme=glance.theme,
        mouse=not terminal.over_ssh,
        is_utf8=terminal.is_utf8,
        no_color=terminal.no_color,
        is_light=terminal.is_light,
        owes_answer=terminal.owes_answer,
        over_ssh=terminal.over_ssh,
        is_demo=options.demo,
        may_leave_running=not options.demo,
        theme_folders=(Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)) / "themes",),
        clip_file=mine / CLIP_FILE,
        shots_folder=mine / "screenshots",
        handbook=options.handbook,
        support=ConsoleSupport(options, None, mine / BUNDLES, language) if options.attach else None,
    )


def setup_of(site: Site, terminal: Terminal, engine: EngineWatch) -> Setup:
    """Return what the checked settings say."""
    console = site.settings.console
    mouse = console.mouse == "on" or (console.mouse == "auto" and not terminal.over_ssh)
    return replace(
        first_setup(site.options, Glance(), terminal, engine),
        language=site.language,
        theme=console.theme,
        keymap=console.keymap,
        refresh_hz=console.refresh_hz,
        mouse=mouse,
        support=ConsoleSupport(site.options, None if site.options.attach else site, _folder() / BUNDLES, site.language),
    )


def _folder() -> Path:
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))
