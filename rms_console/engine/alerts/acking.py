"""Marking alerts as seen on the ledger alone, for whoever works beside an engine or without one.

A running engine takes the mark over the next time it looks at the ledger.
"""

from __future__ import annotations

from datetime import datetime

from rms_console.contract.commands import Accepted, AckAlerts, Command, Refused, Reply
from rms_console.contract.ports import Ledger
from rms_console.engine.deciding import audit_detail
from rms_console.locale import sentence


def ack_and_record(ledger: Ledger, command: Command, request: AckAlerts, at: datetime) -> Reply:
    """Mark alerts as seen, and enter it in the audit trail. Blocking.

    Raises:
        StoreError: nothing was changed.
    """
    actor = command.actor
    marked = ledger.ack_alerts(request.alert_ids, actor.name)
    reply: Reply
    if marked:
        told = sentence("{count} {count:alert|alerts} seen", count=len(marked))
        reply = Accepted(command.command_id, told, {"count": len(marked), "alerts": ", ".join(marked)})
    else:
        told = sentence("there is no such alert that nobody has seen")
        reply = Refused(command.command_id, "not-found", told)
    ledger.append_audit(at, actor.name, actor.host, actor.via, type(request).__name__, audit_detail(command, reply))
    return reply
