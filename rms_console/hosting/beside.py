"""Another engine of the same shop, beside which none may be started: does one run, and where does it answer?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rms_console.errors import LeaseHeld
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.contract.endpoint import Endpoint
    from rms_console.wiring import Site


def refuse_beside(site: Site) -> None:
    """Raise `LeaseHeld` at once where an engine of this shop runs and has said so: its lock need not be tried for."""
    endpoint = living_endpoint(site)
    if endpoint is not None:
        raise LeaseHeld(sentence("process {pid} runs the engine of this shop", pid=endpoint.pid))


def living_endpoint(site: Site) -> Endpoint | None:
    """Return what the engine wrote that holds this shop's lock now; None where none does, or it wrote nothing yet.

    The demo meets no other engine.
    """
    if site.options.demo:
        return None
    # Loaded here: a console that starts draws its first picture before it needs any of this.
    from rms_console.adapters.clock import SystemClock
    from rms_console.adapters.lease import FileLease
    from rms_console.contract.state import LockStatus
    from rms_console.control.endpoint_file import read_endpoint

    endpoint, lease = read_endpoint(site.state), FileLease(site.state, SystemClock())
    if endpoint is None or lease.status() is not LockStatus.HELD_BY_OTHER:
        return None
    owner = lease.owner()
    # What a killed engine left behind says nothing of the one that has begun since.
    return endpoint if owner is None or (owner.pid, owner.host) == (endpoint.pid, endpoint.host) else None
