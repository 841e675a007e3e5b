"""What the console needs to know of the terminal, the person and the process that hosts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rms_console.contract.actor import Actor
    from rms_console.contract.handbook import Handbook
    from rms_console.contract.support import SupportDesk


class Leave(StrEnum):
    """How a person left the console."""

    STOP = "stop"
    """The engine is to stop too, after settling what is in flight."""
    RUN_ON = "run_on"
    """The engine is to go on without a screen."""
    DETACH = "detach"
    """The engine runs elsewhere, and goes on as it did."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An engine that somebody stopped, not this console. `by` and `at` as far as they are known."""

    by: str = ""
    at: datetime | None = None


class EngineWatch(Protocol):
    """The thread of the engine as its host sees it."""

    @property
    def crash(self) -> str:
        """Return why the engine ended unasked, in one redacted line; empty while nothing is wrong."""
        ...

    @property
    def ended(self) -> Ended | None:
        """Return by whom the engine was stopped that this console hosted; None where it was not."""
        ...

    @property
    def is_alive(self) -> bool: ...

    def begin(self) -> None:
        """Begin the engine, once the first picture is drawn; returns at once."""
        ...

    def restart(self) -> None:
        """Begin a new engine in place of a dead or stopped one; returns at once."""
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """Settings of one console, all decided before the first paint."""

    actor: Actor
    engine: EngineWatch
    language: str = "en"
    theme: str = "auto"
    keymap: Mapping[str, str] = field(default_factory=dict)
    refresh_hz: float = 2.0
    mouse: bool = False
    is_utf8: bool = True
    no_color: bool = False
    is_light: bool = False
    """Whether the terminal's background is light."""
    owes_answer: bool = False
    """Whether the terminal may still tell its background."""
    over_ssh: bool = False
    is_demo: bool = False
    may_leave_running: bool = True
    attached: str = ""
    """Where the engine answers that this console only visits; empty where it hosts its own."""
    warnings: tuple[str, ...] = ()
    """What a person should know at once, in their language."""
    theme_folders: tuple[Path, ...] = ()
    clip_file: Path = Path("clip.txt")
    shots_folder: Path = Path()
    handbook: Handbook | None = None
    """The pages that explain the program."""
    support: SupportDesk | None = None
    """Makes support bundles; None until the settings are known."""
