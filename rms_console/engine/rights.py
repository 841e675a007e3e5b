"""Who may write to the shop, as one value: the machine's lock, the claim in the shop, the lease in Redis."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from rms_console.contract.lease_port import Holder
from rms_console.contract.rights import RightState, RightView
from rms_console.contract.snapshot import LockView, PauseView
from rms_console.contract.state import LockStatus, Mode
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService


def lock_view(engine: EngineService) -> LockView:
    """Return the lock as whoever looks is to see it: where a shared lease rules the shop, by that lease."""
    view = engine.tenure.view(engine.settings.lock_enabled)
    lease = engine.standby.view()
    view = replace(view, claim=engine.fence.view(), lease=lease)
    if lease is None or (engine.runner.mode or engine.settings.mode) is not Mode.LIVE:
        return view
    if lease.state is RightState.OURS:
        return replace(view, ends_at=lease.ends_at)
    if lease.host is None:
        return replace(view, status=LockStatus.AVAILABLE, owner=None, host=None, pid=None, since_at=None)
    return replace(
        view,
        status=LockStatus.HELD_BY_OTHER,
        owner=f"{lease.host}:{lease.pid}",
        host=lease.host,
        pid=lease.pid,
        since_at=lease.since_at,
        ends_at=lease.ends_at,
    )


def standby_view(engine: EngineService) -> PauseView | None:
    """Return a standby as the pause that it is to whoever looks; a person's own pause goes before it."""
    waiting = engine.standby.waiting()
    return None if waiting is None else PauseView(sentence("standby"), waiting.message, engine.standby.since)


def of_lease(holder: Holder, number: int, ends_at: datetime) -> RightView:
    """Return a lease that somebody else holds."""
    return RightView(RightState.OTHER, holder.host, holder.pid, holder.since_at, number or None, ends_at)
