"""A clock by which things happen: whoever sleeps finds that somebody acted meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rms_console.adapters.rms import SqlSource, open_source
from rms_console.demo.rms import Counter, Variant, create_variant
from rms_console.domain.probing import Act, Movement
from rms_console.engine.probing import Probe
from tests.inline import InlineOffload

ZONE = "America/Costa_Rica"
NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
BY_ACT: dict[Act, Callable[[Counter, int], None]] = {
    Act.SALE: Counter.sell,
    Act.RECEIPT: Counter.receive,
    Act.PRICE: Counter.reprice,
}


class ActingClock:
    """`contract.ports.Clock`; each sleep moves it on and then does the next thing in `plan` (None: nothing)."""

    def __init__(self) -> None:
        self.at = NOON
        self.slept_s = 0.0
        self.plan: list[Callable[[], None] | None] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.slept_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s += seconds
        self.at += timedelta(seconds=seconds / 2)
        deed = self.plan.pop(0) if self.plan else None
        if deed is not None:
            deed()
        self.at += timedelta(seconds=seconds / 2)


class Shop:
    """One store of a variant, its till, and a probe of it."""

    def __init__(self, folder: Path, variant: Variant) -> None:
        self.clock = ActingClock()
        self.path = folder / f"{variant}.db"
        create_variant(self.path, variant, zone=ZONE, now=self.clock.now)
        self.counter = Counter(self.path, variant, self.clock.now)
        self.source: SqlSource = open_source(f"sqlite:///{self.path}", zone=ZONE, now=self.clock.now)
        self.probe = Probe(self.source, InlineOffload(), self.clock)
        listed = self.source.read_items(self.source.item_ids(0, 100, web_only=False))
        self.item_id = next(row.item_id for row in listed.rows if row.stock["Quantity"] >= 2 and row.price)

    async def watch(self, *acts: Act, timeout_s: float = 30.0) -> list[Movement]:
        """Watch each act, which the till does while the probe sleeps for the third time."""
        movements = []
        look = await self.probe.look(self.item_id)
        for act in acts:
            self.clock.plan = [None, None, self._deed(act)]
            movements.append(await self.probe.watch(act, look, timeout_s, lambda _: None))
            look = movements[-1].after
        return movements

    def _deed(self, act: Act) -> Callable[[], None] | None:
        do = BY_ACT.get(act)
        return None if do is None else lambda: do(self.counter, self.item_id)

    def close(self) -> None:
        self.source.close()


ALL: Sequence[Act] = (Act.SALE, Act.RECEIPT, Act.PRICE)
