"""Variants that take the option values of one another: in an order that the shop accepts, and right at every moment."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from rms_console.domain.acknowledge import acknowledge, acknowledge_stock
from rms_console.domain.changes import describe
from rms_console.domain.operations import UNSET, ActivateStock, CreateVariants, Unset, UpdateVariants
from rms_console.domain.options import option_key
from rms_console.domain.plan import NOTE_OPTIONS_WAIT, plan
from rms_console.domain.policy import DEFAULT_OWNERSHIP, Ownership, Policy
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.rows import ItemRow
from tests.unit.domain.builders import MAIN, NOW, POLICY, SECOND, ids_for, in_shop, mapped, row, work_of


def sized(sizes: dict[int, str], **values: Any) -> list[ItemRow]:
    return [row(item, size=size, **values) for item, size in sizes.items()]


def planned(rows: list[ItemRow], known: AcknowledgedProduct, using: Policy = POLICY, **read: Any) -> Any:
    return plan(work_of(rows, known, using, **read), known, using, NOW)


def option_calls(made: Any) -> list[dict[int, str]]:
    """Return per call item -> size, of the calls that write option values."""
    calls = [one.changes for one in made.operations if isinstance(one, UpdateVariants)]
    sizes = [
        {change.item_id: dict(change.options)["Talla"] for change in changes if not isinstance(change.options, Unset)}
        for changes in calls
    ]
    return [one for one in sizes if one]


def confirmed(known: AcknowledgedProduct, made: Any) -> AcknowledgedProduct:
    """Return the product after the shop took the plan, refusing what the shop would refuse."""
    known = acknowledge_stock(known, made.stock)
    for operation in made.operations:
        if isinstance(operation, UpdateVariants):
            held = {option_key(one.options or ()): one.variant_id for one in known.variants}
            for change in operation.changes:
                if not isinstance(change.options, Unset):
                    key = option_key([value for _, value in change.options])
                    assert held.setdefault(key, change.variant_id) == change.variant_id, "refused"
        ids = ids_for(operation.variants) if isinstance(operation, CreateVariants) else {}
        known = acknowledge(known, operation, None, ids)
    return known


def test_d18_two_sizes_swap_by_one_step_aside() -> None:
    """D18: nobody is shown under another's size; the step aside is the size to come, told by its SKU."""
    known = in_shop(sized({1: "38", 2: "39"}))
    made = planned(sized({1: "39", 2: "38"}), known)
    assert option_calls(made) == [{1: "39 (SKU-1)"}, {2: "38"}, {1: "39"}]
    assert planned(sized({1: "39", 2: "38"}), confirmed(known, made)).is_empty
    assert [(one.item_id, one.after) for one in describe(made, known)] == [(1, "Negro / 39"), (2, "Negro / 38")]


def test_d18_a_chain_begins_at_its_free_end() -> None:
    """D18: 36, 37, 38 were 37, 38, 39 all along."""
    known = in_shop(sized({1: "36", 2: "37", 3: "38"}))
    made = planned(sized({1: "37", 2: "38", 3: "39"}), known)
    assert option_calls(made) == [{3: "39"}, {2: "38"}, {1: "37"}]


def test_d18_chains_and_rings_go_side_by_side() -> None:
    known = in_shop(sized({1: "36", 2: "37", 3: "38", 4: "39", 5: "40", 6: "41"}))
    wanted = sized({1: "37", 2: "36", 3: "39", 4: "38", 5: "41", 6: "42"})
    made = planned(wanted, known)
    calls = option_calls(made)
    assert calls[0] == {6: "42"}
    assert {1: "37 (SKU-1)", 3: "39 (SKU-3)"} in calls
    assert len(calls) == 5
    assert planned(wanted, confirmed(known, made)).is_empty


def test_d18_price_sku_and_stock_do_not_wait_for_sizes() -> None:
    """D18: the shop may refuse a size because of a variant that we do not know; that ends the plan."""
    using = mapped(locations={"Exis00": MAIN, "Exis57": SECOND})
    known = in_shop(sized({1: "38", 2: "39"}))
    changed = sized({1: "39", 2: "38"}, price=Decimal(120))
    changed[0] = dataclasses.replace(changed[0], sku="NEW-1")
    made = planned(changed, known, using)
    kinds = [type(one) for one in made.operations]
    first, *rest = made.operations
    assert all(change.options is UNSET and change.price == Decimal("120.00") for change in first.changes)
    assert kinds[1:3] == [ActivateStock, ActivateStock]
    assert all(change.price is UNSET and change.sku is UNSET for one in rest[2:] for change in one.changes)


