"""Products, sale boundaries, the creation brake and tenures, in memory and in a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from rms_console.adapters.store import SqliteLedger, open_ledger
from rms_console.contract.records import QueueReason, Settlement
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant
from rms_console.errors import Action, LeaseLost
from tests.ports.ledger_world import (
    KINDS,
    MAIN,
    NOW,
    SECOND,
    boundaries,
    database_of,
    done,
    entry,
    key,
    later,
    opened,
    product,
    queued,
    variant,
)


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteLedger]:
    with opened(request.param, tmp_path) as ledger:
        yield ledger


def acknowledge(ledger: SqliteLedger, *products: AcknowledgedProduct) -> None:
    ledger.settle(Settlement(epoch=0, cycle=1, at=NOW, products=products))


# Products


def test_a_product_reads_back_as_it_was_confirmed(ledger: SqliteLedger) -> None:
    full = product("AB-12", 3, 1, 2)
    odd = AcknowledgedVariant(
        item_id=4,
        variant_id="gid://v/4",
        inventory_item_id="gid://i/4",
        sku="  KENNETH'; DROP  ",
        options=(),
        price=Decimal("10.00"),
        compare_at=Decimal("12.5"),
        barcode="0012",
        weight_kg=Decimal("0.350"),
        stock={MAIN: 0},
        held_stock={MAIN: 7, SECOND: 2},
        held_since=later(-9),
        left_reason="sold-out",
        was_web_item=True,
    )
    full = dataclasses.replace(full, variants=(*full.variants, odd))
    acknowledge(ledger, full)
    assert ledger.products(["AB-12", "unknown"]) == {"AB-12": full}


def test_what_was_never_confirmed_stays_unknown(ledger: SqliteLedger) -> None:
    bare = AcknowledgedProduct("X", "gid://p/1", (AcknowledgedVariant(1, "gid://v/1", "gid://i/1"),))
    acknowledge(ledger, bare)
    assert ledger.products(["X"]) == {"X": bare}


def test_a_variant_that_the_product_no_longer_lists_is_gone_from_that_style(ledger: SqliteLedger) -> None:
    acknowledge(ledger, product("A", 1, 2, 3), product("B", 4))
    acknowledge(ledger, product("A", 2))
    assert [one.item_id for one in ledger.products(["A"])["A"].variants] == [2]
    assert ledger.known_item_ids(0, 10) == (2, 4)


def test_a_forgotten_style_is_gone_whole(ledger: SqliteLedger) -> None:
    acknowledge(ledger, product("A", 1), product("B", 2))
    ledger.settle(Settlement(epoch=0, cycle=2, at=NOW, forgotten_styles=("A", "never-there")))
    assert set(ledger.products(["A", "B"])) == {"B"}
    assert ledger.styles_of([1, 2]) == {2: ("B",)}
    assert database_of(ledger).scalar("SELECT count(*) FROM stock WHERE style = 'A'") == 0


def test_d18_an_item_that_moves_is_known_under_both_styles_until_the_old_one_is_settled(ledger: SqliteLedger) -> None:
    """D18: items move between styles; both are dirty."""
    acknowledge(ledger, product("A", 1, 2))
    acknowledge(ledger, product("B", 2))
    assert ledger.styles_of([2, 1, 77]) == {1: ("A",), 2: ("A", "B")}
    acknowledge(ledger, product("A", 1))
    assert ledger.styles_of([2]) == {2: ("B",)}


def test_s11_stock_is_kept_per_location(ledger: SqliteLedger) -> None:
    """S11: one location confirmed, the other failed; the failed one is not taken for done."""
    acknowledge(ledger, dataclasses.replace(product("A"), variants=(variant(1, {MAIN: 5, SECOND: 4}),)))
    acknowledge(ledger, dataclasses.replace(product("A"), variants=(variant(1, {MAIN: 2, SECOND: 4}),)))
    assert ledger.products(["A"])["A"].variants[0].stock == {MAIN: 2, SECOND: 4}
    acknowledge(ledger, dataclasses.replace(product("A"), variants=(variant(1, {MAIN: 2, SECOND: None}),)))
    assert ledger.products(["A"])["A"].variants[0].stock == {MAIN: 2, SECOND: None}
    acknowledge(ledger, dataclasses.replace(product("A"), variants=(variant(1, {MAIN: 2}),)))
    assert ledger.products(["A"])["A"].variants[0].stock == {MAIN: 2}


def hashes(ledger: SqliteLedger) -> tuple[str, str, str]:
    (row,) = database_of(ledger).rows("SELECT stock_hash, price_hash, content_hash FROM variants")
    return tuple(row)


@pytest.mark.parametrize(
    ("changed", "groups"),
    [
        pytest.param(variant(1, {MAIN: 4, SECOND: None}), {0}, id="stock"),
        pytest.param(variant(1, price="1.00"), {1}, id="price"),
        pytest.param(dataclasses.replace(variant(1), compare_at=Decimal(3)), {1}, id="compare-at"),
        pytest.param(dataclasses.replace(variant(1), sku="other"), {2}, id="content"),
        pytest.param(variant(1, price="22123.9"), set(), id="same-price-other-digits"),
        pytest.param(dataclasses.replace(variant(1), left_reason="gone"), set(), id="our-own-notes"),
    ],
)
def test_each_field_group_has_its_own_hash(
    ledger: SqliteLedger, changed: AcknowledgedVariant, groups: set[int]
) -> None:
    acknowledge(ledger, dataclasses.replace(product("A"), variants=(variant(1),)))
    before = hashes(ledger)
    acknowledge(ledger, dataclasses.replace(product("A"), variants=(changed,)))
    after = hashes(ledger)
    assert {place for place in range(3) if before[place] != after[place]} == groups


def test_known_items_are_paged_in_order(ledger: SqliteLedger) -> None:
    acknowledge(ledger, product("A", 30, 10), product("B", 20, 10))
    assert ledger.known_item_ids(0, 2) == (10, 20)
    assert ledger.known_item_ids(20, 2) == (30,)
    assert ledger.known_item_ids(30, 2) == ()


# Settlement


def test_a_settlement_is_recorded_whole(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1), key(2, 2)], None, NOW)
    settlement = Settlement(
        epoch=0,
        cycle=4,
        at=NOW,
        products=(product("A", 1),),
        boundaries=boundaries(1, later(60)),
        created_products=1,
    )
    done(ledger, [entry(ledger, 1)])
    ledger.settle(settlement)
    assert queued(ledger) == (2,)
    assert set(ledger.products(["A"])) == {"A"}
    assert ledger.next_boundary_at() == later(60)
    assert ledger.created_since(NOW) == 1


def test_an_older_tenure_records_nothing(ledger: SqliteLedger) -> None:
    """Section 1.5: a paused engine that wakes after another took over stops."""
    old = ledger.claim_epoch()
    assert ledger.claim_epoch() == old + 1
    with pytest.raises(LeaseLost) as refused:
        ledger.settle(Settlement(epoch=old, cycle=1, at=NOW, products=(product("A", 1),), created_products=1))
    assert refused.value.action is Action.ABANDON_CYCLE
    assert ledger.products(["A"]) == {}
    assert ledger.created_since(later(-9999)) == 0
    ledger.settle(Settlement(epoch=old + 1, cycle=1, at=NOW, products=(product("A", 1),)))
    assert set(ledger.products(["A"])) == {"A"}


def test_epochs_and_cycle_numbers_outlive_the_process(tmp_path: Path) -> None:
    given = []
    for _ in range(3):
        ledger = open_ledger(tmp_path)
        given.append((ledger.claim_epoch(), ledger.next_cycle_number()))
        ledger.close()
    assert given == [(1, 1), (2, 2), (3, 3)]


# Sale boundaries and the brake


def test_d12_a_due_boundary_stays_until_the_item_is_settled(ledger: SqliteLedger) -> None:
    """D12: the process may die between noticing and pricing; the boundary is still there."""
    ledger.settle(
        Settlement(epoch=0, cycle=1, at=NOW, boundaries=boundaries(1, later(10), later(90)) | boundaries(2, later(20)))
    )
    assert ledger.boundaries_due(later(9)) == ()
    assert ledger.next_boundary_at() == later(10)
    due = ledger.boundaries_due(later(20))
    assert [(one.item_id, one.at) for one in due] == [(1, later(10)), (2, later(20))]
    assert ledger.boundaries_due(later(20)) == due
    ledger.settle(Settlement(epoch=0, cycle=2, at=NOW, boundaries=boundaries(1, later(90)) | boundaries(2)))
    assert ledger.boundaries_due(later(80)) == ()
    assert ledger.next_boundary_at() == later(90)


def test_d12_the_queue_takes_over_a_boundary_that_has_passed(ledger: SqliteLedger) -> None:
    """D12: from then on the entry remembers; an item that cannot be priced is not rung for again at once."""
    ledger.settle(Settlement(epoch=0, cycle=1, at=NOW, boundaries=boundaries(1, later(10), later(90))))
    ledger.enqueue([key(1, reason=QueueReason.CHANGE, version=5)], None, later(10))
    assert ledger.next_boundary_at() == later(10)
    ledger.enqueue([key(1, reason=QueueReason.SALE)], None, later(10))
    assert ledger.boundaries_due(later(20)) == ()
    assert ledger.next_boundary_at() == later(90)
    assert queued(ledger) == (1,)


def test_without_boundaries_nothing_is_due(ledger: SqliteLedger) -> None:
    assert ledger.boundaries_due(NOW) == ()
    assert ledger.next_boundary_at() is None


def test_products_created_are_counted_from_a_time_on(ledger: SqliteLedger) -> None:
    for seconds, created in ((0, 3), (60, 0), (120, 4)):
        ledger.settle(Settlement(epoch=0, cycle=1, at=later(seconds), created_products=created))
    assert ledger.created_since(NOW) == 7
    assert ledger.created_since(later(1)) == 4
    assert ledger.created_since(later(121)) == 0


def test_sales_to_come_are_told_with_what_is_known_of_their_items(ledger: SqliteLedger) -> None:
    on_sale = dataclasses.replace(product("B", 2).variants[0], price=Decimal("9.00"), compare_at=Decimal("12.00"))
    ledger.settle(
        Settlement(
            epoch=0,
            cycle=1,
            at=NOW,
            products=(product("A", 1), dataclasses.replace(product("B", 2), variants=(on_sale,))),
            boundaries=boundaries(1, later(10), later(90)) | boundaries(2, later(20)) | boundaries(3, later(30)),
        )
    )
    known = ledger.products(["A"])["A"].variants[0]
    found = ledger.upcoming_sales(None, 10, 0)
    assert [(one.item_id, one.at, one.starts, one.style) for one in found] == [
        (1, later(10), True, "A"),
        (2, later(20), False, "B"),
        (3, later(30), True, None),
        (1, later(90), False, "A"),
    ]
    assert (found[0].price, found[0].sale_price, found[0].sku) == (known.price, None, known.sku)
    assert (found[1].price, found[1].sale_price) == (Decimal("12.00"), Decimal("9.00"))
    assert (found[2].sku, found[2].title, found[2].price) == (None, None, None)


def test_sales_to_come_can_be_read_in_pages_and_up_to_a_time(ledger: SqliteLedger) -> None:
    ledger.settle(
        Settlement(epoch=0, cycle=1, at=NOW, boundaries=boundaries(1, later(10), later(90)) | boundaries(2, later(20)))
    )
    assert [one.at for one in ledger.upcoming_sales(None, 2, 0)] == [later(10), later(20)]
    assert [one.at for one in ledger.upcoming_sales(None, 2, 2)] == [later(90)]
    assert [one.at for one in ledger.upcoming_sales(later(20), 9, 0)] == [later(10), later(20)]
    assert (ledger.count_sales(None), ledger.count_sales(later(20))) == (3, 2)
