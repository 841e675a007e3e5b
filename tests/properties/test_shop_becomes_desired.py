"""Whatever happens to the rows: after a sync the shop is as desired, and a second sync sends nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rms_console.domain.acknowledge import adopt
from rms_console.domain.assemble import Assembly
from rms_console.domain.plan import plan
from rms_console.domain.policy import BadPrice, FilterPolicy, Leaving, Policy, Scope
from rms_console.domain.product import Status
from rms_console.domain.rows import ItemRow
from tests.properties.model import World
from tests.unit.domain.builders import MAIN, NOON, SECOND, mapped, row

NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
TWO_PLACES = {"Exis00": MAIN, "Exis57": SECOND}
USUAL = mapped(locations=TWO_PLACES, publications=("Pub1",), status=Status.ACTIVE)
ITEMS = (1, 2, 3, 4)

Edit = Callable[[World, int], None]


def item(item_id: int, **values: Any) -> ItemRow:
    stock = {"Exis00": Decimal(5), "Exis57": Decimal(item_id)}
    style = "A" if item_id < 3 else "B"
    return dataclasses.replace(row(item_id, style=style), **({"stock": stock} | values))


def setting(**values: Any) -> Edit:
    def edit(world: World, item_id: int) -> None:
        if item_id in world.rows:
            world.rows[item_id] = dataclasses.replace(world.rows[item_id], **values)

    return edit


def stocked(main: str, second: str) -> Edit:
    return setting(stock={"Exis00": Decimal(main), "Exis57": Decimal(second)})


def appear(world: World, item_id: int) -> None:
    world.rows.setdefault(item_id, item(item_id))


def vanish(world: World, item_id: int) -> None:
    world.rows.pop(item_id, None)


def flip(name: str) -> Edit:
    def edit(world: World, item_id: int) -> None:
        marked: set[int] = getattr(world, name)
        marked.symmetric_difference_update({item_id})

    return edit


PRICES = ("100", "80.555", "0", "-3", "221239000000.0", "0.01", "999999.99")
EDITS: dict[str, Edit] = {
    "appear": appear,
    "vanish": vanish,
    "restore": lambda world, item_id: world.put(item(item_id)),
    "unreadable": flip("unreadable"),
    "hidden": flip("hidden"),
    "inactive": setting(inactive=True),
    "active": setting(inactive=False),
    "ticked": setting(web_item=True),
    "unticked": setting(web_item=False),
    "unpriced": setting(price=None),
    "on sale": setting(sale_price=Decimal(50)),
    "sale over": setting(sale_price=None),
    "sold out": stocked("0", "0"),
    "received": stocked("12", "3.7"),
    "miscounted": stocked("-4", "0.5"),
    "nonsense": stocked("NaN", "1"),
    "nameless": setting(description="  "),
    "renamed": setting(description="OTRO NOMBRE"),
    "no sku": setting(sku=None),
    "same sku": setting(sku="SKU-1"),
    "own sku": lambda world, item_id: setting(sku=f"SKU-{item_id}")(world, item_id),
    "same size": setting(size="36"),
    "other size": lambda world, item_id: setting(size=f"4{item_id}½")(world, item_id),
    "other spelling": setting(color="négro"),
    "excluded": setting(family="n/d"),
    "included": setting(family="Zapatos"),
    **{f"to {style}": setting(style=style) for style in ("A", "B", "C ", "b", " ")},
    **{f"price {price}": setting(price=Decimal(price)) for price in PRICES},
}

edits = st.lists(st.tuples(st.sampled_from(sorted(EDITS)), st.sampled_from(ITEMS)), min_size=1, max_size=4)
policies = st.builds(
    FilterPolicy,
    include_zero_stock=st.booleans(),
    excluded_families=st.just(frozenset({"N/D"})),
    when_gone=st.sampled_from(Leaving),
    when_excluded=st.sampled_from(Leaving),
    when_price_bad=st.sampled_from(BadPrice),
    scope=st.sampled_from([Scope.CHANGED, Scope.WEB_ITEM]),
)


def world_of(policy: Policy = USUAL, *rows: ItemRow) -> World:
    world = World(policy, NOW, NOON)
    world.put(*rows)
    return world


def check(world: World, assembly: Assembly) -> None:
    """The shop is as desired: wanted variants equal, left ones unsold, kept ones as they were."""
    selling: list[int] = []
    for work in assembly.works:
        shown = world.shown(work.style)
        for want in work.desired.variants if work.desired is not None else ():
            seen = shown[want.item_id]
            assert (seen.sku, seen.barcode) == (want.sku, want.barcode)
            assert seen.options == want.options
            assert seen.stock == want.stock
            if want.item_id not in work.price_kept:
                assert (seen.price, seen.compare_at) == (want.price, want.compare_at)
        for item_id in work.leaving.keys() & shown.keys():
            assert set(shown[item_id].stock.values()) <= {0}
        selling += [item_id for item_id, seen in shown.items() if any(seen.stock.values())]
    assert len(selling) == len(set(selling)), "one item sold twice"


def check_quiet(world: World) -> None:
    before = world.shop.writes
    for work in world.assemble().works:
        made = plan(work, world.ledger.get(work.style), world.policy, NOW)
        assert made.is_empty, made
    world.sync()
    assert world.shop.writes == before


@given(batches=st.lists(edits, min_size=1, max_size=6), filters=policies)
@settings(max_examples=250, deadline=None)
def test_g1_the_shop_becomes_desired_and_the_next_plan_is_empty(
    batches: list[list[tuple[str, int]]], filters: FilterPolicy
) -> None:
    """G1, G4, G8, W4, D10, D11, D18, S10: any edits, in any order.

    The model refuses unusable prices, negative stock, a style twice and equal options: none may be met. No variant
    is ever removed. A broken item never keeps its siblings from arriving.
    """
    web = filters.scope is Scope.WEB_ITEM
    world = world_of(dataclasses.replace(USUAL, filters=filters), *(item(i, web_item=web or None) for i in ITEMS[:3]))
    check(world, world.sync())
    for batch in batches:
        counts = {key: len(product.variants) for key, product in world.shop.products.items()}
        for name, item_id in batch:
            EDITS[name](world, item_id)
        untouched = {style: world.shown(style) for style in world.ledger}
        assembly = world.sync()
        check(world, assembly)
        check_quiet(world)
        for work in assembly.works:
            for item_id in work.kept:
                assert world.shown(work.style)[item_id] == untouched[work.style][item_id]
        for key, count in counts.items():
            assert len(world.shop.products[key].variants) >= count


AWAY: dict[str, tuple[Edit, Edit]] = {
    "deleted": (vanish, EDITS["restore"]),
    "hidden by the view": (flip("hidden"), flip("hidden")),
    "inactive": (setting(inactive=True), setting(inactive=False)),
    "unticked": (setting(web_item=False), setting(web_item=True)),
    "no sku": (setting(sku=None), lambda world, i: setting(sku=f"SKU-{i}")(world, i)),
    "no description": (setting(description=None), setting(description=item(1).description)),
    "no style": (setting(style=" "), setting(style="A")),
    "not for sale": (setting(cannot_be_sold=True), setting(cannot_be_sold=False)),
    "excluded": (setting(family="n/d"), setting(family="Zapatos")),
    "moved": (setting(style="Z"), setting(style="A")),
}


@pytest.mark.parametrize("way", AWAY)
@pytest.mark.parametrize("rule", Leaving)
@pytest.mark.parametrize("whole", [True, False], ids=["whole product", "one variant"])
def test_d9_gone_and_back(way: str, rule: Leaving, whole: bool) -> None:
    """D9: live, gone, back. While gone nothing is sold and the rule's status stands; afterwards all is as before."""
    filters = FilterPolicy(when_gone=rule, when_excluded=rule, excluded_families=frozenset({"n/d"}))
    world = world_of(dataclasses.replace(USUAL, filters=filters))
    world.put(*(item(i, style="A", web_item=True) for i in ITEMS[:2]))
    world.sync()
    (product_id,) = world.shop.products
    live = world.shop.products[product_id]
    away, back = AWAY[way]
    going = ITEMS[:2] if whole else ITEMS[:1]
    for item_id in going:
        away(world, item_id)
    world.sync()
    check_quiet(world)
    gone = world.shop.products[product_id]
    expected = {Leaving.ZERO: Status.ACTIVE, Leaving.DRAFT: Status.DRAFT, Leaving.ARCHIVE: Status.ARCHIVED}
    assert gone.status is (expected[rule] if whole else Status.ACTIVE)
    sold = {item_id: sum(seen.stock.values()) for item_id, seen in world.shown("A").items()}
    assert all((sold[item_id] == 0) is (item_id in going) for item_id in sold)
    for item_id in going:
        back(world, item_id)
    world.rows |= {i: item(i, style="A", web_item=True) for i in going}
    world.sync()
    check_quiet(world)
    assert world.shop.products[product_id] == live


