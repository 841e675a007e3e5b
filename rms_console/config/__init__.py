"""console.toml, environment and profiles -> validated settings.

`glance` needs none of the rest, which is loaded when it is first asked for: checking settings takes its time.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rms_console.config.folders import log_folder, state_folder
    from rms_console.config.load import load_settings, revise
    from rms_console.config.settings import Settings

__all__ = ["Settings", "load_settings", "log_folder", "revise", "state_folder"]

_PLACES: Final = {
    "Settings": "settings",
    "load_settings": "load",
    "log_folder": "folders",
    "revise": "load",
    "state_folder": "folders",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(importlib.import_module(f"rms_console.config.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
