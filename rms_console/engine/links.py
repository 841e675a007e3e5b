"""How the dependencies answered last: health, latency, when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rms_console.contract.ports import Clock
from rms_console.contract.snapshot import ConnectionView
from rms_console.contract.state import Health
from rms_console.errors import ConsoleError
from rms_console.locale import mark

NO_REDIS = mark("not set up: the machine's own lock is used")
SLOW_S = {"rms": 2.0, "shopify": 2.0, "redis": 0.5}
"""Above these an answer counts as slow."""


class Links:
    def __init__(self, clock: Clock, told: Callable[[ConnectionView], None] = lambda view: None) -> None:
        """`told` is called when the health of a dependency has changed."""
        self._clock = clock
        self._told = told
        self._views = {
            "rms": ConnectionView("rms", Health.UNKNOWN, None, None),
            "shopify": ConnectionView("shopify", Health.UNKNOWN, None, None),
            "redis": ConnectionView("redis", Health.OFF, None, None, NO_REDIS),
        }

    @property
    def views(self) -> tuple[ConnectionView, ...]:
        return tuple(self._views.values())

    def view(self, name: str) -> ConnectionView:
        return self._views[name]

    def latency(self, name: str) -> float | None:
        return self._views[name].latency_s

    def mark(self, name: str, health: Health, latency_s: float | None = None, detail: str = "") -> None:
        before = self._views[name].health
        view = self._views[name] = ConnectionView(name, health, latency_s, self._clock.now(), detail)
        if health is not before:
            self._told(view)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time what happens inside and mark the dependency by how it went."""
        begun = self._clock.monotonic()
        try:
            yield
        except Exception as error:
            # Its message alone can be told in any language; the hint stands with the fault.
            self.mark(name, Health.DOWN, None, error.message if isinstance(error, ConsoleError) else str(error))
            raise
        took = self._clock.monotonic() - begun
        self.mark(name, Health.SLOW if took > SLOW_S[name] else Health.GOOD, took)
