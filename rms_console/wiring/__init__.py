"""The only place that names concrete classes: builds an engine with all its parts from what the command line said.

`site` is light: it reads settings. `parts` loads every adapter, so whoever only shows something first takes it later.
"""

from __future__ import annotations

from rms_console.wiring.site import Options, Site, engine_settings, folders, open_site, site_as_it_is

__all__ = ["Options", "Site", "engine_settings", "folders", "open_site", "site_as_it_is"]
