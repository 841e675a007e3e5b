"""Bulk operations over real HTTP: what only a socket can show of forms, ranges and closed connections."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from rms_console.adapters.clock import SystemClock
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.demo.shopify import EmbeddedShop, Fault, FaultKind, RequestInfo, ShopSettings, serve
from rms_console.domain.operations import CreateProduct
from rms_console.engine.pace import Pacer
from tests.shopify.test_client_against_embedded import desired


@pytest.fixture
async def pair() -> AsyncIterator[tuple[EmbeddedShop, ShopifyShop]]:
    settings = ShopSettings(bulk_start_delay_s=0.0, bulk_lines_per_s=2000.0, bulk_rows_per_s=50_000.0)
    embedded = EmbeddedShop(settings)
    clock = SystemClock()
    with serve(embedded) as running:
        shop = ShopifyShop(
            settings.domain, settings.access_token, gate=Pacer(clock), clock=clock, api_base=running.origin
        )
        try:
            yield embedded, shop
        finally:
            await shop.close()


async def test_a_large_pass_and_a_whole_catalogue_over_sockets(pair: tuple[EmbeddedShop, ShopifyShop]) -> None:
    """200 products up in one form, and down again although the connection is cut once in the middle."""
    embedded, shop = pair
    await shop.prepare()
    place = embedded.location().id
    operations = [CreateProduct(desired(f"S{number}", 3, place)) for number in range(200)]
    outcomes = [outcome async for outcome in shop.run_bulk(operations, owner="served")]
    assert [outcome.error for outcome in outcomes] == [None] * 200
    cuts = [Fault(FaultKind.CUT)]

    def cut_once(info: RequestInfo) -> Fault | None:
        return cuts.pop() if cuts and info.root_fields == ("bulkResult",) else None

    embedded.faults = cut_once
    read = [product.style async for product in shop.read_catalogue()]
    assert sorted(filter(None, read)) == sorted(f"S{number}" for number in range(200))
    assert len(read) == 200
    assert cuts == []
