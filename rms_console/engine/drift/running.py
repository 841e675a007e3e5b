"""One comparison of store, ledger and shop, slice by slice; it goes on where it was after a kill.

First the shop is read onto a pad, then the store is walked in the order of ItemIDs and each product laid beside what
the pad has of it. What looks different is only suspected; both sides are read again before anything is reported.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from rms_console.contract.drift import Difference, DriftPad, DriftRun
from rms_console.contract.ports import Clock
from rms_console.domain.drift import find
from rms_console.domain.policy import Policy
from rms_console.domain.product import AcknowledgedProduct, ObservedProduct
from rms_console.engine.deps import Deps
from rms_console.engine.drift.audit import Past
from rms_console.engine.drift.examining import Examiner
from rms_console.engine.drift.shop_only import ShopOnly
from rms_console.engine.drift.strangers import Strangers, homeless
from rms_console.engine.drift.unknown import for_sale
from rms_console.engine.offload import Offload
from rms_console.engine.widen import gather

PRODUCTS_A_BATCH = 100
PLANS_A_TURN = 50
SUSPECTS_A_STEP = 8
"""Products looked at again side by side; how many requests are really in flight is the pacer's business."""
TARGET_S = 1.0
FEWEST, MOST = 5, 900
GROWTH = 2.0
STALE = timedelta(hours=3)
"""A picture of the shop that is older says nothing about now: the comparison begins anew."""
VERIFY = "verify"
"""What the report of a comparison that was asked for alone tells as its reason."""
STAGES = ("shop", "store", "strangers", "shop_only", "confirm", "done")

P = ParamSpec("P")
T = TypeVar("T")


