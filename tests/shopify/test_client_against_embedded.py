"""The client on the embedded shop: two parts that share no code agree about the API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.contract.ports import Applied
from rms_console.demo.shopify import EmbeddedShop, Fault, FaultKind, RequestInfo, ShopApp, ShopSettings, Unstocked
from rms_console.domain.cost import predicted_points
from rms_console.domain.operations import (
    ActivateStock,
    CreateProduct,
    CreateVariants,
    Operation,
    PublishProduct,
    SetMetafields,
    SetStock,
    StockWrite,
    UpdateProduct,
    UpdateVariants,
    VariantChange,
)
from rms_console.domain.product import DesiredProduct, DesiredVariant, Metafield, ObservedProduct, Status
from rms_console.engine.pace import Pacer
from rms_console.errors import ShopDenied, ShopError, ShopOutcomeUnknown, ShopRejected, ShopUnavailable
from tests.unit.engine_pace.virtual import VirtualClock

FAMILY = Metafield("rms", "family", "single_line_text_field", "Zapatos")


class Slowed(httpx.AsyncBaseTransport):
    """The shop in process, with a round trip that takes time on the test's own clock."""

    def __init__(self, app: ShopApp, clock: VirtualClock, latency_s: float) -> None:
        self._inner = httpx.ASGITransport(app=app)
        self._clock = clock
        self._latency_s = latency_s

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._clock.sleep(self._latency_s)
        return await self._inner.handle_async_request(request)


@dataclass
class World:
    """A client, the shop it talks to, and the time they share."""

    embedded: EmbeddedShop
    shop: ShopifyShop
    pacer: Pacer
    clock: VirtualClock

    async def apply(self, operation: Operation, key: str = "key") -> Applied:
        return await self.clock.run(self.shop.apply(operation, key=key, priority=10))

    async def find(self, style: str) -> ObservedProduct | None:
        return await self.clock.run(self.shop.find_product(style, priority=10))

    async def create(self, style: str, sizes: int = 3) -> Applied:
        return await self.apply(CreateProduct(desired(style, sizes, self.embedded.location().id)))

    def fail(self, *faults: Fault | None, root: str | None = None) -> None:
        """Let the next requests (of one root field) go wrong, one fault each."""
        pending = list(faults)

        def hook(info: RequestInfo) -> Fault | None:
            wanted = root is None or root in info.root_fields
            return pending.pop(0) if wanted and pending else None

        self.embedded.faults = hook


async def world(latency_s: float = 0.05, **options: Any) -> World:
    clock = VirtualClock()
    client = {
        name: options.pop(name) for name in ("api_version", "quantity_name", "token", "custom_id") if name in options
    }
    settings = replace(ShopSettings(monotonic=clock.monotonic, now=clock.now), **options)
    embedded = EmbeddedShop(settings)
    pacer = Pacer(clock)
    shop = ShopifyShop(
        settings.domain,
        client.pop("token", settings.access_token),
        gate=pacer,
        clock=clock,
        transport=Slowed(ShopApp(embedded), clock, latency_s),
        **client,
    )
    return World(embedded, shop, pacer, clock)


@pytest.fixture
async def made() -> World:
    prepared = await world()
    await prepared.clock.run(prepared.shop.prepare())
    return prepared


def variant(style: str, number: int, location: str) -> DesiredVariant:
    return DesiredVariant(
        item_id=number,
        sku=f"{style}-{number}",
        options=("Negro", str(30 + number)),
        price=Decimal("22123.90"),
        compare_at=Decimal(30000) if number == 1 else None,
        barcode=f"750{number}" if number == 1 else None,
        weight_kg=Decimal("0.75") if number == 1 else None,
        stock={location: number},
    )


def desired(style: str, sizes: int, location: str) -> DesiredProduct:
    return DesiredProduct(
        style=style,
        title=f"Tenis {style}",
        description_html="<p>Tenis</p>",
        vendor="Kenneth Cole",
        product_type="Tenis",
        tags=("Niño", "Zapatos"),
        status=Status.DRAFT,
        option_names=("Color", "Talla"),
        metafields=(FAMILY,),
        variants=tuple(variant(style, number, location) for number in range(sizes)),
    )