def test_d10_sold_out_and_restocked() -> None:
    """D10: 5, 0, 3 with include_zero_stock = false: the shop shows each."""
    world = world_of(USUAL, item(1))
    seen = []
    for quantity in ("5", "0", "3"):
        stocked(quantity, "0")(world, 1)
        world.sync()
        seen.append(world.shown("A")[1].stock[MAIN])
    assert seen == [5, 0, 3]


@pytest.mark.parametrize(("rule", "while_bad"), [(BadPrice.KEEP, 5), (BadPrice.ZERO, 0)])
def test_d11_a_price_that_breaks_and_is_mended(rule: BadPrice, while_bad: int) -> None:
    """D11: 100, 0, 120: the old price stands while it is on the list, then the new one."""
    world = world_of(dataclasses.replace(USUAL, filters=FilterPolicy(when_price_bad=rule)), item(1))
    seen = []
    for price in ("100", "0", "120"):
        setting(price=Decimal(price))(world, 1)
        assembly = world.sync()
        shown = world.shown("A")[1]
        seen.append((shown.price, shown.stock[MAIN], len(assembly.quarantined)))
    assert seen == [(Decimal(100), 5, 0), (Decimal(100), while_bad, 1), (Decimal(120), 5, 0)]


def test_d12_a_sale_comes_and_goes_with_the_clock_alone() -> None:
    """D12: no row changes; the wake-ups of each sync lead to the next."""
    start = NOON + timedelta(days=1)
    world = world_of(USUAL, item(1, sale_price=Decimal(60), sale_start=start, sale_end=start + timedelta(days=2)))
    seen = []
    for _ in range(3):
        (work,) = world.sync().works
        shown = world.shown("A")[1]
        seen.append((shown.price, shown.compare_at))
        check_quiet(world)
        world.now_local = next(iter(work.boundaries[1]), world.now_local)
    assert work.boundaries[1] == ()
    assert seen == [(Decimal(100), None), (Decimal(60), Decimal(100)), (Decimal(100), None)]


