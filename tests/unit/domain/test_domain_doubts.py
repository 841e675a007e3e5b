"""A cell that cannot be read leaves alone what hangs on it, and nothing else: above all the stock flows."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from rms_console.domain.acknowledge import acknowledge_leaving
from rms_console.domain.assemble import Assembly
from rms_console.domain.operations import UNSET, UpdateVariants
from rms_console.domain.plan import plan
from rms_console.domain.policy import FilterPolicy, Ownership, Policy, Scope, TaxMode
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.rows import CellDoubt, ItemRow, UnreadableRow, cell_told
from rms_console.locale import sentence, told
from tests.unit.domain.builders import MAIN, MAPPING, NOW, POLICY, assembled, in_shop, mapped, policy, row

REASON = sentence("no plain decimal number")
PRICE_DOUBTS = [
    ("price", "price-unreadable"),
    ("sale_price", "sale-unreadable"),
    ("sale_start", "sale-unreadable"),
    ("sale_end", "sale-unreadable"),
    ("sale_type", "sale-unreadable"),
]
ADDING = mapped(tax=TaxMode.ADD, tax_percent=Decimal(13))


def doubtful(field: str, item_id: int = 1, **values: Any) -> ItemRow:
    """Return a sold-out row in which RMS gives another price, and one cell cannot be read."""
    doubt = CellDoubt(field, f"View_Items.{field}", "abc", REASON)
    given: dict[str, Any] = {"price": Decimal(70), "stock": 0} | values
    if field in ("price", "weight", "barcode"):
        given[field] = None
    return row(item_id, **given, doubts=(doubt,))


def sold(**values: Any) -> AcknowledgedProduct:
    """Return the product in the shop, on sale for 60 instead of 80."""
    return in_shop([row(1, price=Decimal(80), sale_price=Decimal(60), weight=Decimal("0.5"))], **values)


def aside(assembly: Assembly) -> dict[int, str]:
    return {one.item_id: one.code for one in assembly.quarantined}


def sent(assembly: Assembly, known: AcknowledgedProduct, using: Policy = POLICY) -> tuple[dict[str, Any], list[int]]:
    """Return the fields sent for the one variant, and the quantities of its stock rows."""
    (work,) = assembly.works
    made = plan(work, known, using, NOW)
    fields: dict[str, Any] = {}
    for operation in made.operations:
        if not isinstance(operation, UpdateVariants):
            continue
        (change,) = operation.changes
        values = {name: getattr(change, name) for name in ("price", "compare_at", "barcode", "weight_kg", "sku")}
        fields |= {name: value for name, value in values.items() if value is not UNSET}
    return fields, [one.quantity for one in made.stock]


@pytest.mark.parametrize(("field", "code"), PRICE_DOUBTS)
def test_d10_d11_a_cell_of_the_price_keeps_price_and_compare_at_and_lets_stock_flow(field: str, code: str) -> None:
    """D10, D11: sold out reaches the shop, the price it has stays, the list says which cell and what is in it."""
    known = sold()
    assembly = assembled([doubtful(field, barcode="NEW")], known)
    assert sent(assembly, known) == ({"barcode": "NEW"}, [0])
    assert assembly.works[0].price_kept == {1}
    (one,) = assembly.quarantined
    assert (one.item_id, one.code) == (1, code)
    assert one.message == f"View_Items.{field} 'abc': no plain decimal number"


@pytest.mark.parametrize(
    ("field", "code"), [*PRICE_DOUBTS, ("weight", "cell-unreadable"), ("barcode", "cell-unreadable")]
)
def test_d11_a_new_item_with_an_unreadable_cell_is_named_and_not_made(field: str, code: str) -> None:
    """D11: nothing is offered at a price, or under a barcode, that nobody could read."""
    assembly = assembled([doubtful(field, stock=5)])
    assert (assembly.works, aside(assembly)) == ((), {1: code})


def test_d11_an_unreadable_tax_keeps_the_price_where_tax_is_added() -> None:
    """D11: the settings' percentage is for rows without one, not for rows that could not be read."""
    known = in_shop([row(1, price=Decimal(80))], ADDING)
    assembly = assembled([doubtful("tax_percent")], known, ADDING)
    assert sent(assembly, known, ADDING) == ({}, [0])
    assert aside(assembly) == {1: "tax-unreadable"}


def test_an_unreadable_tax_is_only_named_where_prices_include_it() -> None:
    known = in_shop([row(1, price=Decimal(80))])
    assembly = assembled([doubtful("tax_percent")], known)
    assert sent(assembly, known) == ({"price": Decimal("70.00")}, [0])
    assert aside(assembly) == {1: "cell-unreadable"}


