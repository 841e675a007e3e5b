"""From rows to work: nothing leaves because something failed, and nothing stays because it went unseen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rms_console.domain.assemble import Quarantined, Skipped
from rms_console.domain.policy import FilterPolicy
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant
from rms_console.domain.rows import ItemRow, UnreadableRow
from tests.unit.domain.builders import MAIN, NOON, POLICY, assembled, in_shop, local, policy, row, work_of

BROKEN = UnreadableRow(2, "Price", "abc", "not a number")


def no(item_id: int) -> bool:
    return False


def codes(found: tuple[Quarantined, ...]) -> dict[int, str]:
    return {one.item_id: one.code for one in found}


def rules(found: tuple[Skipped, ...]) -> dict[int, str]:
    return {one.item_id: one.rule for one in found}


def ids(work: Any) -> list[int]:
    return [variant.item_id for variant in work.desired.variants] if work.desired else []


def test_new_rows_of_one_style_are_one_work() -> None:
    assembly = assembled([row(2), row(1), row(3, style="k100-neg ")])
    (work,) = assembly.works
    assert work.style == "K100-NEG"
    assert ids(work) == [1, 2, 3]
    assert work.item_ids == {1, 2, 3}
    assert (assembly.quarantined, assembly.skipped) == ((), ())


def test_works_come_in_order_of_style() -> None:
    assembly = assembled([row(1, style="B"), row(2, style="A")])
    assert [work.style for work in assembly.works] == ["A", "B"]


def test_an_unknown_style_without_a_wanted_item_is_no_work() -> None:
    assembly = assembled([row(1, stock=0), row(2, inactive=True)], hidden=frozenset({3}), deleted=frozenset({4}))
    assert assembly.works == ()
    assert rules(assembly.skipped) == {1: "sold-out", 2: "inactive", 3: "hidden", 4: "deleted"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"inactive": True}, "inactive"),
        ({"cannot_be_sold": True}, "cannot-be-sold"),
        ({"sku": None}, "no-sku"),
        ({"description": None}, "no-description"),
        ({"style": None}, "no-style"),
        ({"family": "n/d"}, "excluded-family"),
    ],
)
def test_d9_what_leaves_is_named_with_its_reason(change: dict[str, Any], reason: str) -> None:
    """D9: out of the desired set, into `leaving`, its sibling untouched."""
    using = policy(filters=FilterPolicy(excluded_families=frozenset({"N/D"})))
    work = work_of([row(1, **change), row(2)], in_shop([row(1), row(2)]), using)
    assert work.leaving == {1: reason}
    assert ids(work) == [2]


def test_d9_deleted_and_hidden_items_leave() -> None:
    """D9: a row that is no longer there is not the same as a row that could not be read."""
    known = in_shop([row(1), row(2), row(3)])
    work = work_of([row(3)], known, deleted=frozenset({1}), hidden=frozenset({2}))
    assert work.leaving == {1: "deleted", 2: "hidden"}
    assert work.item_ids == {1, 2, 3}


def test_w4_an_unreadable_row_never_removes_its_variant() -> None:
    """W4: the sibling's change goes out, the broken row's variant stays as it is, the list names it."""
    assembly = assembled([row(1, stock=9)], in_shop([row(1), row(2)]), unreadable=(BROKEN,))
    (work,) = assembly.works
    assert ids(work) == [1]
    assert work.kept == {2}
    assert work.leaving == {}
    (aside,) = assembly.quarantined
    assert (aside.item_id, aside.style, aside.code) == (2, "K100-NEG", "row-unreadable")
    assert "Price" in aside.message
    assert "abc" in aside.message


def test_w4_an_item_that_was_not_read_is_kept() -> None:
    """W4: half a product read is not half a product gone."""
    work = work_of([row(1)], in_shop([row(1), row(2)]))
    assert work.kept == {2}
    assert not work.leaving


def test_w4_a_quantity_that_is_none_keeps_the_variant() -> None:
    assembly = assembled([row(1, stock="NaN"), row(2)], in_shop([row(1), row(2)]))
    assert assembly.works[0].kept == {1}
    assert codes(assembly.quarantined) == {1: "stock-unreadable"}


def test_an_unreadable_row_of_an_item_that_may_not_come_in_is_just_skipped() -> None:
    assembly = assembled([], may_create=no, unreadable=(BROKEN,))
    assert (assembly.quarantined, rules(assembly.skipped)) == ((), {2: "scope"})
    assert codes(assembled([], unreadable=(BROKEN,)).quarantined) == {2: "row-unreadable"}


def test_d10_a_sold_out_item_of_the_shop_is_wanted_with_stock_0() -> None:
    """D10: never hidden by the zero-stock filter once the shop has it; a sold-out newcomer is not created."""
    assembly = assembled([row(1, stock=0), row(2, stock=0)], in_shop([row(1)]))
    (work,) = assembly.works
    assert work.desired is not None
    assert [(one.item_id, dict(one.stock)) for one in work.desired.variants] == [(1, {MAIN: 0})]
    assert rules(assembly.skipped) == {2: "sold-out"}


def test_d11_a_bad_price_keeps_the_old_one_and_lets_stock_flow() -> None:
    """D11: on the list, in the work, the price as the shop has it."""
    known = in_shop([row(1, price=Decimal(80), sale_price=Decimal(60))])
    assembly = assembled([row(1, price=Decimal(0), stock=2)], known)
    (work,) = assembly.works
    assert work.price_kept == {1}
    assert work.desired is not None
    (variant,) = work.desired.variants
    assert (variant.price, variant.compare_at, variant.stock) == (Decimal("60.00"), Decimal("80.00"), {MAIN: 2})
    assert codes(assembly.quarantined) == {1: "price-not-positive"}


def test_d11_an_unknown_item_with_a_bad_price_is_set_aside_and_not_made() -> None:
    assembly = assembled([row(1, price=Decimal("221239000000.0"))])
    assert assembly.works == ()
    assert codes(assembly.quarantined) == {1: "price-above-maximum"}


def test_d18_an_item_that_changes_its_style_leaves_one_and_enters_the_other() -> None:
    """D18: A lets it go as moved, B wants it whatever scope or stock say."""
    known = in_shop([row(1), row(2)])
    assembly = assembled([row(1, style="Z", stock=0), row(2)], known, may_create=no)
    left, entered = assembly.works
    assert left.leaving == {1: "moved"}
    assert ids(left) == [2]
    assert (entered.style, ids(entered)) == ("Z", [1])
    assert 1 in left.item_ids & entered.item_ids


def test_d18_swapped_items_are_each_wanted_once() -> None:
    """D18: two items swap styles."""
    known = [in_shop([row(1, style="A")], product_id="PA"), in_shop([row(2, style="B")], product_id="PB")]
    first, second = assembled([row(1, style="B"), row(2, style="A")], known).works
    assert (ids(first), dict(first.leaving)) == ([2], {1: "moved"})
    assert (ids(second), dict(second.leaving)) == ([1], {2: "moved"})


def test_d18_a_moved_item_without_a_price_takes_its_old_one_along() -> None:
    known = in_shop([row(1, price=Decimal(70))])
    left, entered = assembled([row(1, style="Z", price=None)], known).works
    assert left.leaving == {1: "moved"}
    assert entered.price_kept == {1}
    assert entered.desired is not None
    assert entered.desired.variants[0].price == Decimal("70.00")


def test_d18_a_moved_item_that_cannot_enter_stays_where_it_is() -> None:
    """D18: refused by the new style for its SKU, it keeps its old variant: nothing is removed."""
    known = [in_shop([row(1, style="A")], product_id="PA"), in_shop([row(2, style="B")], product_id="PB")]
    assembly = assembled([row(1, style="B", sku="SKU-2"), row(2, style="B")], known)
    first, second = assembly.works
    assert first.kept == {1}
    assert not first.leaving
    assert ids(second) == [2]
    assert codes(assembly.quarantined) == {1: "duplicate-sku"}


def test_two_items_with_equal_options_the_later_is_set_aside() -> None:
    assembly = assembled([row(2, size="36", color="negro "), row(1, size="36"), row(3)])
    assert ids(assembly.works[0]) == [1, 3]
    (aside,) = assembly.quarantined
    assert (aside.item_id, aside.code) == (2, "duplicate-options")
    assert "SKU-1" in aside.message
    assert "SKU-2" in aside.message


def test_w7_one_sku_twice_in_a_product_the_later_is_set_aside() -> None:
    """W7: the list names both."""
    assembly = assembled([row(1, sku="X "), row(2, sku="x"), row(3)])
    assert codes(assembly.quarantined) == {2: "duplicate-sku"}
    assert "ItemID 1" in assembly.quarantined[0].message


def test_the_item_that_the_shop_already_shows_so_wins_a_clash() -> None:
    known = in_shop([row(1, size="36"), row(2, size="37")])
    assembly = assembled([row(1, size="37"), row(2, size="37"), row(3, size="36")], known)
    (work,) = assembly.works
    assert codes(assembly.quarantined) == {1: "duplicate-options", 3: "duplicate-options"}
    assert ids(work) == [2]
    assert work.kept == {1}


def test_a_newcomer_may_inherit_what_a_leaving_item_had() -> None:
    known = in_shop([row(1, size="36"), row(2, size="37")])
    assembly = assembled([row(2, size="37"), row(9, size="36")], known, deleted=frozenset({1}))
    (work,) = assembly.works
    assert (ids(work), work.leaving, assembly.quarantined) == ([2, 9], {1: "deleted"}, ())


def test_d18_an_item_of_the_product_may_have_the_options_of_one_that_is_leaving() -> None:
    """D18: and before a newcomer that wants them too."""
    known = in_shop([row(1, size="36"), row(2, size="37")])
    assembly = assembled([row(2, size="36"), row(9, size="36")], known, deleted=frozenset({1}))
    assert codes(assembly.quarantined) == {9: "duplicate-options"}
    (work,) = assembly.works
    assert (ids(work), dict(work.leaving)) == ([2], {1: "deleted"})


def many(count: int, first: int = 1) -> list[ItemRow]:
    return [row(item, size=f"T{item}") for item in range(first, first + count)]


def test_a_style_with_too_many_variants_is_not_begun() -> None:
    assert len(assembled(many(2048)).works) == 1
    assembly = assembled(many(2049))
    assert assembly.works == ()
    assert set(codes(assembly.quarantined).values()) == {"too-many-variants"}
    assert len(assembly.quarantined) == 2049


def test_d18_a_full_product_goes_on_without_the_newcomer() -> None:
    """D18: B is full at 2,048 variants; what it has still flows."""
    full = many(2047)
    assembly = assembled([*full, *many(2, first=5000)], in_shop(full))
    assert codes(assembly.quarantined) == {5001: "too-many-variants"}
    assert len(ids(assembly.works[0])) == 2048


def test_d12_boundaries_are_told_for_every_item_judged_also_when_there_are_none() -> None:
    """D12: an empty entry takes old wake-ups back; an item that was not judged keeps its own."""
    end = local("2026-11-30 00:00")
    known = in_shop([row(1), row(2), row(3)])
    sale = row(1, sale_price=Decimal(50), sale_end=end)
    work = work_of([sale, row(2)], known, deleted=frozenset({3}))
    assert work.boundaries == {1: (local("2026-12-01 00:00"),), 2: (), 3: ()}
    assert work_of([sale], known).boundaries == {1: (local("2026-12-01 00:00"),)}


def test_a_known_product_with_nothing_wanted_says_so() -> None:
    work = work_of([row(1, inactive=True)], in_shop([row(1)]))
    assert work.desired is None
    assert work.leaving == {1: "inactive"}


def test_every_item_ends_in_exactly_one_place() -> None:
    known = in_shop([row(1), row(2), row(3)])
    assembly = assembled(
        [row(1), row(2, price=None), row(5, stock=0), row(6)], known, POLICY, deleted=frozenset({3}), now=NOON
    )
    (work,) = assembly.works
    wanted = set(ids(work))
    assert wanted == {1, 2, 6}
    assert wanted.isdisjoint(work.leaving)
    assert work.kept.isdisjoint(wanted | set(work.leaving))
    assert work.item_ids == wanted | set(work.leaving) | work.kept
    assert rules(assembly.skipped) == {5: "sold-out"}


def test_a_product_of_the_merchant_with_other_options_bars_nobody() -> None:
    plain = AcknowledgedVariant(7, "V7", "I7", sku="OLD", options=("Default Title",))
    known = AcknowledgedProduct("K100-NEG", "P1", (plain,), option_names=("Title",))
    work = work_of([row(1)], known)
    assert ids(work) == [1]
    assert work.kept == {7}