def stock_row(world: World, applied: Applied, number: int, quantity: int, expected: int | None) -> StockWrite:
    item = applied.variants[number].inventory_item_id
    return StockWrite("S", number, item, world.embedded.location().id, quantity, expected)


async def test_the_shop_is_described() -> None:
    made = await world()
    facts = await made.clock.run(made.shop.describe())
    assert (facts.domain, facts.currency, facts.zone) == (made.embedded.settings.domain, "CRC", "America/Costa_Rica")
    assert [place.name for place in facts.locations] == ["Bodega principal", "Tienda centro"]
    assert facts.locations[0].is_primary
    assert (facts.served_version, facts.taxes_included) == ("2026-10", True)


async def test_prepare_makes_the_definition_once() -> None:
    made = await world()
    for _ in range(3):
        await made.clock.run(made.shop.prepare())
    assert made.shop.counters().mutations == 1


async def test_what_is_created_reads_back_as_it_was_wanted(made: World) -> None:
    assert await made.find("26-1234") is None
    applied = await made.create("26-1234")
    product = await made.find("26-1234")
    wanted = desired("26-1234", 3, made.embedded.location().id)
    assert product is not None
    assert product.product_id == applied.product_id
    assert (product.title, product.status, product.option_names) == (wanted.title, Status.DRAFT, ("Color", "Talla"))
    assert (product.vendor, product.product_type, product.description_html) == ("Kenneth Cole", "Tenis", "<p>Tenis</p>")
    assert sorted(product.tags) == ["Niño", "Zapatos"]
    assert FAMILY in product.metafields
    for want, have in zip(wanted.variants, product.variants, strict=True):
        assert (have.sku, have.options, have.price, have.compare_at, have.barcode, have.weight_kg, have.stock) == (
            want.sku,
            want.options,
            want.price,
            want.compare_at,
            want.barcode,
            want.weight_kg,
            dict(want.stock),
        )
    assert [(each.item_id, each.variant_id) for each in applied.variants] == [
        (number, have.variant_id) for number, have in enumerate(product.variants)
    ]


@pytest.mark.parametrize("version", ["2026-04", "2026-07", "2026-10"])
async def test_each_version_takes_every_operation(version: str) -> None:
    made = await world(api_version=version)
    await made.clock.run(made.shop.describe())
    await made.clock.run(made.shop.prepare())
    applied = await made.create("S")
    await made.apply(UpdateProduct("S", str(applied.product_id), title="Nuevo", status=Status.ACTIVE))
    await made.apply(SetStock((stock_row(made, applied, 1, 9, 1),)))
    product = await made.find("S")
    assert product is not None
    assert (product.title, product.status) == ("Nuevo", Status.ACTIVE)
    assert list(product.variants[1].stock.values()) == [9]


async def test_w5_updates_leave_what_they_do_not_name(made: World) -> None:
    applied = await made.create("S")
    product_id, first = str(applied.product_id), applied.variants[1].variant_id
    made.embedded.admin(
        'mutation($id: ID!) { productUpdate(product: {id: $id, tags: ["rebaja"]}) { userErrors { message } } }',
        {"id": product_id},
    )
    await made.apply(UpdateProduct("S", product_id, title="Nuevo"))
    await made.apply(UpdateVariants("S", product_id, (VariantChange(1, first, price=Decimal(100), compare_at=None),)))
    await made.apply(SetMetafields("S", product_id, (replace(FAMILY, value="Ropa"),)))
    product = await made.find("S")
    assert product is not None
    assert (product.title, product.tags, len(product.variants)) == ("Nuevo", ("rebaja",), 3)
    changed = product.variants[1]
    assert (changed.price, changed.compare_at, changed.barcode, changed.sku) == (Decimal(100), None, "7501", "S-1")
    assert replace(FAMILY, value="Ropa") in product.metafields


