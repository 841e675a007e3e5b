"""What console.toml says of the screen, read without checking it: enough to draw the first picture.

Whatever is wrong with the file is told by `load`, which reads all of it a moment later.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

FILE_NAME: Final = "console.toml"
APP_NAME: Final = "rms-console"


@dataclass(frozen=True, slots=True)
class Glance:
    """How the screen is to look at first."""

    language: str = ""
    theme: str = "auto"


def find_config() -> Path | None:
    """Return the first console.toml of the working, the user's and the system's folder."""
    places = (
        Path(FILE_NAME),
        platformdirs.user_config_path(APP_NAME, appauthor=False) / FILE_NAME,
        platformdirs.site_config_path(APP_NAME, appauthor=False) / FILE_NAME,
    )
    return next((place for place in places if place.is_file()), None)


def glance_at(config: Path | None) -> Glance:
    """Return what the file (else the one that is found) says of the screen; what cannot be read is left as it is."""
    file = config or find_config()
    try:
        console = tomllib.loads(file.read_text("utf-8")).get("console", {}) if file is not None else {}
    except (OSError, ValueError):
        return Glance()
    if not isinstance(console, dict):
        return Glance()
    texts = {key: value for key, value in console.items() if key in ("language", "theme") and isinstance(value, str)}
    return Glance(**texts)
