"""The only place that names concrete classes: builds an engine with all its parts from what the command line said.

`options` is light. `site` reads settings and `parts` loads every adapter, so whoever only shows something first
takes them later: what this package lends of `site` is loaded when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from rms_console.wiring.options import Options

if TYPE_CHECKING:
    from rms_console.wiring.site import Site, engine_settings, folders, open_site, site_as_it_is

__all__ = ["Options", "Site", "engine_settings", "folders", "open_site", "site_as_it_is"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("rms_console.wiring.site"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
