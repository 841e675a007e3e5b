"""The proof that changes arrive: now and then a value that was sent is read back from the shop.

It belongs to the health check, never to a cycle: at most one product is read at each, one that has changed since the
last proof before any other. Where nothing has changed a product known to be in the shop is read again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract import wire
from rms_console.contract.events import Event, EventName
from rms_console.contract.insight import ProofView, ProvenView
from rms_console.contract.ports import PRIORITY_BACKLOG
from rms_console.contract.state import EngineState, Mode
from rms_console.domain.creation import fields_of
from rms_console.domain.policy import Ownership
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.proving import Mismatch, mismatches
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.raising import put
from rms_console.engine.journal import MONITOR
from rms_console.engine.limits import within
from rms_console.errors import ConsoleError, StoreError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.contract.ledger_port import Ledger
    from rms_console.engine.service import EngineService

FACT: Final = "last_proven"
READ_WITHIN_S: Final = 20.0
SLACK: Final = timedelta(minutes=2)
"""How much later than two health checks a proof may come before its lack is a trouble."""
NOTHING_READ: Final = (EngineState.PAUSED.value, EngineState.RECOVERING.value, EngineState.ERROR.value)
"""States in which nothing is read back; a fault or a pause says itself what is wrong."""
INSISTS: Final = 12
"""How often one product that differs is read again before another one is looked at."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A product that the shop confirmed as changed."""

    style: str
    at: datetime
    item_id: int | None
    stamp: str
    latency_s: float | None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A product that stayed otherwise than sent: others are looked at too, but nothing is proven until it is right."""

    pushed: Pushed
    reason: str
    proved: ProofView | None
    """The latest proof before it was found."""


def remembered(ledger: Ledger) -> ProofView | None:
    """Return the latest proof that an engine kept in its ledger, None without one. Blocking.

    Raises:
        StoreError: the ledger cannot be read.
    """
    text = ledger.get_fact(FACT)
    with suppress(ConsoleError, ValueError):
        return wire.from_json(ProofView, json.loads(text)) if text else None
    return None


class Canary:
    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self._began = self._idle_until = engine.deps.clock.now()
        self._pushed: Pushed | None = None
        self._doubted: Pushed | None = None
        self._differed = 0
        self._given_up: dict[str, GivenUp] = {}
        """By style; the one that was looked at longest ago first."""
        self._is_turn_of_others = True
        self._looked_at: datetime | None = None
        self._finds_none = False
        self._reason = ""
        self.last: ProofView | None = None

    async def load(self) -> None:
        """Remember the proof of an earlier process.

        Raises:
            StoreError: the ledger cannot be read.
        """
        self.last = await self._engine.deps.disk(remembered, self._engine.deps.ledger)

    def hear(self, event: Event) -> None:
        """Take note of what was sent, and of the end of a time in which nothing could be read back."""
        if event.name == EventName.STATE_CHANGED and event.facts.get("before") in NOTHING_READ:
            self._idle_until = event.at
        if event.name == EventName.PRODUCT_SYNCED:
            item, latency = event.facts.get("item_id"), event.facts.get("latency_s")
            self._pushed = Pushed(
                str(event.facts.get("style", "")),
                event.at,
                item if isinstance(item, int) else None,
                str(event.facts.get("stamp") or ""),
                float(latency) if isinstance(latency, int | float) else None,
            )

    def view(self) -> ProvenView:
        """Return whether changes are proven to arrive, as of now."""
        off = self._off()
        if off:
            return ProvenView("off", off, self.last)
        if self._differed > 1:
            return ProvenView("differs", self._reason, self.last)
        given_up = next(iter(self._given_up.values()), None)
        if given_up is not None:
            return ProvenView("differs", given_up.reason, given_up.proved)
        if self._finds_none:
            return ProvenView("none", sentence("nothing of RMS is in the shop yet"), self.last)
        run = self._engine.runner.active
        # While a run goes on no health check does: the supervisor watches over its length.
        now = run.started_at if run is not None else self._engine.deps.clock.now()
        patience = 2 * timedelta(seconds=self._engine.settings.health_interval_s) + SLACK
        proved = self.last.read_at if self.last is not None else self._began
        if now - max(self._idle_until, proved) > patience:
            return ProvenView("late", self._reason or sentence("no health check came through"), self.last)
        is_fresh = proved > self._began and now - proved <= patience
        return ProvenView("proven" if is_fresh else "waiting", "" if is_fresh else self._reason, self.last)

    async def prove(self) -> None:
        """Read one product back, if it is time. Never raises what the shop or the ledger may do to it."""
        now, spacing = self._engine.deps.clock.now(), timedelta(seconds=self._engine.settings.health_interval_s)
        if self._off():
            self._idle_until = now
            return
        if self._engine.world is None or self._engine.runner.active is not None:
            return
        fault = self._engine.recovery.fault
        if fault is not None:
            # It is asked again at its own pace; two askers would be one too many.
            self._reason = fault.view(self._engine.settings).message
            return
        # A little less than the spacing, which no timer keeps to the millisecond.
        since = self._looked_at or (self._began if self._pushed is None else None)
        if since is not None and now - since < 0.9 * spacing:
            return
        self._looked_at = now
        try:
            await within(self._engine.deps.clock, READ_WITHIN_S, self._look())
        except TimeoutError:
            self._reason = sentence("the shop did not answer within {seconds} s", seconds=f"{READ_WITHIN_S:g}")
        except ConsoleError as error:
            self._reason = error.message

    def _off(self) -> str:
        engine = self._engine
        if (engine.runner.mode or engine.settings.mode) is Mode.OBSERVE:
            return sentence("observing: nothing is sent, so there is nothing to prove")
        if engine.pause is not None:
            return sentence("paused")
        if engine.standby.holds_back:
            return sentence("another engine writes this shop")
        return "" if engine.settings.enabled else sentence("the automatic sync is off")

    async def _look(self) -> None:
        deps = self._engine.deps
        found = await self._chosen()
        self._finds_none = found is None and self._pushed is None
        if found is None or self._engine.world is None:
            return
        product, pushed = found
        points = deps.shop.counters().points
        observed = await deps.shop.read_product(product.product_id, priority=PRIORITY_BACKLOG)
        ours = fields_of(self._engine.world.policy.mapping, Ownership.ALWAYS)
        wrong = mismatches(product, observed, ours)
        if wrong:
            self._differs(pushed, wrong[0])
        else:
            await self._proven(product, pushed, deps.shop.counters().points - points)

    async def _chosen(self) -> tuple[AcknowledgedProduct, Pushed] | None:
        """Return what to read: what differed, else what was sent last, else any product that the shop has.

        What was given up has every other turn.
        """
        if self._doubted is None and (given_up := await self._again()) is not None:
            return given_up
        for pushed in (self._doubted, self._pushed):
            product = None if pushed is None else await self._known(pushed.style)
            if product is not None and pushed is not None:
                return product, pushed
        self._pushed = self._doubted = None
        deps, now = self._engine.deps, self._engine.deps.clock.now()
        items = await deps.disk(deps.ledger.sample, 1, ())
        homes = await deps.disk(deps.ledger.styles_of, items)
        for item_id, styles in homes.items():
            for style in styles:
                product = await self._known(style)
                if product is not None:
                    return product, Pushed(style, now, item_id, "", None)
        return None

    async def _again(self) -> tuple[AcknowledgedProduct, Pushed] | None:
        """Return a product that was given up, where it is its turn; one that is known no more is forgotten."""
        self._is_turn_of_others = not self._is_turn_of_others
        while self._given_up and not self._is_turn_of_others:
            style, given_up = next(iter(self._given_up.items()))
            product = await self._known(style)
            if product is not None:
                return product, given_up.pushed
            self._given_up.pop(style, None)
        return None

    async def _known(self, style: str) -> AcknowledgedProduct | None:
        """Return the product as the shop confirmed it; None: it is not there, or a write to it is in doubt."""
        deps = self._engine.deps
        product = (await deps.disk(deps.ledger.products, (style,))).get(style)
        if product is None:
            return None
        entries = await deps.disk(deps.ledger.entries, [variant.item_id for variant in product.variants])
        return None if any(entry.doubt for entry in entries) else product

    def _differs(self, pushed: Pushed, wrong: Mismatch) -> None:
        engine, is_same = self._engine, self._doubted is not None and self._doubted.style == pushed.style
        reason = sentence(
            "{item}: {field} was sent as {sent}, the shop has {found}",
            item=wrong.sku or pushed.style,
            field=wrong.field,
            sent=wrong.sent,
            found=wrong.found or "-",
        )
        engine.journal.log("WARN", MONITOR, "Read back and found otherwise: {what}", what=reason)
        before = self._given_up.pop(pushed.style, None)
        if before is not None or (is_same and self._differed >= INSISTS):
            proved = self.last if before is None else before.proved
            self._give_up(GivenUp(pushed, reason, proved))
            return
        self._differed = self._differed + 1 if is_same else 1
        self._doubted, self._reason = pushed, reason
        if self._differed == 2:
            put(engine, kinds.NOT_AS_SENT, self._reason)
            engine.drift.mender.heal([pushed.style])

    def _give_up(self, given_up: GivenUp) -> None:
        """Go on to others; what was sent of it is no news to be looked at before them."""
        style = given_up.pushed.style
        self._given_up[style] = given_up
        if self._doubted is not None and self._doubted.style == style:
            self._differed, self._doubted, self._reason = 0, None, ""
        if self._pushed is not None and self._pushed.style == style:
            self._pushed = None

    async def _proven(self, product: AcknowledgedProduct, pushed: Pushed, points: float) -> None:
        engine, deps = self._engine, self._engine.deps
        names = {variant.item_id: variant.sku for variant in product.variants}
        sku = names.get(pushed.item_id) if pushed.item_id is not None else None
        is_change = self._pushed is not None and self._pushed.style == pushed.style
        self.last = ProofView(
            item=sku or next((name for name in names.values() if name), None) or product.style,
            style=product.style,
            stamp=pushed.stamp,
            pushed_at=pushed.at if is_change else None,
            read_at=deps.clock.now(),
            latency_s=pushed.latency_s,
            points=round(points, 1),
        )
        if is_change and self._pushed is pushed:
            self._pushed = None
        self._differed, self._doubted, self._reason, self._finds_none = 0, None, "", False
        self._given_up.pop(product.style, None)
        if not self._given_up:
            engine.alerts.clear(kinds.NOT_AS_SENT)
        engine.journal.publish(
            EventName.PROVEN,
            item=self.last.item,
            style=product.style,
            latency_s=pushed.latency_s,
            points=self.last.points,
        )
        engine.journal.log("INFO", MONITOR, "Read back from the shop: {item} is as RMS has it", item=self.last.item)
        with suppress(StoreError):
            await deps.disk(deps.ledger.set_fact, FACT, json.dumps(wire.to_json(self.last)))