@pytest.mark.parametrize(("field", "name"), [("weight", "weight_kg"), ("barcode", "barcode")])
@pytest.mark.parametrize("force", [False, True])
def test_d10_an_unreadable_weight_or_barcode_is_left_alone_by_itself(field: str, name: str, force: bool) -> None:
    """D10: price and stock flow; the field is not sent, even where everything is sent anew."""
    ownership = dict(MAPPING.ownership) | {"weight": Ownership.ALWAYS}
    using = dataclasses.replace(mapped(ownership=ownership), force_update=force)
    known = sold()
    assembly = assembled([doubtful(field)], known, using)
    fields, stock = sent(assembly, known, using)
    assert (name in fields, fields["price"], stock) == (False, Decimal("70.00"), [0])
    assert aside(assembly) == {1: "cell-unreadable"}
    assert assembly.works[0].doubted == {1: {field}}


def test_d18_an_item_that_moves_takes_along_what_could_not_be_read() -> None:
    """D18: its new product shows the barcode and the weight that the old one showed."""
    known = sold()
    _, entered = assembled([doubtful("weight", style="Z")], known).works
    assert entered.desired is not None
    (variant,) = entered.desired.variants
    assert (variant.weight_kg, variant.price) == (Decimal("0.500"), Decimal("70.00"))


@pytest.mark.parametrize("field", ["inactive", "cannot_be_sold", "web_item"])
def test_d10_an_unreadable_flag_lets_what_is_on_offer_flow(field: str) -> None:
    """D10: the shop sells the item either way; then at least as many as there are."""
    known = sold()
    assembly = assembled([doubtful(field)], known)
    assert sent(assembly, known) == ({"price": Decimal("70.00"), "compare_at": None}, [0])
    assert aside(assembly) == {1: "flag-unreadable"}


@pytest.mark.parametrize("field", ["inactive", "cannot_be_sold", "web_item"])
@pytest.mark.parametrize("scope", [Scope.ALL, Scope.WEB_ITEM])
def test_d9_an_unreadable_flag_brings_nothing_in_and_nothing_back(field: str, scope: Scope) -> None:
    """D9: what left stays away, what is new is not made, until the flag says so."""
    using = policy(filters=FilterPolicy(scope=scope))
    known = sold()
    gone = assembled([row(1, inactive=True)], known)
    left = acknowledge_leaving(known, gone.works[0], frozenset())
    back = doubtful(field, stock=5, web_item=None if field == "web_item" else True)
    assembly = assembled([back], left, using)
    assert (set(assembly.works[0].kept), aside(assembly)) == ({1}, {1: "flag-unreadable"})
    assembly = assembled([back], using=using)
    assert (assembly.works, aside(assembly)) == ((), {1: "flag-unreadable"})


def test_d9_what_another_flag_says_for_certain_is_done() -> None:
    """D9: inactive is inactive, whatever stands in WebItem."""
    (work,) = assembled([doubtful("web_item", inactive=True)], sold()).works
    assert work.leaving == {1: "inactive"}


def test_d9_the_web_mark_is_remembered_while_it_cannot_be_read() -> None:
    """D9: unticked later, the item leaves as it should."""
    assert doubtful("web_item", web_item=None).has_web_mark(before=True)
    assert not doubtful("web_item", web_item=None).has_web_mark(before=False)
    assert not row(1, web_item=False).has_web_mark(before=True)
    assert row(1, web_item=True).has_web_mark(before=False)


def test_d10_of_several_unreadable_cells_that_of_the_price_decides() -> None:
    """D10: stock flows, and neither the price nor the weight is sent."""
    known = sold()
    both = doubtful("weight", price=None)
    both = dataclasses.replace(both, doubts=(*both.doubts, *doubtful("price").doubts))
    assembly = assembled([both], known, mapped(ownership=dict(MAPPING.ownership) | {"weight": Ownership.ALWAYS}))
    assert sent(assembly, known) == ({}, [0])
    assert aside(assembly) == {1: "price-unreadable"}
    assert known.variants[0].stock == {MAIN: 5}


def test_s10_a_row_that_could_not_be_read_at_all_names_its_trouble_once() -> None:
    """S10: no empty value, no column twice; in Spanish too."""
    broken = UnreadableRow(1, "View_Items.Quantity", "n/d", REASON)
    (one,) = assembled([], sold(), unreadable=(broken,)).quarantined
    assert one.message == "View_Items.Quantity 'n/d': no plain decimal number"
    assert told("es", one.message) == "View_Items.Quantity 'n/d': no es un número decimal simple"
    assert cell_told("View_Items", "", "the view fails") == "View_Items: the view fails"
