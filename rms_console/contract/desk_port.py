"""What the engine is lent for its faces: the latest log lines, and the settings as a person sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rms_console.contract.settings import EngineSettings

SettingValue = str | int | float | bool


class LogHistory(Protocol):
    """The latest log lines as they were written: translated, without secrets, harmless. Any thread; never the disk."""

    @property
    def last(self) -> int:
        """The number of the newest line, 0 before the first; numbers grow by one."""
        ...

    @property
    def oldest(self) -> int:
        """The number of the oldest line still kept, 0 when there is none."""
        ...

    @property
    def dropped(self) -> int:
        """How many lines reached neither the file nor the stream."""
        ...

    def newest(self, limit: int) -> tuple[dict[str, Any], ...]:
        """Return the newest lines, oldest first: number, at, level, service, tag, message, and sync_id where known."""
        ...

    def after(self, number: int, limit: int) -> tuple[dict[str, Any], ...]:
        """Return the oldest kept lines above `number`, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Revision:
    """What a change of settings comes to. `changed`: key -> (old, new), secrets hidden, as text."""

    settings: EngineSettings
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WrittenBack:
    """Where settings were saved. `backup`: a copy from before, comments included; empty when there was one already.

    `overruled`: key -> the stronger source that wins over the file at the next start.
    """

    file: str
    backup: str = ""
    overruled: Mapping[str, str] = field(default_factory=dict)


class SettingsDesk(Protocol):
    """The settings in force, with where each came from."""

    def rows(self) -> tuple[dict[str, Any], ...]:
        """Return one row a setting; secrets are hidden."""
        ...

    def revise(self, values: Mapping[str, SettingValue]) -> Revision:
        """Take over other values for keys that may change while running; what is not the engine's follows at once.

        Raises:
            ConfigError: nothing was changed; all problems are told.
        """
        ...

    def write_back(self, values: Mapping[str, SettingValue]) -> WrittenBack:
        """Check values and save them to console.toml. Blocking. What is in force does not change.

        Raises:
            ConfigError: they are wrong, there is no file, or it cannot be written; the file is as it was.
        """
        ...

    def reload(self) -> EngineSettings:
        """Read all sources again. Blocking.

        Raises:
            ConfigError: nothing was changed.
        """
        ...

    def keys(self) -> Sequence[str]:
        """Return the keys that may change while running."""
        ...
