"""What became of commands: each accepted one has an end, and every face is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rms_console.contract.commands import (
    Accepted,
    CancelCycle,
    Command,
    DecideHolds,
    FullSync,
    Reply,
    Request,
    RetryItems,
    Stop,
    Trigger,
    Verify,
)
from rms_console.contract.events import EventName
from rms_console.engine.brakes import CANCELLED
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.runner import Finished
    from rms_console.engine.service import EngineService

BY_A_RUN = (Trigger, FullSync, RetryItems, DecideHolds, CancelCycle)
"""What is carried out by a run, not at once."""
BY_ITSELF = (Verify,)
"""What goes on beside the runs, and tells its end (`ended`)."""
MOST = 200
"""Commands that wait for their end; older ones are forgotten, they were all asked for within one run."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An accepted command and the last run that cannot have served it."""

    command_id: str
    request: Request
    after: int


class Followups:
    """Publishes `command.done` once for each accepted command. `result`: done, failed, cancelled or stopped."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self._pending: dict[str, Pending] = {}

    def accepted(self, command: Command, reply: Reply) -> None:
        """Take note of a reply as soon as it is there: the run that serves it may begin at any time."""
        request = command.request
        if isinstance(reply, Accepted) and isinstance(request, (*BY_A_RUN, Stop)):
            self._pending[command.command_id] = Pending(command.command_id, request, self._latest(request))
            while len(self._pending) > MOST:
                self._pending.pop(next(iter(self._pending)))

    def handled(self, command: Command, reply: Reply) -> None:
        """Tell the end of what was done at once; after the command itself was told."""
        if isinstance(reply, Accepted) and not isinstance(command.request, (*BY_A_RUN, *BY_ITSELF, Stop)):
            self._done(command.command_id, "done", reply.message)

    def ended(self, command_id: str, result: str, note: str) -> None:
        """Tell the end of what went on beside the runs. What no command asked for is told too: nobody waits for it."""
        self._done(command_id, result, note)

    def run_ended(self, finished: Finished) -> None:
        """Tell the end of what this run has carried out."""
        for pending in tuple(self._pending.values()):
            if self._is_served(pending, finished):
                del self._pending[pending.command_id]
                self._done(pending.command_id, *_how(pending, finished), finished.view.number)

    def stopped(self) -> None:
        """The engine ends: so does what waits."""
        for pending in self._pending.values():
            if isinstance(pending.request, Stop):
                self._done(pending.command_id, "done", sentence("the engine has stopped"))
            else:
                told = sentence("the engine stopped first; what is queued goes on next time")
                self._done(pending.command_id, "stopped", told)
        self._pending.clear()

    def _latest(self, request: Request) -> int:
        """Return the number of the last run that cannot serve a request that came just now."""
        active, last = self._engine.runner.active, self._engine.figures.last
        if active is None:
            return last.number if last is not None else 0
        return active.number - 1 if isinstance(request, CancelCycle) else active.number

    def _is_served(self, pending: Pending, finished: Finished) -> bool:
        cause, request = finished.cause, pending.request
        if isinstance(request, Trigger):
            return cause is not None and cause.command_id == pending.command_id
        if isinstance(request, Stop) or finished.view.number <= pending.after:
            return False
        if isinstance(request, FullSync):
            own = cause is not None and cause.command_id == pending.command_id
            return finished.asked == CANCELLED or (own and finished.fault is not None) or self._is_compared()
        return True

    def _is_compared(self) -> bool:
        """Whether a full comparison is through, and what it found is sent or waits for something else."""
        counts = self._engine.counts
        found = counts is not None and counts.due > 0 and counts.reconcile_waiting > 0
        return not self._engine.reconciler.is_due and not found

    def _done(self, command_id: str, result: str, note: str, cycle: int | None = None) -> None:
        level = "INFO" if result == "done" else "WARN"
        self._engine.journal.publish(
            EventName.COMMAND_DONE, level, command_id=command_id, result=result, note=note, cycle=cycle
        )


def _how(pending: Pending, finished: Finished) -> tuple[str, str]:
    view = finished.view
    if isinstance(pending.request, CancelCycle):
        return "done", view.note
    if finished.fault is not None or view.result == "FAIL":
        return "failed", view.note
    if finished.asked == CANCELLED:
        return "cancelled", view.note
    if view.result == "PART":
        # A product that failed and was set aside for it counts as both.
        bad = max(view.errors, view.quarantined)
        return "done", sentence(
            "{products} {products:product|products} went, {bad} did not: the queue says why",
            products=view.products_synced,
            bad=bad,
        )
    return "done", view.note or sentence(
        "{products} {products:product|products}, {items} {items:item|items}",
        products=view.products_synced,
        items=view.items_found,
    )
