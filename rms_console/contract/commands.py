"""What a person or a script may ask of the engine, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rms_console.contract.actor import Actor as Actor


@dataclass(frozen=True, slots=True)
class Pause:
    reason: str = ""
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    pass


@dataclass(frozen=True, slots=True)
class Trigger:
    """One cycle now; with `styles` or `skus` just those, whatever the watermark."""

    force: bool = False
    styles: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    batch_size: int | None = None
    include_zero_stock: bool | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FullSync:
    """Compare everything, whatever the watermark."""

    reason: str
    include_zero_stock: bool | None = None


@dataclass(frozen=True, slots=True)
class SetInterval:
    interval_minutes: float


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Settings that may change while running, by TOML key; `write_back` also saves them to console.toml."""

    values: dict[str, str | int | float | bool] = field(default_factory=dict)
    write_back: bool = False


@dataclass(frozen=True, slots=True)
class Reload:
    """Read the settings again (SIGHUP)."""


@dataclass(frozen=True, slots=True)
class CancelCycle:
    """Stop the running cycle after the products in flight."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Settle what is in flight and end the engine."""


@dataclass(frozen=True, slots=True)
class RetryItems:
    item_ids: tuple[int, ...] = ()
    """Empty: all that are in quarantine."""


@dataclass(frozen=True, slots=True)
class DismissItems:
    item_ids: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DecideHolds:
    hold_ids: tuple[int, ...]
    approve: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SetMode:
    mode: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AckAlerts:
    alert_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbeConnections:
    test_rms: bool = True
    test_shopify: bool = True
    test_redis: bool = True


@dataclass(frozen=True, slots=True)
class ReleaseLock:
    confirm: str


@dataclass(frozen=True, slots=True)
class Verify:
    """Compare store, ledger and shop; of these styles and SKUs alone, or of everything.

    `heal`: what differs is queued for mending, through the guard. It ends when the report is there.
    """

    styles: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    heal: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HealDrift:
    """Queue products of the latest drift report for mending, through the guard."""

    numbers: tuple[int, ...] = ()
    """Of its differences; empty: all of them."""
    reason: str = ""
    run_id: str = ""
    """Of the report that was looked at; empty: whichever is the latest."""


Request = (
    Pause
    | Resume
    | Trigger
    | FullSync
    | SetInterval
    | ChangeSettings
    | Reload
    | CancelCycle
    | Stop
    | RetryItems
    | DismissItems
    | DecideHolds
    | SetMode
    | AckAlerts
    | ProbeConnections
    | ReleaseLock
    | Verify
    | HealDrift
)


@dataclass(frozen=True, slots=True)
class Command:
    """A request with its id and its author: the unit that is requested, accepted or refused, and done."""

    command_id: str
    actor: Actor
    request: Request


@dataclass(frozen=True, slots=True)
class Accepted:
    command_id: str
    message: str
    facts: dict[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed. `code` is stable (`paused`, `not-supported`, `busy`, `invalid`, ...)."""

    command_id: str
    code: str
    message: str
    hint: str = ""


Reply = Accepted | Refused
