"""Alerts of a program that runs one cycle and ends: what one cycle can know, told before it ends."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from rms_console.contract.records import QueueCounts
from rms_console.engine import alerting
from rms_console.engine.alerts.silence import ENDED
from rms_console.engine.journal import MONITOR
from rms_console.engine.recovery import Fault
from rms_console.engine.runner import Finished
from rms_console.errors import ConsoleError

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

DELIVER_WITHIN_S: Final = 20.0
"""For a mail server that is slow; what is not sent by then the next cycle sends."""


async def judge(engine: EngineService, before: QueueCounts, finished: Finished | None, error: Exception | None) -> None:
    """Raise and end alerts by how the one cycle went, and have them sent. Trouble here never fails the cycle.

    `before`: the queue when the program began. `finished` is None where no end could be reached.
    """
    try:
        _cycle(engine, finished, error)
        counts = await engine.deps.disk(engine.deps.ledger.queue_counts, engine.deps.clock.now())
        alerting.queue_seen(engine, before, counts)
        await engine.alert_watch.look_once()
        await engine.alert_desk.courier.settle(DELIVER_WITHIN_S)
    except ConsoleError as trouble:
        engine.journal.log("ERROR", MONITOR, "Alerts cannot be kept: {message}", message=str(trouble))


def _cycle(engine: EngineService, finished: Finished | None, error: Exception | None) -> None:
    if error is not None:
        # Nobody waits two minutes here to see whether it passes: this is all that is tried until the next start.
        alerting.tell_fault(engine, Fault(error, engine.deps.clock.now(), 1))
    elif finished is not None and finished.view.result in ENDED:
        alerting.fault_is_over(engine)
    if finished is not None:
        failed = takewhile(lambda one: one.result == "FAIL", reversed(engine.figures.cycles))
        engine.consecutive_errors = sum(1 for _ in failed)
        engine.alert_watch.run_ended(finished)
