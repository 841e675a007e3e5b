"""What the answers lead to: both ends are asked, with what was answered so far. Nothing is written anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final, TypeVar

from rms_console.commands.init.draft import Draft
from rms_console.contract.ports import ShopFacts
from rms_console.domain.rows import ItemRow, SourceFacts
from rms_console.engine.deps import Deps
from rms_console.wiring.parts import open_trial

PAGE: Final = 5000
COUNT_S: Final = 20.0
"""So long a person may be kept waiting for the store's numbers."""
SAMPLE: Final = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoreNumbers:
    """How many items the store has. `is_whole`: all were counted in the time."""

    items: int = 0
    sellable: int = 0
    for_web: int = 0
    tells_web: bool = False
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class StoreLook:
    facts: SourceFacts
    sample: ItemRow | None
    """An item with price and stock, where there is one among the first."""


@dataclass(frozen=True, slots=True)
class ShopLook:
    facts: ShopFacts
    scopes: frozenset[str]
    products: int


def look_at_store(draft: Draft, language: str) -> StoreLook:
    """Return what the database says of itself.

    Raises:
        SourceError, ConfigError: why it cannot be read.
    """

    async def look(deps: Deps) -> StoreLook:
        facts = await deps.sql(deps.source.probe)
        ids = await deps.sql(deps.source.item_ids, -1, SAMPLE, False)
        read = await deps.sql(deps.source.read_items, ids)
        sellable = [row for row in read.rows if row.price and any(units > 0 for units in row.stock.values())]
        return StoreLook(facts, sellable[0] if sellable else None)

    return _ask(draft, language, look)


def look_at_shop(draft: Draft, language: str) -> ShopLook:
    """Return what the shop says of itself.

    Raises:
        ShopError, ConfigError: why it cannot be reached.
    """

    async def look(deps: Deps) -> ShopLook:
        facts = await deps.shop.describe()
        return ShopLook(facts, frozenset(await deps.shop.scopes()), await deps.shop.count_products())

    return _ask(draft, language, look)


def count_items(draft: Draft, language: str) -> StoreNumbers:
    """Return the store's numbers, of as many items as can be counted in the time.

    Raises:
        SourceError, ConfigError.
    """

    async def count(deps: Deps) -> StoreNumbers:
        until, after = monotonic() + COUNT_S, -1
        items = sellable = for_web = 0
        tells_web = False
        while page := await deps.sql(deps.source.list_items, after, PAGE):
            after = page[-1].item_id
            items += len(page)
            sellable += sum(one.is_sold for one in page)
            for_web += sum(bool(one.web_item) for one in page)
            tells_web |= any(one.web_item is not None for one in page)
            if monotonic() > until:
                return StoreNumbers(items, sellable, for_web, tells_web, is_whole=False)
        return StoreNumbers(items, sellable, for_web, tells_web)

    return _ask(draft, language, count)


def _ask(draft: Draft, language: str, ask: Callable[[Deps], Awaitable[T]]) -> T:
    async def asked(deps: Deps) -> T:
        try:
            return await ask(deps)
        finally:
            await deps.shop.close()

    with draft.tried(language) as options, open_trial(options) as (_, deps):
        return asyncio.run(asked(deps))
