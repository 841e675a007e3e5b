"""Explains one SKU, CCOD or ItemID: the chain of rules, the three sides, and what was done to it. Writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rms_console.contract.field_names import FIELDS
from rms_console.contract.ports import PRIORITY_INTERACTIVE
from rms_console.contract.queries import Page, Query
from rms_console.contract.records import QUIET_CODES, QueueEntry, QueueKey, QueueReason, QueueState
from rms_console.contract.settings import EngineSettings
from rms_console.contract.state import Mode
from rms_console.domain.changes import FieldChange, describe
from rms_console.domain.explain import Says, Step, Value, chain, values
from rms_console.domain.grouping import style_key
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, ObservedProduct, Status
from rms_console.domain.zone import to_local
from rms_console.engine.deps import Deps
from rms_console.engine.intake import Creator, Intake, Load, siblings
from rms_console.engine.modes import in_force
from rms_console.engine.rehearsing import look, on_trial
from rms_console.engine.widen import Gathered, gather
from rms_console.engine.world import World
from rms_console.errors import Refused
from rms_console.locale import Sentence, mark, sentence, told
from rms_console.locale.retelling import retell

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

MOST_ITEMS: Final = 40
"""Items of one CCOD that are explained at once."""
HISTORY: Final = 100
WAITS: Final = {
    QueueState.WAITING: mark("it waits in the queue for the next run"),
    QueueState.RETRYING: mark("it is tried again at {at}: {why}"),
    QueueState.QUARANTINED: mark("it is set aside: {why}"),
    QueueState.HELD: mark("it is held until a person decides: {why}"),
}
LOOKED_AT_AGAIN: Final = mark("it waits until {at}: {why}")
"""Of what is held, but for nobody's yes."""


