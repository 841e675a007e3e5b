"""The error tree. The class of an error says what happens next.

Every error carries a stable `code` (kebab case, for scripts and the troubleshooting page), a message that
names what and where, and a `hint` that tells a person what to do. Adapters translate foreign errors to the
most specific class here, with `from exc`; nothing else in the program interprets a driver's exception.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Action(StrEnum):
    """What the engine does after an error of a class."""

    RETRY = "retry"
    WAIT = "wait"
    RESOLVE = "resolve"
    QUARANTINE = "quarantine"
    ABANDON_CYCLE = "abandon_cycle"
    STOP = "stop"
    REPORT = "report"


class ConsoleError(Exception):
    """Base of every error this program raises on purpose."""

    action: ClassVar[Action] = Action.REPORT
    default_code: ClassVar[str] = "error"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(ConsoleError):
    """A setting is wrong: nothing is started."""

    action = Action.STOP
    default_code = "config-invalid"


class Refused(ConsoleError):
    """What was asked is not done, for a reason that a person can remove (a check not passed, a yes not given)."""

    default_code = "refused"


class SourceError(ConsoleError):
    """The RMS database, or what it answered."""

    default_code = "rms-error"


class SourceUnavailable(SourceError):
    """No answer, a lost connection, a lock time-out, a busy file: the whole read is tried again."""

    action = Action.RETRY
    default_code = "rms-unavailable"


class SourceSchemaChanged(SourceError):
    """A table or column the program needs is not there. Reading on would be guessing."""

    action = Action.STOP
    default_code = "rms-schema"


class SourceDenied(SourceError):
    """The login is refused, or may not read what it must read."""

    action = Action.STOP
    default_code = "rms-denied"


class RowRejected(SourceError):
    """One row cannot be mapped. Its item is set aside; the others go on."""

    action = Action.QUARANTINE
    default_code = "row-rejected"


class ShopError(ConsoleError):
    """Shopify, or the way to it."""

    default_code = "shop-error"


class ShopUnavailable(ShopError):
    """The request was certainly not applied (never sent, or refused by a server in trouble)."""

    action = Action.RETRY
    default_code = "shop-unavailable"


class ShopThrottled(ShopError):
    """Shopify asks to wait. Never counted as a failed attempt."""

    action = Action.WAIT
    default_code = "shop-throttled"

    def __init__(self, message: str, *, wait_s: float, code: str | None = None, hint: str = "") -> None:
        super().__init__(message, code=code, hint=hint)
        self.wait_s = wait_s


class ShopOutcomeUnknown(ShopError):
    """Sent, and no usable answer: it may have been applied. Read back before anything newer goes out."""

    action = Action.RESOLVE
    default_code = "shop-outcome-unknown"


class ShopRejected(ShopError):
    """Shopify understood the request and refuses it (user errors, invalid input)."""

    action = Action.QUARANTINE
    default_code = "shop-rejected"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        problems: tuple[tuple[tuple[str, ...], str, str], ...] = (),
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.problems = problems
        """Each user error as (path of the input field, Shopify's code, Shopify's message)."""


class ShopDenied(ShopError):
    """Token refused, scope missing, shop frozen, version gone: a person must act."""

    action = Action.STOP
    default_code = "shop-denied"


class LeaseError(ConsoleError):
    """The right to write this shop."""

    action = Action.ABANDON_CYCLE
    default_code = "lease-error"


class LeaseHeld(LeaseError):
    """Another engine holds the right to write."""

    default_code = "lease-held"


class LeaseLost(LeaseError):
    """We held it and no longer do."""

    default_code = "lease-lost"


class StoreError(ConsoleError):
    """Our own ledger."""

    default_code = "ledger-error"


class StoreBusy(StoreError):
    """The ledger file is locked by another program for longer than we wait."""

    action = Action.RETRY
    default_code = "ledger-busy"


class StoreFull(StoreError):
    """The ledger cannot be written (disk full, quota, read-only): nothing may be pushed meanwhile."""

    action = Action.RETRY
    default_code = "ledger-full"


class StoreDamaged(StoreError):
    """The ledger is not readable as one, or is of a newer version than this program."""

    action = Action.STOP
    default_code = "ledger-damaged"


class NotifyError(ConsoleError):
    """An alert could not be delivered. Never touches the cycle.

    `wait_s`: how long the other side asks to wait before the next try. `is_final`: another try is in vain.
    `arrived`: some of those it was meant for have it all the same.
    """

    default_code = "notify-failed"

    def __init__(
        self,
        message: str,
        *,
        wait_s: float | None = None,
        is_final: bool = False,
        arrived: bool = False,
        code: str | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.wait_s = wait_s
        self.is_final = is_final
        self.arrived = arrived


class LinkError(ConsoleError):
    """Console side only: the engine could not be reached."""

    default_code = "engine-unreachable"


class NotTaken(LinkError):
    """The engine certainly took nothing of what was asked: it was not reached, or did not accept the request."""

    default_code = "not-taken"
