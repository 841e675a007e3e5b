"""The only place that names concrete classes: builds an engine with all its parts from what the command line said."""

from __future__ import annotations

from rms_console.wiring.parts import Memory, open_engine, open_memory, open_scratch, open_tools, open_trial
from rms_console.wiring.site import Options, Site, engine_settings, folders, open_site

__all__ = [
    "Memory",
    "Options",
    "Site",
    "engine_settings",
    "folders",
    "open_engine",
    "open_memory",
    "open_scratch",
    "open_site",
    "open_tools",
    "open_trial",
]