async def test_w4_an_added_variant_leaves_the_others(made: World) -> None:
    applied = await made.create("S", sizes=12)
    added = variant("S", 12, made.embedded.location().id)
    operation = CreateVariants("S", str(applied.product_id), ("Color", "Talla"), (added,))
    new = await made.apply(operation)
    product = await made.find("S")
    assert product is not None
    assert len(product.variants) == 13
    assert (new.variants[0].item_id, new.variants[0].variant_id) == (12, product.variants[12].variant_id)
    assert product.variants[12].sku == "S-12"
    assert list(product.variants[12].stock.values()) == [12]
    with pytest.raises(ShopRejected) as refused:
        await made.apply(operation)
    assert refused.value.code == "shop-already-exists"


async def test_a_product_of_300_variants_is_made_and_read(made: World) -> None:
    applied = await made.create("S", sizes=300)
    product = await made.find("S")
    assert product is not None
    assert [each.variant_id for each in product.variants] == [each.variant_id for each in applied.variants]
    assert [next(iter(each.stock.values())) for each in product.variants] == list(range(300))


async def test_w3_what_the_shop_sold_meanwhile_makes_its_row_stale_and_no_other(made: World) -> None:
    made = await world(quantity_name="available")
    await made.clock.run(made.shop.prepare())
    applied = await made.create("S", sizes=6)
    made.embedded.sell("S-5", 2)
    rows = tuple(stock_row(made, applied, number, number + 10, number) for number in range(6))
    outcome = await made.apply(SetStock(rows))
    assert outcome.stale == (rows[5],)
    assert [made.embedded.stock(f"S-{number}") for number in range(6)] == [10, 11, 12, 13, 14, 3]
    places = [(each.inventory_item_id, rows[0].location_id) for each in applied.variants]
    assert list((await made.clock.run(made.shop.read_stock(places, priority=0))).values()) == [10, 11, 12, 13, 14, 3]


async def test_w3_on_hand_does_not_move_by_a_sale_and_available_follows(made: World) -> None:
    applied = await made.create("S", sizes=4)
    made.embedded.sell("S-3", 2)
    outcome = await made.apply(SetStock((stock_row(made, applied, 3, 8, 3),)))
    assert outcome.stale == ()
    assert (made.embedded.stock("S-3", name="on_hand"), made.embedded.stock("S-3")) == (8, 6)


async def test_a_second_location_is_activated_and_then_known(made: World) -> None:
    applied = await made.create("S")
    place = made.embedded.location("Tienda centro").id
    item = applied.variants[1].inventory_item_id
    row = StockWrite("S", 1, item, place, 4, None)
    if made.embedded.settings.unstocked is Unstocked.REFUSE:
        refused = await made.apply(SetStock((row,)), key="early")
        assert [(each.row, each.code) for each in refused.refused] == [(row, "ITEM_NOT_STOCKED_AT_LOCATION")]
    pair = [(item, place)]
    assert (await made.clock.run(made.shop.read_stock(pair, priority=0)))[item, place] is None
    activate = ActivateStock("S", 1, item, place, 4)
    assert (await made.apply(activate, key="a")).stale == ()
    assert (await made.clock.run(made.shop.read_stock(pair, priority=0)))[item, place] == 4
    assert (await made.apply(activate, key="a")).stale == ()
    assert [stale.location_id for stale in (await made.apply(activate, key="b")).stale] == [place]


async def test_publishing_reaches_the_channels(made: World) -> None:
    applied = await made.create("S")
    publications = tuple(publication.id for publication in made.embedded.state.publications.values())
    outcome = await made.apply(PublishProduct("S", str(applied.product_id), publications))
    assert outcome.points == 10.0


