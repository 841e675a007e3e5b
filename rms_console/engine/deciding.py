"""What a person decides about held and failed items: carried out on the ledger alone, by engine and commands alike.

A running engine sees it at its next cycle; none has to run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from rms_console.contract.commands import (
    Accepted,
    ChangeSettings,
    Command,
    DecideHolds,
    DismissItems,
    Refused,
    Reply,
    RetryItems,
)
from rms_console.contract.ports import Ledger
from rms_console.contract.records import QueueKey, QueueReason
from rms_console.domain.holds import Aspect
from rms_console.locale import sentence

Decision = RetryItems | DismissItems | DecideHolds


def decide(ledger: Ledger, command: Command, request: Decision, at: datetime) -> Reply:
    """Carry out a decision. Blocking.

    Raises:
        StoreError: nothing was changed.
    """
    match request:
        case RetryItems(item_ids):
            count = ledger.release(item_ids, at)
            # Named one by one, they are asked for by a person: that also brings back what was deleted in the shop.
            waiting = [entry.item_id for entry in ledger.entries(item_ids)] if item_ids else []
            ledger.enqueue([QueueKey(item_id, QueueReason.MANUAL) for item_id in waiting], None, at)
            return Accepted(
                command.command_id,
                sentence("{count} {count:item is|items are} tried again", count=count),
                {"items": count},
            )
        case DismissItems(item_ids):
            count = ledger.dismiss(item_ids) if item_ids else 0
            told = sentence(
                "{count} {count:item dismissed until its row changes|items dismissed until their row changes}",
                count=count,
            )
            return Accepted(command.command_id, told, {"items": count})
        case DecideHolds():
            return _decide_holds(ledger, command, request, at)


def decide_and_record(ledger: Ledger, command: Command, request: Decision, at: datetime) -> Reply:
    """Carry out a decision and enter it in the audit trail, for whoever works on the ledger without an engine."""
    reply = decide(ledger, command, request, at)
    actor = command.actor
    ledger.append_audit(at, actor.name, actor.host, actor.via, type(request).__name__, audit_detail(command, reply))
    return reply


def audit_detail(command: Command, reply: Reply) -> Mapping[str, str]:
    """Return what the audit trail says of a command: all that was asked, and what became of it."""
    request = command.request
    detail = {field.name: str(getattr(request, field.name)) for field in dataclasses.fields(request)}
    if isinstance(request, ChangeSettings) and isinstance(reply, Refused):
        # Somebody may have tried to set a secret: what was refused is kept by its name alone.
        detail["values"] = ", ".join(sorted(request.values))
    detail["result"] = "accepted" if isinstance(reply, Accepted) else f"refused: {reply.code}"
    return detail


def _decide_holds(ledger: Ledger, command: Command, request: DecideHolds, at: datetime) -> Reply:
    decided = ledger.decide_holds(request.hold_ids, request.approve, command.actor.name, request.reason, at)
    if not decided:
        return Refused(
            command.command_id,
            "not-found",
            sentence("none of these holds waits for a decision"),
            sentence("they were decided or overtaken meanwhile: look at the list again"),
        )
    items = len({item for hold in decided for item in hold.item_ids})
    refused = {item for hold in decided if hold.aspect is Aspect.CREATION for item in hold.item_ids}
    if refused and not request.approve:
        # Looked at once more: what was kept on sale elsewhere until this product would be there leaves now.
        ledger.release(sorted(refused), at)
    told = sentence(
        "{count} {count:hold approved: it goes|holds approved: they go} with the next cycle"
        if request.approve
        else "{count} {count:hold rejected: it waits until it changes|holds rejected: they wait until they change}",
        count=len(decided),
    )
    return Accepted(command.command_id, told, {"holds": len(decided), "items": items})
