"""What is looked at while things happen: harm without a yes, writes of whoever may not write, storms of requests."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from rms_console.domain.policy import Conflict
from tests.simulation.line import SENDER

if TYPE_CHECKING:
    from tests.simulation.world import Held, Sim

STOPS_WITHIN_S = 400.0
"""Longer than any request that was on its way takes to arrive."""
STOPS_WRITING_S = 600.0
"""So long an engine may take to notice that the shop is another's now: it trusts what it saw for two minutes, and a
request may take its time."""
READS_WITHIN_S = 300.0
"""So long a machine that takes the shop over may take to read it: what was sold until then it never saw unsold."""
SETTLES_S = 30.0
MOST_EMPTIED = 6
"""Styles emptied within a quarter of an hour: three may sell out, three may leave, before the guard asks."""
JUMP = Decimal("0.3")
UNANSWERED = (
    "shop.cut",
    "shop.error_5xx_applied",
    "shop.html",
    "shop.late_apply",
    "shop.lost_after",
    "shop.lost_before",
    "shop.nonsense_json",
    "shop.slow",
    "shop.truncated",
    "shop.duplicate",
)
"""A known hole: after these a quantity is held back whole, as nobody can tell which part of what is missing was sold;
and when RMS moves again before the grace is over, it is taken to know of the sale."""
LATE = ("shop.late_apply", "shop.slow", "shop.duplicate")
"""After these a creation may take effect once more, on top of one that came through: it compares with nothing, and
sets the quantity that it was made with."""
STORM, STORM_S = 700, 600.0


class Watch:
    """Watches one world."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._emptied: deque[tuple[float, str]] = deque()
        self._emptied_on = sim.machine
        self._requests: deque[float] = deque()
        self._owner, self._owned_since = "", 0.0
        self.passed: list[tuple[str, str]] = []
        """From which machine to which the claim went each time; empty: nobody's, as after one gave it back."""
        self._created_at: dict[str, float] = {}
        self._prices: dict[str, Decimal] = {}
        """SKU -> what a request of ours last made of its price."""

    def request(self) -> None:
        """A request of ours reached the shop's door."""
        self.claim()
        now, requests = self._sim.clock.seconds, self._requests
        requests.append(now)
        while requests[0] < now - STORM_S:
            requests.popleft()
        if len(requests) > STORM:
            self._sim.wrong("G8", f"more than {STORM} requests within {STORM_S:.0f} s")

    def claim(self) -> None:
        """Note since when the shop is claimed for whom: it may go there and back while nobody writes anything else."""
        owner = self._sim.claim_owner() if self._sim.has_machines else ""
        if owner != self._owner:
            self.passed.append((self._owner, owner))
            wire = SENDER.get()
            if wire is not None and not owner and wire.process.machine != self._owner:
                self._sim.wrong("S8", f"machine {wire.process.machine} gave back the claim of {self._owner}")
            self._owner, self._owned_since = owner, self._sim.clock.seconds

    def created(self, after: Held) -> None:
        """A request of ours made a variant."""
        self._claimed(after)
        self._created_at[after.sku] = self._sim.clock.seconds
        self._prices[after.sku] = Decimal(after.price)

    def changed(self, before: Held, after: Held) -> None:
        """A request of ours moved something of a variant that was there."""
        self._allowed(after)
        self._claimed(after)
        if before.sku == after.sku:
            self._price(before, after)
            self._stock(before, after)
        if before.price != after.price:
            self._prices[after.sku] = Decimal(after.price)
        self._emptying(before, after)

    def _allowed(self, after: Held) -> None:
        sim, now, wire = self._sim, self._sim.clock.seconds, SENDER.get()
        for name, since in (("pause", sim.paused_at), ("observe", sim.observed_at)):
            if wire is not None and wire.process.machine != sim.told_on.get(name, ""):
                continue  # the word lies in the state folder: an engine elsewhere that gets the shop has not heard it
            if since is not None and now > since + STOPS_WITHIN_S and now > sim.forced_until and not sim.lost_ledger:
                sim.wrong(name, f"{after.told()} was written {now - since:.0f} s after the {name}")

    def _claimed(self, after: Held) -> None:
        """S8: of two machines one writes, and that is the one that the shop is claimed for."""
        sim, wire = self._sim, SENDER.get()
        if not sim.has_machines or wire is None:
            return
        self.claim()
        now, owner, writer = sim.clock.seconds, self._owner, wire.process
        since = max(self._owned_since, writer.woke_at or 0.0)
        if owner not in ("", writer.machine) and now > since + STOPS_WRITING_S:
            told = f"machine {writer.machine} wrote {after.told()}"
            sim.wrong("S8", f"{told} {now - since:.0f} s after the shop was claimed for {owner}")

    def _price(self, before: Held, after: Held) -> None:
        """G5: no price jumps unless a person said yes."""
        if after.style in self._sim.approved or before.price == after.price:
            return
        # What a person changed in the shop the engine has not seen: to it the price moves from what it wrote last.
        ours = self._prices.get(after.sku, Decimal(before.price))
        known, new = [ours, Decimal(before.price), Decimal(before.compare_at or before.price)], Decimal(after.price)
        if all(min(one, new) < JUMP * max(one, new) for one in known):
            self._sim.wrong("G5", f"{after.sku} went from {before.price} to {after.price} without a yes")

    def _stock(self, before: Held, after: Held) -> None:
        """W3: of what RMS has, what the shop sold is not put back before its time, or before RMS says less."""
        if not before.on_hand or not after.on_hand or before.on_hand[0] == after.on_hand[0]:
            return
        sku, was, now = after.sku, before.on_hand[0][1], after.on_hand[0][1]
        if now <= was or self._may_raise(sku):
            return
        sold = self._sold_lately(sku)
        if now > self._most_in_rms(sku) - sold:
            self._sim.wrong("W3", f"{sku} was raised from {was} to {now} though the shop sold {sold} of it")

    def _sold_lately(self, sku: str) -> int:
        """Return how many pieces the shop sold within the grace, after RMS last said less: it may not know of them."""
        since = self._seconds_of_ours() - self._sim.settings.policy.stock.conflict_grace_hours * 3600
        said = self._sim.stock_history.get(sku, [])
        downs = [at for (_, before), (at, units) in pairwise(said) if units < before]
        since = max([since, *downs, self._sim.hidden_at.get(sku, since)])
        return sum(at >= since for at in self._sim.sold_at.get(sku, ()))

    def _may_raise(self, sku: str) -> bool:
        sim = self._sim
        policy, sold_at = sim.settings.policy.stock, sim.lowered.get(sku)
        is_known = not (sim.stock_all or sku in sim.stock_unknown or sim.lost_ledger)
        late_until = self._created_at.get(sku, -STOPS_WITHIN_S) + STOPS_WITHIN_S
        is_known = is_known and not (sim.clock.seconds < late_until and any(sim.fired[kind] for kind in LATE))
        if any(sim.fired[kind] for kind in UNANSWERED) and sold_at is not None:
            is_known = is_known and self._said_at(sku) <= sold_at
        if sold_at is None or policy.conflict is not Conflict.LOWER or not is_known:
            return True
        if sim.moved_at is not None and max(sim.moved_at + READS_WITHIN_S, sim.heir_read_at) >= sold_at:
            return True  # whoever writes now was not there when it was sold, and only the other's ledger knew of it
        if self._rms_moved_down(sku, sold_at):
            return True
        return self._seconds_of_ours() > sold_at + policy.conflict_grace_hours * 3600

    def _seconds_of_ours(self) -> float:
        """Return the time by our machine's clock, by which a grace ends: it may be ahead."""
        clock = self._sim.clock
        return clock.seconds + max(0.0, (clock.now() - clock.real()).total_seconds())

    def _rms_moved_down(self, sku: str, since: float) -> bool:
        """Whether RMS said less of a SKU since then, or hid it, which says that there is none.

        That is how it tells of a sale that it took over, so nothing is held back any more. A delivery is not.
        """
        if self._sim.hidden_at.get(sku, -1.0) >= since:
            return True
        said = self._sim.stock_history.get(sku, [])
        return any(at >= since and units < before for (_, before), (at, units) in pairwise(said))

    def _said_at(self, sku: str) -> float:
        """Return when RMS last moved a SKU's stock."""
        return self._sim.stock_history.get(sku, [(0.0, 0)])[-1][0]

    def _most_in_rms(self, sku: str) -> int:
        """Return the most that RMS said of a SKU within the last quarter of an hour."""
        said = self._sim.stock_history.get(sku, [(0.0, 0)])
        recent = [units for at, units in said if at > self._sim.clock.seconds - 900]
        return max([said[-1][1], *recent])

    def _emptying(self, before: Held, after: Held) -> None:
        if not any(units for _, units in before.on_hand) or any(units for _, units in after.on_hand):
            return
        if after.style in self._sim.approved or self._sim.total_of(after.style):
            return
        self._sim.loop.call_later(SETTLES_S, self._emptied_for_good, after.style)

    def _emptied_for_good(self, style: str) -> None:
        """G5. A product whose last size goes while new ones come is not emptied: they come a moment later."""
        if self._sim.total_of(style):
            return
        if self._emptied_on != self._sim.machine:
            # How much was emptied a machine counts in its own ledger, and the one that takes over begins to count.
            self._emptied_on = self._sim.machine
            self._emptied.clear()
        now, emptied = self._sim.clock.seconds, self._emptied
        emptied.append((now, style))
        while emptied[0][0] < now - 900:
            emptied.popleft()
        styles = {style for _, style in emptied}
        if len(styles) > MOST_EMPTIED:
            self._sim.wrong("G5", f"{len(styles)} products emptied within a quarter of an hour without a yes")