def test_d18_an_item_moves_and_moves_back_and_is_never_sold_twice() -> None:
    """D18: A empties, B fills, the two swap, and back."""
    world = world_of(USUAL, item(1, style="A"), item(2, style="B"))
    for styles in (("B", "B"), ("B", "A"), ("A", "B"), (" ", "B"), ("A", "b ")):
        for item_id, style in zip((1, 2), styles, strict=True):
            setting(style=style)(world, item_id)
        check(world, world.sync())
        check_quiet(world)


def test_d18_items_that_swap_places_with_equal_options_hand_their_variants_over() -> None:
    """D18: the shop would refuse a second variant with the same options."""
    world = world_of(USUAL, item(1, style="A", size="36"), item(2, style="B", size="36"))
    world.sync()
    for styles in (("B", "A"), ("A", "B")):
        for item_id, style in zip((1, 2), styles, strict=True):
            setting(style=style)(world, item_id)
        check(world, world.sync())
        check_quiet(world)
    assert [len(product.variants) for product in world.shop.products.values()] == [1, 1]


def test_s10_one_broken_item_holds_nobody_up() -> None:
    """S10: its sibling arrives in the same sync, it arrives when its row is mended."""
    world = world_of(USUAL, item(1, price=None), item(2))
    assembly = world.sync()
    assert [one.item_id for one in assembly.quarantined] == [1]
    assert set(world.shown("A")) == {2}
    setting(price=Decimal(30))(world, 1)
    assert world.sync().quarantined == ()
    assert set(world.shown("A")) == {1, 2}


