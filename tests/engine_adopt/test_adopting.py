"""Adoption from end to end: a shop that has products already, and a store that is to take them over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rms_console.contract.records import QueueState, Settlement
from rms_console.contract.state import Mode
from rms_console.domain.matching import By, Kind
from rms_console.domain.policy import Scope
from rms_console.engine import modes
from rms_console.engine.barring import SKU_ELSEWHERE
from tests.acceptance.store_file import Shoe
from tests.engine.world import SETTINGS, World, shoes, tuned, with_policy
from tests.engine_adopt.adopting import adopt, looked
from tests.engine_adopt.merchant import Merchant, Piece, family
from tests.twins.clock import START

LONG_AGO = START - timedelta(days=400)
CHANGED = with_policy(filters={"scope": Scope.CHANGED}, guard={"price_jump_percent": 0})


async def test_a_shop_is_taken_over_by_sku_and_then_costs_nothing(world: World) -> None:
    """Matched products are remembered as they are; what differs is mended, the rest is left alone."""
    merchant = Merchant(world.shop)
    world.store.add(shoes(3, 4), at=LONG_AGO)
    same = merchant.make("Igual", family(1, 4, price="15000.00", stock=5))
    cheaper = merchant.make("Barato", family(2, 4, stock=5))
    await world.start(CHANGED)
    found = await adopt(world)
    assert (found.counts.matched_all, found.counts.ambiguous, found.counts.unknown) == (2, 0, 0)
    await world.converge()
    assert world.styles() == ["24YM0001", "24YM0002"]
    assert {str(variant.price) for variant in merchant.product(cheaper).variants} == {"15000.00"}
    assert [merchant.product(one).title for one in (same, cheaper)] == ["Igual", "Barato"]
    await world.assert_quiet()


async def test_w7_a_product_that_is_adopted_is_not_made_again(world: World) -> None:
    """W7: every change of a linked product reaches that product, under scope `all` too."""
    merchant = Merchant(world.shop)
    world.store.add(shoes(2, 2))
    merchant.make("A mano", family(1, 2))
    await world.start()
    await adopt(world)
    await world.converge()
    assert world.styles() == ["24YM0001", "24YM0002"]
    assert len(world.shop.products()) == 2
    world.store.change(11, Quantity=1.0)
    await world.converge()
    assert world.stock(11) == 1
    world.assert_equal()


async def test_nothing_is_written_before_the_yes_and_nothing_to_the_shop_by_it(world: World) -> None:
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 2))
    merchant.make("A mano", family(1, 2))
    await world.start(CHANGED)
    before = world.shop.dump()
    async with looked(world) as look:
        assert not world.real_ledger.known_item_ids(0, 10)
        assert modes.last_adoption(world.real_ledger) is None
        assert await look.accept() == 1
    assert world.real_ledger.known_item_ids(0, 10) == (11, 12)
    assert world.shop.dump() == before
    record = modes.last_adoption(world.real_ledger)
    assert record is not None
    assert (record.by, record.products, record.linked) == ("Ana", 1, 1)
    assert world.real_ledger.audit(1, None)[0].action == "Adopt"


async def test_an_adopted_product_gets_its_custom_id_with_the_first_live_write(world: World) -> None:
    """Not before: an engine that observes leaves no trace in the shop."""
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 2))
    made = merchant.make("A mano", family(1, 2, price="15000.00", stock=5))
    await world.start(tuned(CHANGED, mode=Mode.OBSERVE))
    await adopt(world)
    await world.once()
    assert ("rms", "ccod") not in merchant.product(made).metafields
    modes.choose(world.real_ledger, Mode.OBSERVE, Mode.LIVE)
    await world.converge()
    assert merchant.product(made).metafields["rms", "ccod"].value == "24YM0001"


async def test_a_lost_ledger_finds_an_adopted_product_again(world: World) -> None:
    """S5: by the custom id that it got, whatever became of its SKUs."""
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 2))
    made = merchant.make("A mano", family(1, 2))
    await world.start(CHANGED)
    await adopt(world)
    await world.converge()
    async with looked(world) as look:
        assert look.of(Kind.LINKED)["A mano"].by is By.IDS
    world.real_ledger.settle(Settlement(10_000, 1, START, forgotten_styles=("24YM0001",)))
    async with looked(world) as look:
        verdict = look.of(Kind.MATCHED)["A mano"]
        assert (verdict.by, verdict.style, verdict.name.product_id) == (By.CUSTOM_ID, "24YM0001", made)


@pytest.mark.parametrize("owners", [2, 3])
async def test_w7_an_sku_on_several_products_is_set_aside_with_all_their_names(world: World, owners: int) -> None:
    """W7: 2 and 3 owners of one SKU: nothing is guessed, nothing created, the list names each of them."""
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 3))
    for number in range(owners):
        merchant.make(f"Copia {number}", family(1, 2))
    await world.start()
    found = await adopt(world)
    assert (found.counts.ambiguous, found.counts.matched, found.counts.duplicate_skus) == (owners, 0, 2)
    before = world.shop.dump()
    await world.converge()
    assert world.shop.dump() == before
    entries = world.entries(QueueState.QUARANTINED)
    assert {item: entry.code for item, entry in entries.items()} == dict.fromkeys((11, 12, 13), SKU_ELSEWHERE)
    assert all(f"Copia {number}" in entries[11].message for number in range(owners))


async def test_the_list_names_the_items_at_once_whatever_the_scope(world: World) -> None:
    merchant = Merchant(world.shop)
    world.store.add(shoes(2, 1))
    merchant.make("Mezcla", [Piece("SKU-11", "1"), Piece("SKU-21", "2")])
    await world.start(with_policy(filters={"scope": Scope.ADOPTED}))
    await adopt(world)
    assert world.entries(QueueState.QUARANTINED).keys() == {11, 21}
    assert "Mezcla" in world.entry(11).message


async def test_a_doubt_that_the_merchant_mends_is_linked_by_the_next_adoption(world: World) -> None:
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 2))
    kept = merchant.make("Original", family(1, 2))
    copy = merchant.make("Copia", family(1, 2))
    await world.start()
    await adopt(world)
    merchant.delete(copy)
    async with looked(world) as look:
        assert look.of(Kind.MATCHED)["Original"].name.product_id == kept
        await look.accept()
    world.real_ledger.release((), world.clock.now())
    await world.converge()
    assert len(world.shop.products()) == 1
    world.assert_equal()


async def test_two_products_of_one_style_are_never_one(world: World) -> None:
    """A merchant who sells each size as a product of its own: which of them is the style nobody can tell."""
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 2))
    merchant.make("Talla 36", family(1, 1))
    merchant.make("Talla 37", family(1, 1, first=2))
    await world.start()
    async with looked(world) as look:
        assert look.of(Kind.AMBIGUOUS).keys() == {"Talla 36", "Talla 37"}
        assert not look.found.counts.matched
        await look.accept()
    await world.converge()
    assert len(world.shop.products()) == 2


async def test_skus_are_compared_as_the_servers_collation_does(world: World) -> None:
    merchant = Merchant(world.shop)
    world.store.add([Shoe(1, "K1", sku="ab-Ñ 1 "), Shoe(2, "K1", size="39", sku="AB-2")])
    merchant.make("A mano", [Piece("  AB-ñ 1", "38"), Piece("ab-2", "39")])
    await world.start(CHANGED)
    found = await adopt(world)
    assert found.counts.matched_all == 1


async def test_what_the_filters_would_take_off_sale_is_told_beforehand(world: World) -> None:
    merchant = Merchant(world.shop)
    world.store.add([*shoes(1, 2), *shoes(1, 2, first=2, extra={"Inactive": 1}), *shoes(1, 1, first=3)])
    for style in (1, 2, 3):
        merchant.make(f"Estilo {style}", family(style, 2 if style < 3 else 1))
    world.store.change(31, WebItem=0)
    await world.start(with_policy(filters={"scope": Scope.WEB_ITEM}))
    async with looked(world) as look:
        assert look.found.counts.would_leave == {"inactive": 2, "not-web-item": 1}


async def test_what_was_linked_and_is_gone_from_the_shop_is_told(world: World) -> None:
    merchant = Merchant(world.shop)
    world.store.add(shoes(2, 1))
    await world.start()
    await world.once()
    merchant.delete(world.product("24YM0001").id)
    async with looked(world) as look:
        assert (look.found.counts.deleted, look.found.counts.linked) == (1, 1)
        assert [style for style, _ in look.found.deleted] == ["24YM0001"]


async def test_a_product_made_anew_by_hand_takes_the_place_of_the_one_that_is_gone(world: World) -> None:
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    merchant.delete(world.product("24YM0001").id)
    again = merchant.make("Otra vez", family(1, 2))
    await adopt(world)
    await world.converge()
    assert world.product("24YM0001").id == again
    world.assert_equal()


async def test_a_merchants_own_option_names_and_values_are_left_alone(world: World) -> None:
    """Under `Size, Colour` nobody can tell which value is which: prices flow, option values stay, none is added."""
    merchant = Merchant(world.shop, options=("Size", "Colour"))
    world.store.add(shoes(1, 2))
    made = merchant.make(
        "By hand", [Piece("SKU-11", size="Black", color="36"), Piece("SKU-12", size="Black", color="37")]
    )
    await world.start(CHANGED)
    await adopt(world)
    await world.converge()
    world.store.add([Shoe(13, "24YM0001", size="40")])
    await world.converge()
    product = merchant.product(made)
    assert [variant.option_names for variant in product.variants] == [("36", "Black"), ("37", "Black")]
    assert {str(variant.price) for variant in product.variants} == {"15000.00"}
    assert world.entry(13).code == "options-differ"


async def test_a_store_without_lookup_codes_is_matched_through_its_view(world: World) -> None:
    """Where `Item` has no SKU, or another one than the view shows, the view's is the SKU."""
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 2))
    world.store.execute("ALTER TABLE Item ADD COLUMN Code TEXT; UPDATE Item SET Code = 'W' || ID;")
    world.store.execute(_view_with("Code"))
    merchant.make("A mano", [Piece("W11", "36"), Piece("W12", "37")])
    await world.start(CHANGED)
    found = await adopt(world)
    assert (found.counts.matched_all, found.counts.missing_items) == (1, 0)


def _view_with(column: str) -> str:
    return f"""
    DROP VIEW View_Items;
    CREATE VIEW View_Items AS SELECT
        ID AS ItemID, {column} AS C_ARTICULO, Description, Price, Quantity, family AS Familia,
        category AS Categoria, color, size AS talla, style AS CCOD, Quantity AS Exis00
    FROM Item;
    """


async def test_settings_of_another_mode_do_not_undo_an_adoption(world: World) -> None:
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 2))
    merchant.make("A mano", family(1, 2))
    await world.start(CHANGED)
    await adopt(world)
    await world.restart(SETTINGS)
    await world.converge()
    assert len(world.shop.products()) == 1
