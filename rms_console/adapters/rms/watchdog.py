"""Ends the wait for a call that does not return, by leaving it behind with its thread.

A driver's own time-outs do not fire on every network: where packets are swallowed it may wait for ever, and cancelling
may wait as well. So the call runs in a thread of ours that can be abandoned; the next call gets a new one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeVar

from rms_console.errors import SourceUnavailable
from rms_console.locale import sentence

T = TypeVar("T")

HUNG = "rms-hung"
CLOSED = "rms-closed"


@dataclass(slots=True, eq=False)
class _Task:
    """One call: waiting, then done with a result or an error; or abandoned, and then `left_behind` ends it."""

    call: Callable[[], Any]
    left_behind: Callable[[], None]
    is_done: bool = False
    is_abandoned: bool = False
    result: Any = None
    error: BaseException | None = field(default=None)


class Watchdog:
    """Runs calls one at a time, each for at most `deadline_s`.

    At most `most_hung` calls may be left behind at once: each may hold a connection to the server. With that many the
    next call is refused at once, until one of them returns.
    """

    def __init__(self, deadline_s: float, most_hung: int = 4, name: str = "rms-read") -> None:
        self._deadline_s = deadline_s
        self._most_hung = most_hung
        self._name = name
        self._changed = threading.Condition()
        self._tasks: SimpleQueue[_Task | None] | None = None
        self._hung = 0
        self._waiting = 0
        self._is_closed = False

    @property
    def hung(self) -> int:
        """How many calls were left behind and have not returned."""
        with self._changed:
            return self._hung

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for a call."""
        with self._changed:
            return self._waiting > 0

    def run(
        self,
        call: Callable[[], T],
        what: str,
        *,
        left_behind: Callable[[], None] = lambda: None,
        deadline_s: float | None = None,
    ) -> T:
        """Return what `call` returns, or raise what it raises.

        Args:
            what: names the call in an error.
            left_behind: runs in the abandoned thread, should the call return after all: to close what it held.
            deadline_s: in the place of the usual one.

        Raises:
            SourceUnavailable: code rms-hung, the call did not return in time, or too many have not.
        """
        patience = self._deadline_s if deadline_s is None else deadline_s
        task = _Task(call, left_behind)
        with self._changed:
            self._refuse_when_hopeless(what)
            self._queue().put(task)
            self._waiting += 1
            self._changed.wait_for(lambda: task.is_done or self._is_closed, patience)
            self._waiting -= 1
            if not task.is_done:
                self._abandon(task)
                raise _closed(what) if self._is_closed else _hung(what, patience)
        if task.error is not None:
            raise task.error
        result: T = task.result
        return result

    def close(self) -> None:
        """Let waiting callers go at once, and the idle thread end. Calls under way are left behind."""
        with self._changed:
            self._is_closed = True
            if self._tasks is not None:
                self._tasks.put(None)
                self._tasks = None
            self._changed.notify_all()

    def _refuse_when_hopeless(self, what: str) -> None:
        if self._is_closed:
            raise _closed(what)
        if self._hung >= self._most_hung:
            hint = sentence("check the network to the server; if it is well, restart the engine")
            raise SourceUnavailable(
                sentence(
                    "{what}: {count} earlier reads of RMS have not returned, no more are begun",
                    what=sentence(what),
                    count=self._hung,
                ),
                code=HUNG,
                hint=hint,
            )

    def _queue(self) -> SimpleQueue[_Task | None]:
        if self._tasks is None:
            self._tasks = SimpleQueue()
            # A daemon: a thread that hangs in a driver must not keep the process from ending.
            threading.Thread(target=self._work, args=(self._tasks,), name=self._name, daemon=True).start()
        return self._tasks

    def _abandon(self, task: _Task) -> None:
        task.is_abandoned = True
        self._hung += 1
        if self._tasks is not None:
            self._tasks.put(None)
            self._tasks = None

    def _work(self, tasks: SimpleQueue[_Task | None]) -> None:
        while (task := tasks.get()) is not None:
            try:
                task.result = task.call()
            except BaseException as exc:  # noqa: BLE001 - handed to the caller, whatever it is
                task.error = exc
            self._finish(task)

    def _finish(self, task: _Task) -> None:
        with self._changed:
            task.is_done = True
            self._changed.notify_all()
            is_late = task.is_abandoned
        if not is_late:
            return
        try:
            task.left_behind()
        finally:
            with self._changed:
                self._hung -= 1


def _hung(what: str, seconds: float) -> SourceUnavailable:
    return SourceUnavailable(
        sentence(
            "{what}: no answer from RMS within {seconds} s, not even an error",
            what=sentence(what),
            seconds=f"{seconds:g}",
        ),
        code=HUNG,
        hint=sentence("the read is tried again on a new connection; look at the network to the server"),
    )


def _closed(what: str) -> SourceUnavailable:
    return SourceUnavailable(
        sentence("{what}: the connection to RMS is being closed", what=sentence(what)), code=CLOSED
    )
