"""The port that measures the engine's loop."""

from __future__ import annotations

from typing import Protocol


class LoopLag(Protocol):
    """How late an event loop gets to what is due."""

    def begin(self) -> None:
        """Measure the running loop from now on."""
        ...

    def end(self) -> None: ...

    def p99_s(self) -> float | None:
        """Return the seconds that 99 of the latest 100 measurements did not exceed; None before enough were taken."""
        ...
