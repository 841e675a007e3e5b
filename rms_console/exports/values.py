"""What the files have to know of one engine: its address, its folders, how it is started, when a person is told."""

from __future__ import annotations

import ntpath
import posixpath
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

APP: Final = "rms-console"
MEMORY_MAX_BYTES: Final = 1 << 30
"""What a service manager lets the engine use: five times what it needs for 600,000 items."""
STOP_TIMEOUT_S: Final = 30
"""What a service manager waits for a stop: the engine settles what is in flight within 10 s."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one engine lies, as absolute paths of its own system. `options` stand before `--no-ui`."""

    executable: str
    config: str
    state: str
    logs: str
    options: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """All that follows the name of the program in a service."""
        return ("--config", self.config, *self.options, "--no-ui")

    @property
    def folder(self) -> str:
        """The folder of the settings file."""
        return ntpath.dirname(self.config) if self.is_windows else posixpath.dirname(self.config)

    @property
    def is_windows(self) -> bool:
        """Whether the paths are those of a Windows."""
        return bool(ntpath.splitdrive(self.config)[0])


POSIX_PLACE: Final = Place(
    "/opt/rms-console/bin/rms-console",
    "/etc/rms-console/console.toml",
    "/var/lib/rms-console",
    "/var/log/rms-console",
)
WINDOWS_PLACE: Final = Place(
    r"C:\Program Files\rms-console\Scripts\rms-console.exe",
    r"C:\ProgramData\rms-console\console.toml",
    r"C:\ProgramData\rms-console",
    r"C:\ProgramData\rms-console\Logs",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a person is told; the defaults of the settings `alerts` and `sync`."""

    silent_s: float = 900.0
    consecutive_errors: int = 5
    cycle_s: float = 300.0
    memory_ratio: float = 0.8
    paused_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Values:
    """Everything a file is made from. `language` is that of what people read in it."""

    language: str
    version: str
    url: str = "http://127.0.0.1:8080"
    is_token_needed: bool = False
    token_file: str = f"{POSIX_PLACE.state}/api-token"
    zone: str = "America/Costa_Rica"
    group: str = ""
    posix: Place = POSIX_PLACE
    windows: Place = WINDOWS_PLACE
    limits: Limits = field(default_factory=Limits)

    @property
    def target(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    @property
    def port(self) -> int:
        address = urlsplit(self.url)
        return address.port or (443 if address.scheme == "https" else 80)

    @property
    def scheme(self) -> str:
        return urlsplit(self.url).scheme