async def test_the_shop_asks_for_what_was_predicted(made: World) -> None:
    """G8: a reservation that is too small is throttled, one that is too large wastes the budget."""
    applied = await made.create("S", sizes=7)
    product_id = str(applied.product_id)
    changes = tuple(VariantChange(each.item_id, each.variant_id, price=Decimal(5)) for each in applied.variants)
    operations: list[Operation] = [
        CreateProduct(desired("T", 11, made.embedded.location().id)),
        UpdateProduct("S", product_id, title="x"),
        UpdateVariants("S", product_id, changes),
        CreateVariants("S", product_id, ("Color", "Talla"), (variant("S", 50, made.embedded.location().id),)),
        SetMetafields("S", product_id, (FAMILY,)),
        SetStock((stock_row(made, applied, 1, 5, 1),)),
        ActivateStock("S", 1, applied.variants[1].inventory_item_id, made.embedded.location("Tienda centro").id, 1),
    ]
    requested: dict[str, float] = {}
    for operation in operations:
        await made.apply(operation)
        requested[type(operation).__name__] = made.embedded.ledger.entries[-1].requested
    assert requested == {type(operation).__name__: predicted_points(operation) for operation in operations}


async def test_reads_cost_at_most_what_they_reserve(made: World) -> None:
    await made.create("S", sizes=7)
    await made.clock.run(made.shop.describe())
    await made.find("S")
    await made.find("none")
    assert made.embedded.ledger.throttled == 0
    by_root = {entry.root_fields[0]: entry for entry in made.embedded.ledger.entries}
    assert by_root["productByIdentifier"].requested == 1
    assert by_root["shop"].requested == 1
    actual = by_root["product"].actual
    assert actual is not None
    assert actual <= 30


LOST = (
    Fault(FaultKind.DROP_AFTER),
    Fault(FaultKind.TRUNCATED),
    Fault(FaultKind.CUT),
    Fault(FaultKind.HTML, applied=True),
    Fault(FaultKind.STATUS, status=500, applied=True),
    Fault(FaultKind.STATUS, status=502, applied=True),
    Fault(FaultKind.STATUS, status=504, applied=True),
    Fault(FaultKind.DROP_BEFORE),
)


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: f"{fault.kind}-{fault.status}")
async def test_w1_a_creation_without_an_answer_is_unknown_and_never_makes_two(made: World, fault: Fault) -> None:
    made.fail(fault, root="productSet")
    with pytest.raises(ShopOutcomeUnknown):
        await made.create("S")
    if await made.find("S") is None:
        await made.create("S")
    assert len(made.embedded.products()) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(FaultKind.STATUS, status=503), ShopUnavailable),
        (Fault(FaultKind.STATUS, status=401), ShopDenied),
        (Fault(FaultKind.STATUS, status=402), ShopDenied),
        (Fault(FaultKind.STATUS, status=423), ShopDenied),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Fault) else "",
)
async def test_w9_a_refusal_applied_nothing(made: World, fault: Fault, kind: type[ShopError]) -> None:
    made.fail(fault, root="productSet")
    with pytest.raises(kind):
        await made.create("S")
    assert made.embedded.products() == ()


async def test_w1_ten_percent_of_all_answers_are_lost_and_each_style_exists_once(made: World) -> None:
    """As the engine does: look first, create when there is none, look again when the outcome is unknown."""

    def every_tenth(info: RequestInfo) -> Fault | None:
        return Fault(FaultKind.DROP_AFTER) if info.is_mutation and info.number % 10 == 0 else None

    made.embedded.faults = every_tenth
    unknown = 0
    for number in range(150):
        style = f"S{number}"
        while await made.find(style) is None:
            try:
                await made.create(style, sizes=1)
            except ShopOutcomeUnknown:
                unknown += 1
    assert unknown >= 5
    assert len(made.embedded.products()) == 150


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: f"{fault.kind}-{fault.status}")
async def test_w1_a_stock_call_without_an_answer_is_asked_again_and_applied_once(made: World, fault: Fault) -> None:
    applied = await made.create("S", sizes=3)
    made.fail(fault, root="inventorySetQuantities")
    outcome = await made.apply(SetStock((stock_row(made, applied, 2, 7, 2),)))
    assert outcome.stale == ()
    assert made.embedded.stock("S-2", name="on_hand") == 7


async def test_w1_a_stock_call_lost_twice_is_unknown(made: World) -> None:
    applied = await made.create("S", sizes=3)
    made.fail(Fault(FaultKind.DROP_AFTER), Fault(FaultKind.DROP_AFTER), root="inventorySetQuantities")
    with pytest.raises(ShopOutcomeUnknown):
        await made.apply(SetStock((stock_row(made, applied, 2, 7, 2),)))
    assert made.embedded.stock("S-2", name="on_hand") == 7


