"""console.toml, environment and profiles -> validated settings."""

from __future__ import annotations

from rms_console.config.folders import log_folder, state_folder
from rms_console.config.load import find_config, load_settings, revise
from rms_console.config.settings import Settings

__all__ = ["Settings", "find_config", "load_settings", "log_folder", "revise", "state_folder"]