@dataclass(slots=True)
class Explained:
    """One item. `answer` is the last word; `steps` how it came about; `history` the newest first.

    `more` says that its product has entries before those of `history`.
    """

    item_id: int
    sku: str
    style: str
    title: str
    answer: str
    is_there: bool
    steps: list[Step] = field(default_factory=list)
    values: tuple[Value, ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()
    product_id: str = ""
    more: bool = False


class Explainer:
    """Explains against a copy of the ledger: what is queued there for the looking is gone with it."""

    def __init__(self, deps: Deps, trial: Deps, settings: EngineSettings, world: World, mode: Mode) -> None:
        self._deps = deps
        self._trial = trial
        self._settings = settings
        self._world = world
        self._mode = mode

    async def explain(self, asked: str) -> tuple[Explained, ...]:
        """Return one explanation an item, in the order of their ItemIDs.

        Raises:
            Refused: neither RMS nor the ledger knows what was asked for. SourceError, ShopError, StoreError.
        """
        deps, policy = self._trial, self._world.policy
        ids = await self._items(asked)
        entries = {entry.item_id: entry for entry in await self._deps.disk(self._deps.ledger.entries, ids)}
        keys = [QueueKey(item, QueueReason.MANUAL) for item in ids]
        await deps.disk(deps.ledger.claim_epoch)
        await deps.disk(deps.ledger.enqueue, keys, None, deps.clock.now())
        load = await Intake(deps).take(self._settings, policy, ids)
        gathered = await gather(deps, ids)
        seen: dict[str, ObservedProduct | None] = {}
        for style, product in gathered.products.items():
            seen[style] = await deps.shop.read_product(product.product_id, priority=PRIORITY_INTERACTIVE)
        found = []
        for item in ids:
            found.append(await self._one(item, load, gathered, entries, seen))
        return tuple(found)

    async def _items(self, asked: str) -> tuple[int, ...]:
        text = asked.strip()
        ids = set(await self._deps.sql(self._deps.source.find_items, (text,), (text,)))
        key = style_key(text)
        products = await self._deps.disk(self._deps.ledger.products, [key]) if key else {}
        ids |= {one.item_id for product in products.values() for one in product.variants}
        if not ids and text.isdecimal():
            ids = {int(text)}
            known = await self._deps.disk(self._deps.ledger.styles_of, sorted(ids))
            read = await self._deps.sql(self._deps.source.read_items, sorted(ids))
            ids = ids if known or not read.deleted else set()
        if not ids:
            hint = sentence("check the spelling; a CCOD, an SKU or an ItemID will do")
            message = sentence("RMS has no item {asked}, and the ledger knows none", asked=text[:60])
            raise Refused(message, code="not-found", hint=hint)
        return tuple(sorted(ids)[:MOST_ITEMS])

    async def _one(
        self,
        item: int,
        load: Load,
        gathered: Gathered,
        entries: Mapping[int, QueueEntry],
        seen: Mapping[str, ObservedProduct | None],
    ) -> Explained:
        product, variant = _known(gathered.products.values(), item)
        row = next((one for one in gathered.read.rows if one.item_id == item), None)
        style = (
            (product.style if product is not None else "") or (style_key(row.style) if row is not None else "") or ""
        )
        observed = seen.get(product.style) if product is not None else None
        steps = list(self._rules(item, gathered, variant, entries))
        steps += _of_load(item, load)
        steps += await self._of_shop(product, variant, observed, style)
        steps += self._of_engine(entries.get(item))
        changes = _changes(item, style, load)
        if not any(step.says is Says.NO for step in steps) and changes:
            steps.append(Step("difference", Says.NOTE, sentence("to be sent: {fields}", fields=_named(changes))))
        work = load.works.get(style)
        wanted = work.desired if work is not None else None
        places = {place.location_id: place.name for place in self._world.shop.locations}
        sku = (row.sku if row is not None else None) or (variant.sku if variant is not None else None) or ""
        title = (wanted.title if wanted else None) or (observed.title if observed else None) or style
        history = await self._deps.disk(self._deps.ledger.product_history, style, HISTORY + 1) if style else ()
        return Explained(
            item,
            sku.strip(),
            style,
            title,
            _answer(steps, variant is not None and observed is not None),
            variant is not None and observed is not None,
            steps,
            values(wanted, product, observed, item, places),
            tuple(_of_item(history[:HISTORY], item)),
            product.product_id if product is not None else "",
            len(history) > HISTORY,
        )

    def _rules(
        self,
        item: int,
        gathered: Gathered,
        variant: AcknowledgedVariant | None,
        entries: Mapping[int, QueueEntry],
    ) -> Iterable[Step]:
        # Asked of the queue as it is: being looked at is no change that would let an item become a product.
        read = gathered.read
        if item in read.deleted:
            yield Step("rms", Says.NO, sentence("ItemID {item} is no longer in RMS", item=item), "deleted")
            return
        yield Step("rms", Says.YES, sentence("it is in RMS, ItemID {item}", item=item))
        if item in read.hidden:
            yield Step("view", Says.NO, sentence("the store's view does not show it"), "hidden")
            return
        yield Step("view", Says.YES, sentence("the store's view shows it"))
        broken = next((one for one in read.unreadable if one.item_id == item), None)
        if broken is not None:
            facts = {"column": broken.column, "value": broken.value}
            told_so = sentence("{column} cannot be read: {value}", **facts)
            yield Step("cells", Says.NO if variant is None else Says.NOTE, told_so, "row-unreadable")
            return
        row = next(one for one in read.rows if one.item_id == item)
        may_create = Creator(self._world.policy.filters.scope, entries, siblings(gathered))
        now_local = to_local(self._deps.clock.now(), self._settings.zone)
        yield from chain(row, self._world.policy, variant, may_create(item), now_local)

    async def _of_shop(
        self,
        product: AcknowledgedProduct | None,
        variant: AcknowledgedVariant | None,
        observed: ObservedProduct | None,
        style: str,
    ) -> list[Step]:
        if product is None or variant is None:
            message = sentence("the shop has no variant of it that is linked")
            return [Step("shop", Says.NOTE, message)] if style else []
        number = product.product_id.rpartition("/")[2]
        if observed is None:
            message = sentence("its product {number} is no longer in the shop: somebody deleted it", number=number)
            return [Step("shop", Says.NO, message, "shop-not-found")]
        if all(one.variant_id != variant.variant_id for one in observed.variants):
            message = sentence("its variant is no longer in product {number} of the shop", number=number)
            return [Step("shop", Says.NO, message, "shop-not-found")]
        steps = [Step("shop", Says.YES, sentence("it is a variant of product {number} of the shop", number=number))]
        if observed.status is not Status.ACTIVE:
            text = sentence("the product is {status}: customers do not see it", status=observed.status.value)
            steps.append(Step("status", Says.NOTE, text))
        return steps

    def _of_engine(self, entry: QueueEntry | None) -> Iterable[Step]:
        if entry is not None:
            at = "" if entry.next_try_at is None else f"{to_local(entry.next_try_at, self._settings.zone):%H:%M}"
            facts = {"at": at, "why": entry.message or entry.code}
            template = LOOKED_AT_AGAIN if entry.code in QUIET_CODES else WAITS[entry.state]
            yield Step("queue", Says.NOTE, sentence(template, **facts), entry.code)
        if self._mode is Mode.OBSERVE:
            yield Step("mode", Says.NOTE, sentence("the engine only observes: nothing is sent until `go-live`"))


async def answer(engine: EngineService, query: Query) -> Page:
    """Return one row an item that `key` (CCOD, SKU or ItemID) names, in the language of the filter `language`."""
    deps, world = engine.deps, engine.world
    if world is None:
        return Page(query.subject, (), problem="not-connected")
    making = asyncio.ensure_future(deps.disk(deps.ledger.trial))
    try:
        trial = on_trial(deps, await asyncio.shield(making))
        explainer = Explainer(deps, trial, engine.settings, world, engine.runner.mode or engine.settings.mode)
        found = await explainer.explain(query.key or "")
    except Refused as error:
        return Page(query.subject, (), problem=error.code)
    finally:
        # Also where the asker gave up while the copy was being made: nobody else would close it.
        await deps.disk((await making).close)
    language = query.filters.get("language", "en")
    return Page(query.subject, tuple(explained_row(one, language) for one in found), total=len(found))


async def explain_at_rest(deps: Deps, settings: EngineSettings, asked: str) -> tuple[Explained, ...]:
    """Return the explanations without an engine; `deps` carry a copy of the ledger. Closes the shop.

    Raises:
        Refused: nobody knows what was asked for. SourceError, ShopError, StoreError, ConfigError.
    """
    try:
        world = await look(deps, settings)
        mode = await deps.disk(in_force, deps.ledger, settings.mode)
        return await Explainer(deps, on_trial(deps, deps.ledger), settings, world, mode).explain(asked)
    finally:
        await deps.shop.close()


def _known(
    products: Iterable[AcknowledgedProduct], item: int
) -> tuple[AcknowledgedProduct | None, AcknowledgedVariant | None]:
    for product in products:
        for variant in product.variants:
            if variant.item_id == item:
                return product, variant
    return None, None


def _of_load(item: int, load: Load) -> list[Step]:
    """Return what only shows where items meet: two with one SKU, too many variants, a hold of the guard."""
    steps = []
    for aside in load.postponed:
        if aside.item_id == item and aside.state is QueueState.QUARANTINED:
            steps.append(Step("clash", Says.NOTE, aside.message, aside.code))
    for kept in load.guarded.kept.values():
        for hold in kept.holds:
            if item in hold.item_ids:
                steps.append(
                    Step("guard", Says.NOTE, sentence(hold.reason.template, **hold.reason.facts), hold.kind.code)
                )
    return steps


def _changes(item: int, style: str, load: Load) -> Sequence[FieldChange]:
    plan = load.plans.get(style)
    if plan is None:
        return ()
    return [one for one in describe(plan, load.products.get(style)) if one.item_id in (item, None)]


def _named(changes: Sequence[FieldChange]) -> str:
    """Return which fields change, each once, as a text that can be told in any language."""
    told_so: str = ""
    for name in dict.fromkeys(change.field.partition("@")[0] for change in changes):
        word = sentence(FIELDS.get(name, name))
        told_so = sentence("{fields}, {one}", fields=told_so, one=word) if told_so else word
    return told_so


def _answer(steps: Sequence[Step], is_there: bool) -> str:
    """Return the last word: the rule that decides, or that all is well."""
    against = next((step for step in steps if step.says is Says.NO), None)
    if against is not None and is_there:
        return sentence("It is in the shop and leaves it: {why}", why=against.message)
    if against is not None:
        return sentence("It is not in the shop: {why}", why=against.message)
    notes = [step for step in steps if step.says is Says.NOTE and step.rule != "shop"]
    if is_there and not notes:
        return sentence("It is in the shop as RMS has it.")
    if is_there:
        return sentence("It is in the shop; {why}", why=notes[0].message)
    if notes:
        return sentence("It is not in the shop yet: {why}", why=notes[0].message)
    return sentence("It is not in the shop yet; the next run sends it.")


def _of_item(history: Iterable[Mapping[str, Any]], item: int) -> Iterable[Mapping[str, Any]]:
    """Yield what was done to an item, or to its product as a whole, with those changes alone."""
    for entry in history:
        changes = [one for one in entry["changes"] if one["item_id"] in (item, None)]
        if changes or not entry["changes"]:
            yield {**entry, "changes": changes}


def explained_row(one: Explained, language: str) -> dict[str, Any]:
    """Return an explanation as a plain JSON object in a language, the same for every face."""
    return {
        "item_id": one.item_id,
        "sku": one.sku,
        "style": one.style,
        "title": one.title,
        "product_id": one.product_id,
        "in_shop": one.is_there,
        "answer": _in(language, one.answer),
        "steps": [{**asdict(step), "message": _in(language, step.message)} for step in one.steps],
        "values": [asdict(value) for value in one.values],
        "history": [dict(entry) for entry in one.history],
        "more": one.more,
    }


def _in(language: str, text: str) -> str:
    return told(language, text) if isinstance(text, Sentence) else retell(language, text)
