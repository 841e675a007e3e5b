"""A store at work: it sells, receives, reprices and files, one transaction at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

from rms_console.demo.rms.events import StoreEvent
from rms_console.demo.rms.scenes import SCENES, Scene
from rms_console.demo.rms.till import Clock, Till, utc_now

_STEP = "step"
_IDLE_S = 0.5
_ACTIONS = [action for action, _ in SCENES]
_WEIGHTS = [weight for _, weight in SCENES]


class LiveStore:
    """Does one thing each `step`.

    What it does follows from the seed and from how many steps the file has seen, so that a store goes on after a
    restart as it would have without one. `speed` is in events a minute and may be changed at any time; 0 stands still.
    """

    def __init__(
        self,
        path: Path,
        *,
        seed: int = 7,
        speed: float = 30.0,
        zone: str | None = None,
        now: Clock = utc_now,
        patience_s: float = 2.0,
    ) -> None:
        self.speed = speed
        self._seed = seed
        self._till = Till(path, zone=zone, now=now, patience_s=patience_s)

    def step(self) -> list[StoreEvent]:
        """Do the next thing and return what happened.

        Nothing happens while the file is locked or gone; the same thing is then next again.
        """
        try:
            with self._till.transaction() as writer:
                number = int(str(writer.get(_STEP) or 0))
                random = Random(f"live {self._seed} {number}")
                (action,) = random.choices(_ACTIONS, _WEIGHTS)
                events = action(Scene(random, writer))
                writer.set(_STEP, number + 1)
                return events
        except sqlite3.OperationalError:
            return []

    def run(self, stop: threading.Event, tell: Callable[[StoreEvent], None]) -> None:
        """Go on at `speed` until `stop` is set; `tell` is called on this thread with each thing that happened."""
        while not stop.wait(60.0 / self.speed if self.speed > 0 else _IDLE_S):
            if self.speed > 0:
                for event in self.step():
                    tell(event)
