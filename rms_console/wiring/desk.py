"""The settings of a running engine: shown, changed, saved, read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import platformdirs

from rms_console.adapters.logs import LogWriter
from rms_console.config import Settings, revise
from rms_console.config.glance import APP_NAME, FILE_NAME
from rms_console.config.load import WHILE_RUNNING
from rms_console.config.rows import setting_rows
from rms_console.config.saving import save_values
from rms_console.config.tree import RUNTIME_KEYS
from rms_console.contract.desk_port import Revision, SettingValue, WrittenBack
from rms_console.contract.notify_port import Outlets
from rms_console.contract.settings import EngineSettings
from rms_console.errors import ConfigError
from rms_console.locale import sentence
from rms_console.wiring.alerts import outlets_of
from rms_console.wiring.site import Site, engine_settings, read_settings


class Desk:
    """`contract.desk_port.SettingsDesk` of one site. The log follows its level and its language at once."""

    def __init__(self, site: Site, log: LogWriter) -> None:
        self._site = site
        self._log = log
        self._told_by = self._ways()

    @property
    def _settings(self) -> Settings:
        return self._site.settings

    def rows(self) -> tuple[dict[str, Any], ...]:
        return setting_rows(self._settings)

    def keys(self) -> Sequence[str]:
        return sorted(RUNTIME_KEYS)

    def revise(self, values: Mapping[str, SettingValue]) -> Revision:
        before, after = self._settings, revise(self._settings, values)
        self._take(after)
        return Revision(engine_settings(self._site), _changes(before, after, values))

    def write_back(self, values: Mapping[str, SettingValue]) -> WrittenBack:
        revise(self._settings, values)
        file = self._settings.file
        if file is None:
            place = platformdirs.user_config_path(APP_NAME, appauthor=False) / FILE_NAME
            raise ConfigError(
                sentence("there is no console.toml to save to"),
                hint=sentence("make one at {place}, or change it until the next start only", place=place),
            )
        backup = save_values(file, values)
        return WrittenBack(str(file), str(backup or ""), self._overruled(values))

    def reload(self) -> EngineSettings:
        settings = read_settings(self._site.options)
        self._take(settings)
        return engine_settings(self._site)

    def _take(self, settings: Settings) -> None:
        self._site = replace(self._site, settings=settings)
        self._log.set_level(settings.log.level)
        self._log.set_language(self._site.language)
        self._log.add_secrets(settings.secrets())

    def outlets(self) -> Outlets:
        """Return the channels that the settings in force name."""
        return outlets_of(self._site, self._log, self._log.redacted)

    def new_outlets(self) -> Outlets | None:
        """Return them where they are not what they were when this was asked last, or at the start."""
        before, self._told_by = self._told_by, self._ways()
        return None if self._told_by == before else self.outlets()

    def _ways(self) -> tuple[object, ...]:
        alerts = self._settings.alerts
        return alerts.channels, alerts.email, alerts.slack, self._site.language

    def _overruled(self, values: Mapping[str, SettingValue]) -> dict[str, str]:
        """Return the keys that a source above the file sets, with that source."""
        file = self._settings.file
        found = {}
        for key in values:
            for layer in self._settings.layers:
                if layer.file == file:
                    break
                if layer.has(key) and layer.name != WHILE_RUNNING:
                    found[key] = layer.place_of(key)
                    break
        return found


def _changes(before: Settings, after: Settings, keys: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    was = {row["key"]: row["value"] for row in setting_rows(before)}
    now = {row["key"]: row["value"] for row in setting_rows(after)}
    return {key: (_shown(was[key]), _shown(now[key])) for key in keys if was[key] != now[key]}


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