def test_w5_what_the_merchant_writes_survives_a_hundred_syncs() -> None:
    """W5: title, text, tags, status and a foreign variant, while prices and stock go on changing."""
    world = world_of(USUAL, item(1), item(2))
    world.sync()
    ((product_id, product),) = world.shop.products.items()
    theirs: dict[str, Any] = {
        "title": "Hand made",
        "description_html": "<b>Ours</b>",
        "tags": ("vip",),
        "status": Status.UNLISTED,
    }
    foreign = dataclasses.replace(product.variants[0], variant_id="VX", inventory_item_id="IX", options=("X", "X"))
    world.shop.products[product_id] = dataclasses.replace(product, **theirs, variants=(*product.variants, foreign))
    for number in range(100):
        setting(price=Decimal(10 + number), description=f"NUEVO {number}", family=f"F{number}")(world, 1)
        stocked(str(number), "1")(world, 2)
        world.sync()
    after = world.shop.products[product_id]
    assert {name: getattr(after, name) for name in theirs} == theirs
    assert after.variants[-1] == foreign
    assert world.shown("A")[1].price == Decimal(109)


@given(steps=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_w3_the_shop_is_never_raised_above_the_true_stock(steps: list[tuple[int, int]]) -> None:
    """W3: the shop sells just before RMS moves; what is offered never exceeds what RMS counts less what it missed.

    When RMS moves it has heard of the sales before, not of the latest: that is what the policy takes its move for.
    """
    world = world_of(mapped(), row(1, style="A", stock=10))
    world.sync()
    inventory_item = world.ledger["A"].variants[0].inventory_item_id
    counted, unheard = 10, 0
    for received, sold in steps:
        latest = min(sold, world.shop.stock_of(inventory_item)[MAIN])
        world.shop.sell(inventory_item, MAIN, latest)
        if received:
            counted, unheard = counted + received - unheard, 0
        unheard += latest
        setting(stock={"Exis00": Decimal(counted)})(world, 1)
        world.sync()
        assert world.shop.stock_of(inventory_item)[MAIN] <= counted - unheard


@given(batches=st.lists(edits, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_s5_a_lost_ledger_is_rebuilt_from_the_shop_and_writes_only_differences(
    batches: list[list[tuple[str, int]]],
) -> None:
    """S5: adopted again, no product is made twice and no price or stock is sent."""
    world = world_of(USUAL, *(item(i) for i in ITEMS))
    for batch in batches:
        for name, item_id in batch:
            EDITS[name](world, item_id)
        world.sync()
    for work in world.assemble().works:
        known = world.ledger.get(work.style)
        if work.desired is None or known is None or work.price_kept or work.leaving or work.kept:
            continue
        product = adopt(world.shop.products[known.product_id], work.desired, work.style)
        made = plan(work, product, world.policy, NOW)
        assert [type(one).__name__ for one in made.operations] == ["PublishProduct"]
        assert made.stock == ()
