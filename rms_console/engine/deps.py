"""Everything the engine is given: ports, never concrete classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rms_console.contract.adoption import Survey
from rms_console.contract.claim import ClaimKeeper
from rms_console.contract.desk_port import LogHistory, SettingsDesk
from rms_console.contract.diagnosis import Surroundings
from rms_console.contract.drift import DriftPad
from rms_console.contract.lease_port import SharedLease
from rms_console.contract.loop_lag import LoopLag
from rms_console.contract.mark_port import Mark
from rms_console.contract.movement_port import MovementLog
from rms_console.contract.notify_port import Outlets
from rms_console.contract.ports import Clock, Lease, Ledger, LogSink, Shop, Source, System, Timer
from rms_console.contract.settings import EngineSettings
from rms_console.engine.offload import Offload
from rms_console.engine.pace import Pacer


@dataclass(slots=True)
class Deps:
    """The engine's world. `load_settings` reads them again for a reload; None where there is nothing to read."""

    source: Source
    shop: Shop
    ledger: Ledger
    lease: Lease
    clock: Clock
    timer: Timer
    system: System
    pacer: Pacer
    log: LogSink
    sql: Offload
    disk: Offload
    source_name: str
    settings_name: str
    version: str
    log_level: str = "INFO"
    settings_warnings: tuple[str, ...] = ()
    demo: bool = False
    load_settings: Callable[[], EngineSettings] | None = None
    fingerprint: Callable[[], str] | None = None
    """Tells the settings as they are now from those that were checked; None: nothing is asked before going live."""
    mark: Mark | None = None
    """Tells a ledger that was lost, or put back from a copy; None: nobody watches for that."""
    open_survey: Callable[[], Survey] | None = None
    """Gives a scratch pad on disk for a look over the whole shop; None: a lost ledger is not rebuilt."""
    renew_ledger: Callable[[str], Ledger] | None = None
    """Puts the ledger aside as damaged, for the reason given, and opens a fresh one. Blocking; None: a person does."""
    logs: LogHistory | None = None
    """The latest log lines; None: nobody keeps them."""
    desk: SettingsDesk | None = None
    """The settings as a person sees and changes them; None: they are what they are."""
    claims: ClaimKeeper | None = None
    """The shop's own record of who writes to it; None: nobody else can."""
    installation: str = "this"
    """Names this installation in that record, the same over restarts."""
    shared_lease: SharedLease | None = None
    """The right to write that engines on several machines share; None: the shop's own record is enough."""
    loop_lag: LoopLag | None = None
    """How late the engine's loop gets to what is due; None: nobody measures it."""
    surroundings: Callable[[], Surroundings] | None = None
    """Looks at what the engine's host knows: folders, endpoint. Blocking, quick; None: nobody tells."""
    movements: MovementLog | None = None
    """What RMS logs of goods that moved; None: nobody asks."""
    open_drift: Callable[[bool], DriftPad] | None = None
    """Opens the pad of the drift report: the one that lasts, or one that is gone when closed; None: no report."""
    outlets: Outlets | None = None
    """Where alerts are sent; None: they are shown, and sent to nobody."""
    new_outlets: Callable[[], Outlets | None] | None = None
    """Returns where alerts are sent from now on, None where that has not changed; None: it never does."""