async def test_w10_half_of_all_answers_throttled_fail_nothing(made: World) -> None:
    applied = await made.create("S", sizes=3)

    def every_second(info: RequestInfo) -> Fault | None:
        return Fault(FaultKind.THROTTLED) if info.number % 2 else None

    made.embedded.faults = every_second
    for number in range(40):
        await made.apply(SetStock((stock_row(made, applied, 2, number, None),)), key=f"k{number}")
    assert made.embedded.stock("S-2", name="on_hand") == 39
    assert made.shop.counters().throttled >= 20


async def test_w6_a_product_deleted_by_hand_is_told_as_such(made: World) -> None:
    applied = await made.create("S")
    made.embedded.admin(
        "mutation($id: ID!) { productDelete(input: {id: $id}) { userErrors { message } } }", {"id": applied.product_id}
    )
    assert await made.clock.run(made.shop.read_product(str(applied.product_id), priority=0)) is None
    assert await made.find("S") is None
    product_id, gone = str(applied.product_id), applied.variants[0].variant_id
    for operation in (
        UpdateProduct("S", product_id, title="x"),
        UpdateVariants("S", product_id, (VariantChange(0, gone, price=Decimal(1)),)),
    ):
        with pytest.raises(ShopRejected) as refused:
            await made.apply(operation)
        assert refused.value.code == "shop-not-found"


async def test_w13_a_version_that_was_retired_is_served_by_another_and_seen() -> None:
    made = await world(api_version="2025-10")
    await made.clock.run(made.shop.describe())
    assert made.shop.served_version == "2026-01"


async def test_w14_a_wrong_token_and_a_missing_scope_need_a_person() -> None:
    made = await world(token="shpat_wrong")
    with pytest.raises(ShopDenied) as denied:
        await made.clock.run(made.shop.describe())
    assert denied.value.code == "shop-token"
    made = await world(scopes=("read_products", "write_products"))
    with pytest.raises(ShopDenied) as denied:
        await made.clock.run(made.shop.describe())
    assert denied.value.code == "shop-scope"


async def test_a_custom_id_without_its_definition_heals_itself() -> None:
    made = await world()
    assert await made.find("S") is None
    await made.create("S")
    assert len(made.embedded.products()) == 1


@pytest.mark.parametrize("latency_s", [0.3, 1.3])
async def test_a_backlog_of_600_products_uses_the_budget(latency_s: float) -> None:
    """Points used over points there were until the last request went out; throttled; failed."""
    made = await world(latency_s=latency_s)
    await made.clock.run(made.shop.prepare())
    first = len(made.embedded.ledger.entries)
    start = made.clock.seconds

    async def one(number: int) -> None:
        product = desired(f"S{number}", 1 + number % 12, made.embedded.location().id)
        await made.shop.apply(CreateProduct(product), key=str(number), priority=20)

    async def everything() -> None:
        await asyncio.gather(*(one(number) for number in range(600)))

    await made.clock.run(everything())
    entries = list(made.embedded.ledger.entries)[first:]
    used = sum(entry.actual or 0 for entry in entries)
    sent_until = max(entry.at for entry in entries) - latency_s
    available = made.embedded.settings.capacity_points + 100.0 * (sent_until - start)
    assert len(made.embedded.products()) == 600
    assert used / available >= 0.98
    assert made.embedded.ledger.throttled <= 6


def test_counting_calls_is_the_same_on_both_sides() -> None:
    """The figures shown are the shop's own."""

    async def run(seen: Callable[[int, int, float], None]) -> None:
        made = await world()
        await made.clock.run(made.shop.prepare())
        await made.create("S")
        await made.find("S")
        ledger, ours = made.embedded.ledger, made.shop.counters()
        seen(ledger.mutations - ours.mutations, ledger.queries - ours.queries, ledger.points - ours.points)

    differences: list[tuple[int, int, float]] = []
    asyncio.run(run(lambda *found: differences.append(found)))
    assert differences == [(0, 0, 0.0)]