@pytest.mark.parametrize("steps", range(4))
def test_d18_from_any_state_in_between_the_next_plan_leads_to_the_end(steps: int) -> None:
    """D18: the engine may end after any call."""
    known = in_shop(sized({1: "38", 2: "39", 3: "40"}))
    wanted = sized({1: "39", 2: "40", 3: "38"})
    whole = planned(wanted, known)
    half = confirmed(known, dataclasses.replace(whole, operations=whole.operations[:steps]))
    done = confirmed(half, planned(wanted, half))
    assert {one.item_id: (one.options or ("", ""))[1] for one in done.variants} == {1: "39", 2: "40", 3: "38"}
    assert planned(wanted, done).is_empty


def test_d18_a_variant_that_leaves_makes_room_once_it_is_not_sold_any_more() -> None:
    """D18: it keeps its size, told apart by its SKU; the next in line moves up; a newcomer takes the end."""
    known = in_shop(sized({1: "38", 2: "39"}))
    wanted = sized({2: "38", 9: "39"})
    first = planned(wanted, known, deleted=frozenset({1}))
    assert ([(one.item_id, one.quantity) for one in first.stock], first.operations) == ([(1, 0)], ())
    assert first.notes == (NOTE_OPTIONS_WAIT,)
    emptied = confirmed(known, first)
    second = planned(wanted, emptied, deleted=frozenset({1}))
    assert option_calls(second) == [{1: "38 (SKU-1)"}, {2: "38"}]
    assert isinstance(second.operations[-1], CreateVariants)
    assert planned(wanted, confirmed(emptied, second), deleted=frozenset({1})).is_empty


def test_d18_a_variant_that_sells_is_never_called_otherwise() -> None:
    """D18: stock is not ours, so nobody empties it: the move waits, the price does not."""
    using = mapped(ownership={**DEFAULT_OWNERSHIP, "stock": Ownership.NEVER})
    known = in_shop(sized({1: "38", 2: "39"}))
    made = planned(sized({2: "38"}, price=Decimal(120)), known, using, deleted=frozenset({1}))
    assert option_calls(made) == []
    assert [change.price for change in made.operations[0].changes] == [Decimal("120.00")]
    assert made.notes == (NOTE_OPTIONS_WAIT,)


def test_d18_stock_waits_for_the_sku_that_siblings_swap() -> None:
    """D18: stock goes out before the operations, and would stand under the SKU of the other one."""
    known = in_shop(sized({1: "38", 2: "39"}))
    swapped = [row(1, size="38", sku="SKU-2", stock=1), row(2, size="39", sku="SKU-1", stock=9)]
    first = planned(swapped, known)
    assert first.stock == ()
    renamed = confirmed(known, first)
    assert {one.item_id: one.quantity for one in planned(swapped, renamed).stock} == {1: 1, 2: 9}


def test_d18_stock_does_not_wait_for_an_sku_that_is_only_corrected() -> None:
    made = planned([row(1, sku="NEW-1", stock=0)], in_shop([row(1)]))
    assert [one.quantity for one in made.stock] == [0]


def test_a_place_to_step_aside_to_is_one_that_nobody_has_or_wants() -> None:
    known = in_shop(sized({1: "38", 2: "39", 3: "39 (SKU-1)"}))
    made = planned(sized({1: "39", 2: "38", 3: "39 (SKU-1)"}), known)
    assert option_calls(made) == [{1: "39 (SKU-1 2)"}, {2: "38"}, {1: "39"}]


def test_the_value_aside_stays_within_what_the_shop_takes() -> None:
    long = "4" * 255
    known = in_shop([row(1, size=long), row(2, size="38")])
    aside, *_ = option_calls(planned([row(1, size="38"), row(2, size=long, sku="S" * 200)], known))
    assert all(len(value) <= 255 for value in aside.values())