class Timed:
    """An offload that remembers how long its slowest call took since it was last asked."""

    def __init__(self, inner: Offload, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self.slowest_s = 0.0

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        begun = self._clock.monotonic()
        try:
            return await self._inner(call, *args, **kwargs)
        finally:
            self.slowest_s = max(self.slowest_s, self._clock.monotonic() - begun)

    def close(self) -> None:
        self._inner.close()

    def taken(self) -> float:
        slowest, self.slowest_s = self.slowest_s, 0.0
        return slowest


def next_slice(size: int, took_s: float) -> int:
    """Return how many items to ask for next, so that RMS gives them in about a second and never in two.

    Growth is slow and shrinking is not: a view is quick at night and slow while the tills work.
    """
    factor = GROWTH if took_s <= 0 else min(GROWTH, TARGET_S / took_s)
    return max(FEWEST, min(MOST, int(size * factor)))


class Comparing:
    """Works on one run. `policy` and `past` hold for all of it; `rest_ratio`: rest after a slice, in slices.

    `strangers`: also look for what RMS wants in the shop and the ledger does not know.
    """

    def __init__(
        self,
        deps: Deps,
        pad: DriftPad,
        policy: Policy,
        zone: str,
        past: Past,
        freshen: Callable[[], Awaitable[object]],
        *,
        rest_ratio: float = 1.0,
        strangers: bool = True,
    ) -> None:
        self._timed = Timed(deps.sql, deps.clock)
        self._deps = deps = dataclasses.replace(deps, sql=self._timed)
        self._pad = pad
        self._policy = policy
        self._zone = zone
        self._past = past
        self._rest_ratio = rest_ratio
        self._examiner = Examiner(deps, freshen)
        self._shop_only = ShopOnly(deps, pad)
        self._strangers = Strangers(deps, policy, zone) if strangers else None

    async def run(self, run: DriftRun) -> None:
        """Bring the run to its end, from where it is.

        Raises:
            SourceError, ShopError, StoreError: what was found so far is on the pad, and it goes on from there.
        """
        works: dict[str, Callable[[DriftRun], Awaitable[bool]]] = {
            "shop": self._read_shop,
            "store": self._store,
            "strangers": self._look_for_strangers,
            "shop_only": self._look_at_shop,
            "confirm": self._confirm,
        }
        while run.stage != "done":
            if await works[run.stage](run):
                run.stage, run.after, run.after_style = STAGES[STAGES.index(run.stage) + 1], -1, ""
                await self._deps.disk(self._pad.save, run)
            took = self._timed.taken()
            if took and self._rest_ratio:
                await self._deps.clock.sleep(took * self._rest_ratio)

    async def only(self, run: DriftRun, styles: Sequence[str]) -> None:
        """Compare these styles alone, without reading the whole shop. Raises as `run`."""
        deps = self._deps
        known = await deps.disk(deps.ledger.products, list(styles))
        run.products, run.variants = len(known), sum(len(one.variants) for one in known.values())
        run.compared = run.variants
        run.stage = "confirm"
        found = await self._shop_only.unlinked([style for style in styles if style not in known])
        await deps.disk(self._pad.note, run, sorted(known), found)
        await self.run(run)

    async def _read_shop(self, run: DriftRun) -> bool:
        deps = self._deps
        run.read_at = deps.clock.now().isoformat()
        batch: list[ObservedProduct] = []
        async for product in deps.shop.read_catalogue():
            batch.append(product)
            if len(batch) == PRODUCTS_A_BATCH:
                await deps.disk(self._pad.add_products, batch)
                batch = []
        await deps.disk(self._pad.add_products, batch)
        run.products, run.variants = await deps.disk(self._pad.size)
        return True

    async def _store(self, run: DriftRun) -> bool:
        """Compare one slice of the items that the shop has; return whether it was the last."""
        deps = self._deps
        ids = await deps.disk(deps.ledger.known_item_ids, run.after, run.slice)
        if not ids:
            return True
        gathered = await gather(deps, ids)
        took = self._timed.slowest_s
        works = await self._examiner.works(gathered, self._policy, self._zone)
        # A product is compared once: in the slice that has its lowest item.
        mine = {
            style: known
            for style, known in gathered.products.items()
            if run.after < min((one.item_id for one in known.variants), default=run.after) <= ids[-1]
        }
        seen = await self._on_pad(mine.values())
        suspects: list[str] = []
        found = await homeless(deps, works, gathered, frozenset(ids))
        for number, work in enumerate((work for work in works if work.style in mine), start=1):
            known, observed = mine[work.style], seen.get(work.style)
            differences = find(work, known, observed, self._policy, deps.clock.now())
            if observed is not None and for_sale(observed, known):
                suspects.append(work.style)
            elif differences:
                marked = await self._examiner.waiting(differences, work.item_ids)
                if all(one.is_known for one in marked):
                    found += marked
                else:
                    suspects.append(work.style)
            if number % PLANS_A_TURN == 0:
                await asyncio.sleep(0)
        run.after, run.compared = ids[-1], run.compared + len(ids)
        run.slice, run.slowest_s = next_slice(run.slice, took), max(run.slowest_s, took)
        await deps.disk(self._pad.note, run, suspects, found)
        return False

    async def _on_pad(self, products: Iterable[AcknowledgedProduct]) -> dict[str, ObservedProduct]:
        styles = {product.product_id: product.style for product in products}
        seen = await self._deps.disk(self._pad.observed, list(styles))
        return {styles[one.product_id]: one for one in seen}

    async def _look_for_strangers(self, run: DriftRun) -> bool:
        if self._strangers is None or not self._strangers.may_come:
            return True
        after, found = await self._strangers.look(run.after, run.slice)
        if after is None:
            return True
        took = self._timed.slowest_s
        run.after, run.slice, run.slowest_s = after, next_slice(run.slice, took), max(run.slowest_s, took)
        await self._deps.disk(self._pad.note, run, (), found)
        return False

    async def _look_at_shop(self, run: DriftRun) -> bool:
        """Look for what only the shop has: products without a store, SKUs that stand twice."""
        found = await self._shop_only.orphans() + await self._shop_only.twins()
        await self._deps.disk(self._pad.note, run, (), found)
        return True

    async def _confirm(self, run: DriftRun) -> bool:
        styles = await self._deps.disk(self._pad.suspects, run.after_style, SUSPECTS_A_STEP)
        if not styles:
            return True
        looks = [self._examiner.examine(style, self._policy, self._zone, self._past) for style in styles]
        found: list[Difference] = []
        for seen in await asyncio.gather(*looks):
            found += seen.differences if seen is not None else ()
        run.after_style = styles[-1]
        await self._deps.disk(self._pad.note, run, (), found)
        return False


def begin_anew(pad: DriftPad, kept: DriftRun | None, wanted: DriftRun, now: datetime) -> DriftRun:
    """Return the run to work on: the one that was not finished, where its picture of the shop still holds.

    Blocking, where the pad is. A run of the whole store goes on for whoever asks next; `note` says what happened.
    """
    if kept is None or kept.stage not in STAGES or kept.stage == "done" or kept.styles:
        pad.clear()
        return wanted
    began = datetime.fromisoformat(kept.read_at or kept.began_at)
    if now - began <= STALE and kept.stage != "shop":
        kept.heal, kept.reason, kept.by, kept.run_id = wanted.heal, wanted.reason, wanted.by, wanted.run_id
        kept.is_verify, kept.note = wanted.is_verify, "goes-on"
        return kept
    wanted.note = "aged" if kept.stage != "shop" else "cut-short"
    pad.clear()
    return wanted
