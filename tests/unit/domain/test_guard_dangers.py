"""What in one product's plan could do harm."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from rms_console.domain.dangers import Look, Part, Reply, find, is_point_lost, look_at
from rms_console.domain.holds import Aspect, Danger
from rms_console.domain.plan import plan
from rms_console.domain.policy import GuardPolicy, MappingPolicy, Ownership, Policy
from rms_console.domain.product import AcknowledgedProduct, Status
from rms_console.domain.rows import ItemRow
from tests.unit.domain.builders import MAIN, MAPPING, NOW, POLICY, SECOND, in_shop, local, mapped, row, work_of

WHOLE, SHORT = Reply(4, 0), Reply(4, 4, is_short=True)
GUARD = GuardPolicy()
ACTIVE: dict[str, Any] = {"status": Status.ACTIVE}


def look(have: AcknowledgedProduct, rows: Iterable[ItemRow], using: Policy = POLICY, **more: Any) -> Look:
    """Return the look at a product after its rows became these."""
    work = work_of(rows, have, using, **more)
    return look_at(work, plan(work, have, using, NOW), have, using, NOW)


def found(have: AcknowledgedProduct, rows: Iterable[ItemRow], reply: Reply = WHOLE, **more: Any) -> tuple[Part, ...]:
    return find(look(have, rows, **more), GUARD, reply)


def rows(*items: int, **values: Any) -> list[ItemRow]:
    return [row(item, **values) for item in items]


def price(item: int, amount: str, **values: Any) -> ItemRow:
    return row(item, price=Decimal(amount), **values)


# Prices


def test_what_does_not_change_is_no_danger() -> None:
    assert found(in_shop(rows(1, 2)), rows(1, 2)) == ()


def test_everyday_changes_are_no_danger() -> None:
    have = in_shop(rows(1, 2))
    assert found(have, [row(1, stock=3, barcode="1"), row(2, stock=0)]) == ()


def test_a_price_change_counts_and_is_no_danger_alone() -> None:
    (part,) = found(in_shop(rows(1, 2)), [price(1, "126"), row(2)])
    assert (part.aspect, part.item_ids, part.counts_as, part.alone) == (
        Aspect.PRICE,
        frozenset({1}),
        Danger.MANY_PRICES,
        None,
    )
    assert [(one.field, one.before, one.after) for one in part.changes] == [("price", "100.00", "126.00")]


@pytest.mark.parametrize(("amount", "counts"), [("125.00", False), ("125.01", True), ("80.00", False), ("79.99", True)])
def test_w16_small_steps_of_a_price_do_not_count_towards_a_mass_change(amount: str, counts: bool) -> None:
    """W16: N and N+1 of price_mass_percent, both ways."""
    (part,) = found(in_shop(rows(1)), [price(1, amount)])
    assert (part.counts_as is Danger.MANY_PRICES) is counts


@pytest.mark.parametrize(
    ("amount", "jumps"),
    [("333.33", False), ("333.34", True), ("30.00", False), ("29.99", True), ("99.99", False), ("100.01", False)],
)
def test_w16_a_price_jumps_beyond_its_percent_and_not_at_it(amount: str, jumps: bool) -> None:
    """W16: N-1, N and N+1 of price_jump_percent, both ways."""
    (part,) = found(in_shop(rows(1)), [price(1, amount)])
    assert (part.alone is not None) is jumps
    if part.alone is not None:
        assert part.alone.kind is Danger.PRICE_JUMP
        assert "SKU-1" in part.alone.told()


@pytest.mark.parametrize("percent", [0.0, 2000.0])
@pytest.mark.parametrize("amount", ["1000.00", "10.00", "10000.50", "1.00", "100000000.00"])
def test_a_lost_decimal_comma_is_told_unless_all_jumps_are_allowed(percent: float, amount: str) -> None:
    """W16: 22,123.90 typed as 2,212,390 is a jump whatever percentage a store allows."""
    using = dataclasses.replace(
        POLICY, filters=dataclasses.replace(POLICY.filters, max_price=Decimal("1e12"), min_price=Decimal("0.01"))
    )
    seen = look(in_shop(rows(1), using), [price(1, amount)], using)
    (part,) = find(seen, GuardPolicy(price_jump_percent=percent), WHOLE)
    assert (part.alone is not None) is bool(percent)


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ("22123.90", "2212390", True),
        ("22123.90", "221239000000", True),
        ("22123.90", "2212.39", True),
        ("22124", "2212390", True),
        ("100", "1009", True),
        ("100", "1011", False),
        ("100", "500", False),
        ("100", "100", False),
        ("0", "100", False),
    ],
)
def test_a_moved_decimal_point(before: str, after: str, lost: bool) -> None:
    assert is_point_lost(Decimal(before), Decimal(after)) is lost


SALE: dict[str, Any] = {
    "sale_price": Decimal(60),
    "sale_start": local("2026-11-20 00:00"),
    "sale_end": local("2026-11-30 00:00"),
}
DURING, AFTER = local("2026-11-24 12:00"), local("2026-12-02 12:00")


def test_a_sale_window_that_opens_or_closes_is_planned_and_does_not_count() -> None:
    regular = in_shop([row(1)])
    (opens,) = found(regular, [row(1, **SALE)], now=DURING)
    assert (opens.counts_as, opens.alone) == (None, None)
    on_sale = in_shop([row(1, **SALE)])
    (closes,) = found(on_sale, [row(1, **SALE)], now=AFTER)
    assert (closes.counts_as, closes.alone) == (None, None)


def test_the_end_of_a_steep_sale_is_no_jump_its_begin_is() -> None:
    """Coming back to the price the shop itself strikes out is no danger, however far it is."""
    steep = SALE | {"sale_price": Decimal(20)}
    (opens,) = found(in_shop([row(1)]), [row(1, **steep)], now=DURING)
    assert opens.alone is not None
    (closes,) = found(in_shop([row(1, **steep)]), [row(1, **steep)], now=AFTER)
    assert closes.alone is None


def test_a_new_regular_price_counts_even_under_a_sale() -> None:
    (part,) = found(in_shop([row(1, **SALE)]), [price(1, "126", **SALE)], now=DURING)
    assert part.counts_as is Danger.MANY_PRICES
    (part,) = found(in_shop([row(1, **SALE)]), [price(1, "9000", **SALE)], now=DURING)
    assert part.alone is not None


def test_a_price_that_was_never_confirmed_has_nothing_to_jump_from() -> None:
    have = in_shop(rows(1))
    unknown = dataclasses.replace(have, variants=(dataclasses.replace(have.variants[0], price=None),))
    assert found(unknown, [price(1, "99999")]) == ()


def test_a_price_sent_again_unchanged_is_no_danger() -> None:
    forced = dataclasses.replace(POLICY, force_update=True)
    assert found(in_shop(rows(1)), rows(1), using=forced) == ()


# Stock

TWO = MappingPolicy(locations={"Exis00": MAIN, "Exis57": SECOND}, tax=MAPPING.tax)


def stocked(item: int, main: int, second: int) -> ItemRow:
    return dataclasses.replace(row(item), stock={"Exis00": Decimal(main), "Exis57": Decimal(second)})


def test_one_size_sold_out_is_everyday_and_the_last_one_counts() -> None:
    have = in_shop(rows(1, 2))
    assert found(have, [row(1, stock=0), row(2)]) == ()
    parts = found(have, [row(1, stock=0), row(2, stock=0)])
    assert {(part.aspect, tuple(part.item_ids), part.counts_as) for part in parts} == {
        (Aspect.STOCK, (1,), Danger.MANY_ZEROED),
        (Aspect.STOCK, (2,), Danger.MANY_ZEROED),
    }
    assert {part.location_id for part in parts} == {MAIN}


def test_each_location_is_emptied_by_itself() -> None:
    using = dataclasses.replace(POLICY, mapping=TWO)
    have = in_shop([stocked(1, 5, 5), stocked(2, 5, 5)], using)
    parts = found(have, [stocked(1, 0, 4), stocked(2, 0, 5)], using=using)
    assert {(part.location_id, *part.item_ids) for part in parts} == {(MAIN, 1), (MAIN, 2)}
    assert {change.field for part in parts for change in part.changes} == {"stock@1"}


def test_a_new_variant_with_stock_keeps_its_product_from_being_emptied() -> None:
    assert found(in_shop(rows(1)), [row(1, stock=0), row(2)]) == ()


# Leaving


def test_a_product_that_leaves_whole_counts_with_its_status() -> None:
    have = in_shop(rows(1, 2), **ACTIVE)
    (part,) = found(have, rows(1, 2, inactive=True))
    assert (part.aspect, part.item_ids, part.counts_as) == (Aspect.LEAVING, frozenset({1, 2}), Danger.MANY_LEAVING)
    assert [(one.item_id, one.field, one.after) for one in part.changes] == [
        (1, "stock", "0"),
        (2, "stock", "0"),
        (None, "status", "DRAFT"),
    ]


def test_what_the_shop_does_not_sell_any_more_leaves_without_danger() -> None:
    have = in_shop(rows(1, stock=1))
    empty = dataclasses.replace(have, variants=(dataclasses.replace(have.variants[0], stock={MAIN: 0}),))
    assert found(empty, rows(1, inactive=True)) == ()


@pytest.mark.parametrize(("leaving", "held"), [(1, False), (9, False), (10, False), (11, True)])
def test_w4_a_product_that_stays_may_lose_so_many_variants(leaving: int, held: bool) -> None:
    """W4: nothing is deleted, and more than k variants do not even go to stock 0 without a yes."""
    items = range(1, 14)
    have = in_shop(rows(*items))
    (part,) = found(have, [row(item, inactive=item <= leaving) for item in items])
    assert part.counts_as is Danger.MANY_REMOVED
    assert (part.alone is not None) is held


def test_a_variant_that_a_new_item_inherits_is_not_lost() -> None:
    have = in_shop(rows(1, 2))
    assert found(have, [row(1, inactive=True), row(2), row(9, size="36", sku="SKU-1")]) == ()


def test_the_price_of_an_inherited_variant_is_looked_at_too() -> None:
    have = in_shop(rows(1, 2))
    (part,) = found(have, [row(1, inactive=True), row(2), price(9, "900", size="36", sku="SKU-1")])
    assert (part.aspect, part.item_ids) == (Aspect.PRICE, frozenset({9}))
    assert part.alone is not None


def test_w16_a_short_reply_is_no_proof_that_items_are_gone() -> None:
    have = in_shop(rows(1, 2, 3), **ACTIVE)
    (part,) = found(have, [], SHORT, hidden=frozenset({1, 2}), deleted=frozenset({3}))
    assert part.alone is not None
    assert part.alone.kind is Danger.SHORT_REPLY
    assert part.item_ids == {1, 2, 3}
    assert (None, "status", "DRAFT") in {(one.item_id, one.field, one.after) for one in part.changes}


def test_a_short_reply_holds_what_it_lacks_and_not_what_a_row_says() -> None:
    have = in_shop(rows(1, 2, 3))
    lost, said = found(have, [row(1, inactive=True)], SHORT, hidden=frozenset({2, 3}))
    assert (set(lost.item_ids), set(said.item_ids)) == ({2, 3}, {1})
    assert (said.alone, said.counts_as) == (None, Danger.MANY_REMOVED)


def test_settings_that_would_withdraw_a_product_count() -> None:
    """`ownership.status = always` with `status = DRAFT` would take a whole shop off sale."""
    using = mapped(ownership={**MAPPING.ownership, "status": Ownership.ALWAYS})
    (part,) = found(in_shop(rows(1), using, **ACTIVE), rows(1), using=using)
    assert (part.aspect, part.counts_as, part.item_ids) == (Aspect.LEAVING, Danger.MANY_LEAVING, frozenset())


def test_a_product_that_comes_back_as_a_draft_is_not_withdrawn() -> None:
    have = in_shop(rows(1, stock=1), status=Status.ARCHIVED, status_before_leaving=Status.DRAFT)
    assert found(have, rows(1, stock=1)) == ()
