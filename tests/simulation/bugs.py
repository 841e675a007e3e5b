"""Known bugs, each put back by itself: what a simulation is worth is which of them it catches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from types import SimpleNamespace
from typing import Any
from unittest import mock

from rms_console.adapters.shopify import documents, inputs, writer
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.adapters.shopify.writer import ShopWriter
from rms_console.adapters.store.counters import Counters
from rms_console.adapters.store.queue import Queue
from rms_console.adapters.store.sales import Sales
from rms_console.adapters.store.watermark import Watermark
from rms_console.contract.records import QueueState
from rms_console.domain import assemble, creation, guard, plan, sale, stock
from rms_console.domain.eligibility import NotCreated, judge
from rms_console.domain.operations import UNSET, CreateProduct, SetMetafields, StockWrite, UpdateVariants
from rms_console.domain.policy import Conflict, Ownership
from rms_console.domain.position import Position
from rms_console.domain.product import Metafield
from rms_console.domain.stock import StockDecision
from rms_console.engine import closing, compare, intake, recovery, retry, stockpush, widen, working
from rms_console.engine.closing import Closing
from rms_console.engine.compare import Compared, Comparison
from rms_console.engine.detector import Detector
from rms_console.engine.drift import examining, running
from rms_console.engine.fence import Fence
from rms_console.engine.intake import Load
from rms_console.engine.ledger_rescue import Rescue, Rescued
from rms_console.engine.ledger_watch import FACT_RESCUE
from rms_console.engine.productpush import ProductPusher
from rms_console.engine.tenure import Tenure
from rms_console.errors import ShopOutcomeUnknown, ShopThrottled, SourceError
from tests.simulation.story import story_of
from tests.simulation.world import Options, options_of


@dataclass(frozen=True, slots=True)
class Bug:
    """`put_back` gives a context in which the program has the bug. `needs`: acts without which nobody could see it."""

    name: str
    put_back: Callable[[], Any]
    needs: tuple[str, ...] = ()
    law: str = ""
    """The law by which it is to be noticed; empty: any."""
    fits: Callable[[Options], bool] = lambda options: True

    def candidates(self, seeds: Iterable[int]) -> Iterator[int]:
        """Return those of the seeds in whose story the bug can show at all."""
        for seed in seeds:
            kinds = {step.kind for step in story_of(seed)}
            if kinds.issuperset(self.needs) and self.fits(options_of(seed)):
                yield seed


BUGS: dict[str, Bug] = {}


def bug(
    name: str, *needs: str, law: str = "", fits: Callable[[Options], bool] = lambda options: True
) -> Callable[[Callable[[], Any]], None]:
    def enter(put_back: Callable[[], Any]) -> None:
        BUGS[name] = Bug(name, put_back, needs, law, fits)

    return enter


def no_sweep(options: Options) -> bool:
    """Nothing is compared by value until the quiet time is half over: the fast path is on its own."""
    return not options.settings.sweep_s


def by_version(options: Options) -> bool:
    return no_sweep(options) and options.detection == "auto"


def impatient(options: Options) -> bool:
    return options.settings.operation_timeout_s < 100


def lower(options: Options) -> bool:
    return options.settings.policy.stock.conflict is Conflict.LOWER


def swap(target: object, name: str, new: object) -> Any:
    return mock.patch.object(target, name, new)


@bug("the watermark is the highest version seen, open transactions or not", "rms.late_commit", fits=by_version)
def _highest() -> Any:
    real = Detector._look

    async def look(self: Detector, after: Position) -> Any:
        read = await real(self, after)
        above = [key.position for key in read.keys if key.position.detection is after.detection]
        return dataclasses.replace(read, complete_up_to=max([read.complete_up_to, *above]))

    return swap(Detector, "_look", look)


@bug("an error is taken for no changes, and the watermark moves on", "rms.read_error", fits=no_sweep)
def _error_as_empty() -> Any:
    real = Detector._look

    async def look(self: Detector, after: Position) -> Any:
        try:
            return await real(self, after)
        except SourceError:
            deps = self._deps
            source: Any = deps.source
            read = source.inner.read_changes(after, 10_000)
            return dataclasses.replace(read, keys=(), more=False)

    return swap(Detector, "_look", look)


@bug("a row counts as seen whatever its version", fits=no_sweep)
def _seen_by_id() -> Any:
    def unseen(self: Watermark, keys: Sequence[Any]) -> list[Any]:
        seen = {row[0] for row in self._database.rows(self._sql["seen"], (f"{[key.item_id for key in keys]}",))}
        return [key for key in keys if key.position is None or key.item_id not in seen]

    return swap(Watermark, "unseen", unseen)


@bug("siblings are forgotten: a product is planned from the rows that changed")
def _no_siblings() -> Any:
    async def gather(deps: Any, item_ids: Sequence[int]) -> Any:
        products = await widen._products(deps, {}, await widen._styles_of(deps, item_ids))
        read = await deps.sql(deps.source.read_items, tuple(item_ids))
        products |= await widen._products(deps, products, {row.style for row in read.rows if row.style})
        missing = frozenset(v.item_id for p in products.values() for v in p.variants) - set(item_ids)
        return widen.Gathered(products, dataclasses.replace(read, hidden=read.hidden | missing))

    return swap(intake, "gather", gather)


@bug(
    "a creation gets its custom id by a second call: one whose answer is lost is not found again",
    "shop.lost_after",
    "shop.error_5xx_applied",
    "till.new_item",
    law="G4",
)
def _no_upsert() -> Any:
    def nameless(*args: Any) -> Any:
        made = inputs.product_set(*args)
        del made["identifier"]
        made["input"]["metafields"] = made["input"]["metafields"][1:]
        return made

    read, real = documents._read, ShopWriter._create_product

    def optional(name: str) -> str:
        return read(name).replace("ProductSetIdentifiers!", "ProductSetIdentifiers")

    async def create(self: ShopWriter, operation: CreateProduct, priority: int) -> Any:
        applied = await real(self, operation, priority)
        style, name = operation.product.style, self._custom_id
        custom_id = Metafield(name.namespace, name.key, "id", style)
        await self._set_metafields(SetMetafields(style, applied.product_id or "", (custom_id,)), priority)
        return applied

    @contextmanager
    def all_of_it() -> Iterator[None]:
        # What creations in bulk send is another matter: they keep theirs.
        bare = SimpleNamespace(**vars(inputs) | {"product_set": nameless})
        with (
            swap(documents, "_read", optional),
            swap(writer, "inputs", bare),
            swap(ShopWriter, "_create_product", create),
        ):
            yield

    return all_of_it()


@bug("an unknown outcome is taken for a failure and simply sent again", "shop.late_apply")
def _blind_retry() -> Any:
    @contextmanager
    def all_of_it() -> Iterator[None]:
        with (
            swap(Load, "in_doubt", lambda self, style: False),
            swap(ProductPusher, "_needs_read_back", lambda self, job, error: False),
            swap(closing, "verify_later", lambda now: None),
        ):
            yield

    return all_of_it()


@bug("an unknown outcome is taken for success", "shop.lost_before", "till.rush", fits=no_sweep)
def _unknown_is_done() -> Any:
    real = Closing._end_of

    def end_of(self: Closing, job: Any) -> Any:
        if isinstance(job.error, ShopOutcomeUnknown):
            job.error = None
            return None
        return real(self, job)

    return swap(Closing, "_end_of", end_of)


@bug("the zero-stock filter hides what is sold out")
def _sold_out() -> Any:
    def hides(row: Any, policy: Any, known: Any, may_create: bool, now_local: Any = None) -> Any:
        verdict = judge(row, policy, known, may_create, now_local)
        if known is not None and sum(row.stock.values()) <= 0 and not policy.filters.include_zero_stock:
            return NotCreated("sold-out", "no stock")
        return verdict

    return swap(assemble, "judge", hides)


@bug("a lease without an epoch: whoever wakes up late still records", "lock.stolen")
def _no_epoch() -> Any:
    @contextmanager
    def both() -> Iterator[None]:
        # Who lost the lock is told so in two ways; each alone would catch it.
        with swap(Counters, "check_epoch", lambda self, epoch: None), swap(Tenure, "refusal", lambda self: None):
            yield

    return both()


@bug("metafields are dropped")
def _no_metafields() -> Any:
    real = plan._Planner.plan

    def without(self: Any) -> Any:
        made = real(self)
        kept = tuple(one for one in made.operations if not isinstance(one, SetMetafields))
        return dataclasses.replace(made, operations=kept)

    return swap(plan._Planner, "plan", without)


@bug("holds are ignored", "rms.bulk_prices")
def _no_guard() -> Any:
    return swap(guard, "decide", lambda cases, around, policy: {})


@bug("the conflict policy is ignored: RMS always wins", "merchant.order", fits=lower)
def _rms_wins() -> Any:
    def resolve(desired: int, acknowledged: Any, observed: int, policy: Any) -> StockDecision:
        return StockDecision(None if observed == desired else desired, observed)

    return swap(stockpush, "resolve_stale", resolve)


@bug("sale windows are forgotten once the price is sent", "till.sale", fits=no_sweep)
def _no_sales() -> Any:
    return swap(Sales, "replace", lambda self, boundaries: None)


@bug("a sale ends, and its struck-out price stays", "till.sale")
def _compare_at_stays() -> Any:
    real = plan._Planner._changes

    def changes(self: Any, desired: Any, heirs: Any) -> Iterator[Any]:
        for one in real(self, desired, heirs):
            yield dataclasses.replace(one, compare_at=UNSET) if one.compare_at is None else one

    return swap(plan._Planner, "_changes", changes)


@bug("prices are cut off instead of rounded")
def _rounding() -> Any:
    def cut(value: Decimal, currency: str) -> Decimal:
        return value.quantize(Decimal(1), ROUND_DOWN)

    return swap(sale, "round_money", cut)


@bug("recorded before the answer: what failed counts as done", "till.rush", fits=no_sweep)
def _recorded_first() -> Any:
    def end_of(self: Closing, job: Any) -> None:
        job.error = None

    return swap(Closing, "_end_of", end_of)


@bug("entries leave the queue when they are taken, not when they are done", "till.rush", fits=no_sweep)
def _taken_is_gone() -> Any:
    real = Queue.take

    def take(self: Queue, limit: int, at: Any) -> Any:
        taken = real(self, limit, at)
        with self._database.transaction():
            for entry in taken:
                self._database.run("DELETE FROM queue WHERE item_id = ?", (entry.item_id,))
        return taken

    return swap(Queue, "take", take)


@bug("settling an old version drops the newer one", "till.rush", fits=no_sweep)
def _drops_newer() -> Any:
    def settle(self: Queue, settled: Any) -> None:
        self._database.run_many("DELETE FROM queue WHERE item_id = ?", ((done.item_id,) for done in settled))

    return swap(Queue, "settle", settle)


@bug("a pause does not block", "operator.pause")
def _no_pause() -> Any:
    return swap(working, "_is_forced", lambda engine, wake: True)


@bug("a restored database is not noticed", "rms.restore", fits=no_sweep)
def _no_restore() -> Any:
    async def restored(self: Detector, read: Any, after: Position, first: bool) -> str:
        return ""

    return swap(Detector, "_restored", restored)


@bug("being throttled counts as a refusal", "shop.throttled", fits=impatient)
def _throttled_is_refused() -> Any:
    real = retry.decide

    def decide(error: Exception, attempts: int, max_attempts: int, now: Any) -> Any:
        decision = real(error, attempts, max_attempts, now)
        if isinstance(error, ShopThrottled):
            return dataclasses.replace(decision, state=QueueState.QUARANTINED, next_try_at=None)
        return decision

    return swap(closing, "decide", decide)


@bug("no back-off: what failed is tried again at once", "shop.outage")
def _no_backoff() -> Any:
    @contextmanager
    def none() -> Iterator[None]:
        with (
            swap(retry, "backoff_s", lambda attempt, multiplier=2.0, jitter=None: 0.0),
            swap(recovery, "wait_s", lambda *args: 0.2),
        ):
            yield

    return none()


@bug("hand edits are overwritten: what is the merchant's after creation is sent for ever", "merchant.title_edited")
def _owns_all() -> Any:
    real = creation.fields_of

    def fields_of(mapping: Any, owner: Any) -> Any:
        return real(mapping, owner) | (frozenset({"title", "tags"}) if owner is Ownership.ALWAYS else frozenset())

    return swap(plan, "fields_of", fields_of)


@bug("negative stock goes to the shop as a positive one", "till.stock")
def _negative() -> Any:
    return swap(stock, "_units", lambda quantity, safety: abs(int(quantity)))


@bug("stock without compare-and-set", "merchant.order", fits=lower)
def _no_compare() -> Any:
    real = inputs.stock_set

    def stock_set(rows: Sequence[StockWrite], *args: Any) -> Any:
        made = real(rows, *args)
        for row in made["input"]["quantities"]:
            row["changeFromQuantity"] = None
        return made

    return swap(inputs, "stock_set", stock_set)


@bug("after the ledger is lost, products are made over what is there", "disk.lost", "merchant.title_edited")
def _made_over() -> Any:
    async def run(self: Rescue, *args: Any) -> Rescued:
        await self._deps.disk(self._deps.ledger.set_fact, FACT_RESCUE, None)
        return Rescued()

    async def found(self: ProductPusher, job: Any) -> bool:
        return False

    @contextmanager
    def both() -> Iterator[None]:
        with swap(Rescue, "run", run), swap(ProductPusher, "_found", found):
            yield

    return both()


@bug("rows that RMS no longer has are passed over", "rms.deleted_rows")
def _no_deleted() -> Any:
    real = widen.gather

    async def gather(deps: Any, item_ids: Sequence[int]) -> Any:
        found = await real(deps, item_ids)
        gone = found.read.deleted | found.read.hidden
        kept = {
            style: dataclasses.replace(one, variants=tuple(v for v in one.variants if v.item_id not in gone))
            for style, one in found.products.items()
        }
        return widen.Gathered(
            {style: one for style, one in kept.items() if one.variants},
            dataclasses.replace(found.read, hidden=frozenset(), deleted=frozenset()),
        )

    @contextmanager
    def everywhere() -> Iterator[None]:
        with swap(intake, "gather", gather), swap(compare, "gather", gather):
            yield

    return everywhere()


@bug("nothing is compared by value, by no sweep and no report: joined tables are never seen", "rms.joined_table")
def _no_sweep() -> Any:
    async def known(self: Any, *args: Any) -> Any:
        return Compared(1)

    @contextmanager
    def everywhere() -> Iterator[None]:
        nothing = lambda *args: ()  # noqa: E731
        with swap(Comparison, "known", known), swap(running, "find", nothing), swap(examining, "find", nothing):
            yield

    return everywhere()


@bug("sale windows are taken for UTC", "till.sale", fits=lambda options: options.settings.zone != "UTC")
def _utc() -> Any:
    @contextmanager
    def everywhere() -> Iterator[None]:
        naive = lambda at, name: at.replace(tzinfo=None)  # noqa: E731
        with swap(intake, "to_local", naive), swap(compare, "to_local", naive):
            yield

    return everywhere()


@bug("of two workers on one product the slower sends what it had before, and the quicker then mends it", law="G3")
def _slower_worker() -> Any:
    real = ShopifyShop.apply

    async def apply(self: ShopifyShop, operation: Any, *, key: str, priority: int) -> Any:
        applied = await real(self, operation, key=key, priority=priority)
        if isinstance(operation, UpdateVariants):
            before: dict[str, Any] = self.__dict__.setdefault("_before", {})
            older, before[operation.product_id] = before.get(operation.product_id), operation
            if older is not None and older != operation:
                await real(self, older, key=f"{key}-older", priority=priority)
                applied = await real(self, operation, key=f"{key}-again", priority=priority)
        return applied

    return swap(ShopifyShop, "apply", apply)


@bug("the claim on the shop is looked at once: whoever loses it writes on", "machines.claim_stolen", law="S8")
def _claims_once() -> Any:
    async def is_fresh(self: Fence) -> bool:
        return self._seen_at is not None

    return swap(Fence, "_is_fresh", is_fresh)


@bug("another machine's claim is no reason to stop", "machines.second_engine", law="S8")
def _claims_of_nobody() -> Any:
    return swap(Fence, "_is_foreign", lambda self, found, mine: False)
