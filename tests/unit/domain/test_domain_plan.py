"""Plans: minimal, respectful of what the merchant owns, in an order that never shows a wrong price."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from rms_console.domain.acknowledge import acknowledge
from rms_console.domain.operations import (
    UNSET,
    ActivateStock,
    CreateProduct,
    CreateVariants,
    PublishProduct,
    SetMetafields,
    StockWrite,
    UpdateProduct,
    UpdateVariants,
    VariantChange,
)
from rms_console.domain.plan import NOTE_OPTIONS_DIFFER, plan
from rms_console.domain.policy import (
    DEFAULT_OWNERSHIP,
    FIELDS,
    Conflict,
    FilterPolicy,
    Leaving,
    Ownership,
    Policy,
    StockPolicy,
)
from rms_console.domain.product import AcknowledgedProduct, Metafield, Status
from rms_console.domain.withdrawal import sign
from tests.unit.domain.builders import MAIN, NOW, POLICY, SECOND, in_shop, mapped, policy, row, work_of


def planned(rows: list[Any], known: AcknowledgedProduct | None, using: Policy = POLICY, **read: Any) -> Any:
    return plan(work_of(rows, known, using, **read), known, using, NOW)


def owned(**owners: Ownership) -> Policy:
    return mapped(ownership={**DEFAULT_OWNERSHIP, **owners})


def test_g8_nothing_changed_nothing_sent() -> None:
    """G8: an unchanged product costs nothing."""
    made = planned([row(1), row(2)], in_shop([row(1), row(2)]))
    assert made.is_empty


def test_an_unknown_product_is_created_with_its_stock() -> None:
    made = planned([row(1), row(2)], None)
    (operation,) = made.operations
    assert isinstance(operation, CreateProduct)
    assert [one.stock for one in operation.product.variants] == [{MAIN: 5}, {MAIN: 5}]
    assert made.stock == ()


def test_a_created_product_is_published_by_the_next_plan_and_only_once() -> None:
    using = mapped(publications=("Pub1", "Pub2"))
    known = in_shop([row(1)], using)
    assert planned([row(1)], known, using).operations == (PublishProduct("K100-NEG", "P1", ("Pub1", "Pub2")),)
    half = dataclasses.replace(known, published=("Pub1",))
    assert planned([row(1)], half, using).operations == (PublishProduct("K100-NEG", "P1", ("Pub2",)),)
    assert planned([row(1)], dataclasses.replace(known, published=("Pub1", "Pub2")), using).is_empty


def test_an_adopted_product_is_not_published() -> None:
    using = mapped(publications=("Pub1",))
    made = planned([row(1)], in_shop([row(1)], using, created_by_us=False), using)
    assert [type(operation) for operation in made.operations] == [SetMetafields]


def test_an_adopted_product_gets_the_custom_id_that_it_lacks_and_once() -> None:
    adopted = in_shop([row(1)], created_by_us=False)
    (operation,) = planned([row(1)], adopted).operations
    assert operation == SetMetafields("K100-NEG", "P1", (Metafield("rms", "ccod", "id", "K100-NEG"),))
    assert planned([row(1)], acknowledge(adopted, operation, None, {})).is_empty


def test_a_product_with_a_merchants_option_names_keeps_its_option_values() -> None:
    adopted = in_shop([row(1)], created_by_us=False, option_names=("Size", "Colour"))
    made = planned([row(1, price=Decimal("120.00"))], adopted)
    (change,) = next(one.changes for one in made.operations if isinstance(one, UpdateVariants))
    assert (change.price, change.options) == (Decimal("120.00"), UNSET)
    assert made.notes == (NOTE_OPTIONS_DIFFER,)


def test_a_price_change_touches_one_field_of_one_variant() -> None:
    made = planned([row(1), row(2, price=Decimal(120))], in_shop([row(1), row(2)]))
    change = VariantChange(2, "V2", price=Decimal("120.00"))
    assert made.operations == (UpdateVariants("K100-NEG", "P1", (change,)),)
    assert made.stock == ()


def test_d12_a_sale_sets_compare_at_and_its_end_clears_it() -> None:
    """D12: both ways with no other field."""
    sale = row(1, sale_price=Decimal(80))
    (opened,) = planned([sale], in_shop([row(1)])).operations
    assert opened.changes == (VariantChange(1, "V1", price=Decimal("80.00"), compare_at=Decimal("100.00")),)
    (closed,) = planned([row(1)], in_shop([sale])).operations
    assert closed.changes == (VariantChange(1, "V1", price=Decimal("100.00"), compare_at=None),)


def test_a_value_never_confirmed_counts_as_different() -> None:
    known = in_shop([row(1)])
    unsure = dataclasses.replace(known, variants=(dataclasses.replace(known.variants[0], price=None),))
    (update,) = planned([row(1)], unsure).operations
    assert update.changes == (VariantChange(1, "V1", price=Decimal("100.00"), compare_at=None),)


def test_stock_is_written_against_what_the_shop_confirmed() -> None:
    made = planned([row(1, stock=3), row(2)], in_shop([row(1), row(2)]))
    assert made.operations == ()
    assert made.stock == (StockWrite("K100-NEG", 1, "I1", MAIN, 3, 5),)


def test_stock_of_unknown_quantity_is_written_without_a_check() -> None:
    known = in_shop([row(1)])
    unsure = dataclasses.replace(known, variants=(dataclasses.replace(known.variants[0], stock={MAIN: None}),))
    assert planned([row(1)], unsure).stock == (StockWrite("K100-NEG", 1, "I1", MAIN, 5, None),)


def test_a_new_location_is_activated() -> None:
    using = mapped(locations={"Exis00": MAIN, "Exis57": SECOND})
    made = planned([row(1)], in_shop([row(1)]), using)
    assert made.operations == (ActivateStock("K100-NEG", 1, "I1", SECOND, 0),)


def test_w5_the_merchants_fields_are_left_alone() -> None:
    """W5: title, text, tags, status, vendor and weight changed in RMS are not sent by default."""
    changed = row(1, description="OTRO NOMBRE", manufacturer="Otro", family="Ropa", weight=Decimal(2))
    known = in_shop([row(1)])
    (operation,) = planned([changed], known).operations
    assert operation == SetMetafields("K100-NEG", "P1", (Metafield("rms", "family", "single_line_text_field", "Ropa"),))


def test_w5_a_metafield_that_rms_no_longer_fills_is_not_removed() -> None:
    assert planned([row(1, gender=None)], in_shop([row(1)])).is_empty


@pytest.mark.parametrize(
    ("field", "change", "attribute", "value"),
    [
        ("title", {"description": "OTRO"}, "title", "OTRO"),
        ("description", {"description": "OTRO"}, "description_html", "<p>OTRO</p>"),
        ("vendor", {"manufacturer": "Otro"}, "vendor", "Otro"),
        ("product_type", {"category": "Tenis"}, "product_type", "Tenis"),
        ("tags", {"gender": "Hombre"}, "tags", ("Botas", "Hombre", "Zapatos")),
    ],
)
def test_content_that_is_always_ours_is_kept_equal(
    field: str, change: dict[str, Any], attribute: str, value: Any
) -> None:
    using = owned(**{field: Ownership.ALWAYS, "metafields": Ownership.CREATE})
    (operation,) = planned([row(1, **change)], in_shop([row(1)]), using).operations
    assert isinstance(operation, UpdateProduct)
    assert getattr(operation, attribute) == value
    given = [one for one in dataclasses.fields(operation) if getattr(operation, one.name) is not UNSET]
    assert {one.name for one in given} == {"style", "product_id", attribute}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("price", {"price": Decimal(120)}),
        ("sku", {"sku": "OTHER"}),
        ("barcode", {"barcode": "999"}),
        ("options", {"size": "44"}),
        ("stock", {"stock": 0}),
    ],
)
@pytest.mark.parametrize("owner", [Ownership.CREATE, Ownership.NEVER])
def test_w5_what_is_not_always_ours_is_not_sent_again(field: str, change: dict[str, Any], owner: Ownership) -> None:
    """W5: and what is, is."""
    known = in_shop([row(1)])
    assert planned([row(1, **change)], known, owned(**{field: owner})).is_empty
    assert not planned([row(1, **change)], known).is_empty


def test_fields_that_are_never_ours_are_left_out_of_a_creation_too() -> None:
    using = owned(**dict.fromkeys(FIELDS, Ownership.NEVER))
    (operation,) = planned([row(1, sale_price=Decimal(50), weight=Decimal(1))], None, using).operations
    product = operation.product
    assert (product.description_html, product.vendor, product.tags, product.metafields) == ("", "", (), ())
    (variant,) = product.variants
    assert (variant.compare_at, variant.barcode, variant.weight_kg, dict(variant.stock)) == (None, None, None, {})
    assert (product.title, variant.sku, variant.price) == ("KENNETH COLE", "SKU-1", Decimal("50.00"))


def test_a_new_sibling_is_added() -> None:
    made = planned([row(1), row(2)], in_shop([row(1)]))
    (operation,) = made.operations
    assert isinstance(operation, CreateVariants)
    assert [one.item_id for one in operation.variants] == [2]
    assert operation.option_names == ("Color", "Talla")
    assert made.stock == ()


def test_d11_an_unusable_price_is_never_written_also_by_force() -> None:
    """D11: the row's stock goes out, its price does not."""
    using = policy(force_update=True)
    made = planned([row(1, price=Decimal(0), stock=2)], in_shop([row(1)]), using)
    changes = [
        change for operation in made.operations if isinstance(operation, UpdateVariants) for change in operation.changes
    ]
    assert all(change.price is UNSET and change.compare_at is UNSET for change in changes)
    assert made.stock == (StockWrite("K100-NEG", 1, "I1", MAIN, 2, 5),)


def test_d11_a_vanished_product_is_not_made_again_without_a_price() -> None:
    known = in_shop([row(1)])
    unsure = dataclasses.replace(known, variants=(dataclasses.replace(known.variants[0], price=None),))
    work = work_of([row(1, price=None)], unsure)
    assert plan(work, None, POLICY, NOW).is_empty
    assert plan(work, dataclasses.replace(unsure, variants=()), POLICY, NOW).is_empty


def test_what_left_is_set_to_0_everywhere_and_its_siblings_are_not() -> None:
    using = mapped(locations={"Exis00": MAIN, "Exis57": SECOND})
    known = in_shop([row(1), row(2)], using)
    first = dataclasses.replace(known.variants[0], stock={MAIN: 5, SECOND: None})
    known = dataclasses.replace(known, variants=(first, known.variants[1]))
    made = planned([row(2)], known, using, deleted=frozenset({1}))
    assert made.operations == ()
    assert made.stock == (
        StockWrite("K100-NEG", 1, "I1", MAIN, 0, 5),
        StockWrite("K100-NEG", 1, "I1", SECOND, 0, None),
    )


def sold_out(known: AcknowledgedProduct, **changes: Any) -> AcknowledgedProduct:
    variants = tuple(dataclasses.replace(one, stock={MAIN: 0}) for one in known.variants)
    return dataclasses.replace(known, variants=variants, **changes)


def withdrawal(status: Status, before: Status) -> UpdateProduct:
    """Return the update that withdraws a product, with the sign of what it was."""
    return UpdateProduct("K100-NEG", "P1", status=status, metafields=(sign("rms", before),))


def test_d9_a_product_leaves_the_shop_window_only_after_its_stock_is_0() -> None:
    """D9: first the stock, then the status."""
    active = in_shop([row(1)], mapped(status=Status.ACTIVE))
    first = planned([row(1, inactive=True)], active)
    assert first.operations == ()
    assert [one.quantity for one in first.stock] == [0]
    assert first.notes == ("status-waits-for-stock",)
    then = planned([row(1, inactive=True)], sold_out(active))
    assert then.operations == (withdrawal(Status.DRAFT, Status.ACTIVE),)
    assert planned([row(1, inactive=True)], sold_out(active, status=Status.DRAFT)).is_empty


@pytest.mark.parametrize(
    ("gone", "excluded", "change", "before", "status"),
    [
        (Leaving.DRAFT, Leaving.ZERO, {"inactive": True}, Status.ACTIVE, Status.DRAFT),
        (Leaving.ARCHIVE, Leaving.ZERO, {"inactive": True}, Status.ACTIVE, Status.ARCHIVED),
        (Leaving.ARCHIVE, Leaving.ZERO, {"inactive": True}, Status.DRAFT, Status.ARCHIVED),
        (Leaving.DRAFT, Leaving.ZERO, {"inactive": True}, Status.ARCHIVED, None),
        (Leaving.DRAFT, Leaving.ZERO, {"inactive": True}, Status.UNLISTED, Status.DRAFT),
        (Leaving.ZERO, Leaving.DRAFT, {"inactive": True}, Status.ACTIVE, None),
        (Leaving.ZERO, Leaving.DRAFT, {"family": "n/d"}, Status.ACTIVE, Status.DRAFT),
        (Leaving.DRAFT, Leaving.ARCHIVE, {"family": "n/d"}, Status.ACTIVE, Status.ARCHIVED),
    ],
)
def test_d9_the_rules_say_what_becomes_of_an_emptied_product(
    gone: Leaving, excluded: Leaving, change: dict[str, Any], before: Status, status: Status | None
) -> None:
    filters = FilterPolicy(when_gone=gone, when_excluded=excluded, excluded_families=frozenset({"n/d"}))
    known = sold_out(in_shop([row(1)]), status=before)
    made = planned([row(1, **change)], known, policy(filters=filters))
    assert made.operations == ((withdrawal(status, before),) if status else ())


def test_a_product_with_a_kept_variant_stays_in_the_window() -> None:
    known = sold_out(in_shop([row(1), row(2)]), status=Status.ACTIVE)
    assert planned([row(1, inactive=True)], known).is_empty


def test_d9_a_product_that_comes_back_gets_its_status_back_after_its_price() -> None:
    """D9: prices first, so that nothing is shown at the old one."""
    known = sold_out(in_shop([row(1)]), status=Status.DRAFT, status_before_leaving=Status.ACTIVE)
    made = planned([row(1, price=Decimal(120))], known)
    assert [type(one) for one in made.operations] == [UpdateVariants, UpdateProduct]
    assert made.operations[1].status is Status.ACTIVE
    assert made.operations[1].metafields is UNSET
    assert [one.quantity for one in made.stock] == [5]


def test_d9_the_sign_of_a_withdrawal_is_void_when_the_product_is_back() -> None:
    """D9, S5: by the same mutation; or by one of its own, when a person made the product visible."""
    there = in_shop([row(1)])
    signed, void_now = ((*there.metafields, sign("rms", before)) for before in (Status.ACTIVE, None))
    known = sold_out(there, status=Status.DRAFT, status_before_leaving=Status.ACTIVE, metafields=signed)
    (back,) = planned([row(1)], known).operations
    assert back == UpdateProduct("K100-NEG", "P1", status=Status.ACTIVE, metafields=(sign("rms", None),))
    by_hand = dataclasses.replace(known, status=Status.ACTIVE, status_before_leaving=None)
    (void,) = planned([row(1)], by_hand).operations
    assert void == SetMetafields("K100-NEG", "P1", (sign("rms", None),))
    assert planned([row(1)], dataclasses.replace(by_hand, metafields=void_now)).operations == ()


def test_an_heir_takes_over_the_variant_and_then_its_stock() -> None:
    known = in_shop([row(1), row(2)])
    rows = [row(2), row(9, size="36", price=Decimal(70), barcode=None)]
    made = planned(rows, known, deleted=frozenset({1}))
    (update,) = made.operations
    (change,) = update.changes
    assert (change.item_id, change.variant_id, change.sku) == (9, "V1", "SKU-9")
    assert (change.price, change.compare_at, change.barcode) == (Decimal("70.00"), None, None)
    assert made.stock == ()


@pytest.mark.parametrize(
    ("held", "hours", "desired", "conflict", "written"),
    [
        (5, 1, 5, Conflict.LOWER, False),
        (5, 23.9, 5, Conflict.LOWER, False),
        (5, 24, 5, Conflict.LOWER, True),
        (5, 1, 6, Conflict.LOWER, True),
        (5, 1, 5, Conflict.RMS, True),
    ],
)
def test_w3_a_hold_ends_when_rms_moves_or_the_grace_is_over(
    held: int, hours: float, desired: int, conflict: Conflict, written: bool
) -> None:
    """W3: held while the desired quantity is the same and the grace runs."""
    known = in_shop([row(1)])
    variant = dataclasses.replace(
        known.variants[0], stock={MAIN: 3}, held_stock={MAIN: held}, held_since=NOW - timedelta(hours=hours)
    )
    known = dataclasses.replace(known, variants=(variant,))
    made = planned([row(1, stock=desired)], known, policy(stock=StockPolicy(conflict=conflict)))
    assert bool(made.stock) is written


def test_by_force_everything_of_ours_is_sent_again() -> None:
    made = planned([row(1)], in_shop([row(1)]), policy(force_update=True))
    update, metafields = made.operations
    (change,) = update.changes
    assert UNSET not in (change.price, change.compare_at, change.sku, change.barcode, change.options)
    assert len(metafields.metafields) == 3
    assert made.stock == (StockWrite("K100-NEG", 1, "I1", MAIN, 5, 5),)


def test_inputs_stay_within_what_the_shop_takes() -> None:
    rows = [row(item, size=f"T{item}") for item in range(1, 302)]
    dearer = [dataclasses.replace(one, price=Decimal(150)) for one in rows]
    updates = planned(dearer, in_shop(rows)).operations
    assert [len(one.changes) for one in updates] == [250, 51]
    additions = planned(rows, in_shop(rows[:1])).operations
    assert [len(one.variants) for one in additions] == [250, 50]
    using = mapped(metafields_from={f"k{number}": "family" for number in range(30)})
    fields = planned([row(1, family="Ropa")], in_shop([row(1)], using), using).operations
    assert [len(one.metafields) for one in fields] == [25, 5]


def test_options_are_written_in_the_names_the_product_has() -> None:
    known = dataclasses.replace(in_shop([row(1)]), option_names=("Talla", "Color"))
    known = dataclasses.replace(known, variants=(dataclasses.replace(known.variants[0], options=("36", "Negro")),))
    assert planned([row(1)], known).is_empty
    (update,) = planned([row(1, size="40")], known).operations
    assert update.changes == (VariantChange(1, "V1", options=(("Talla", "40"), ("Color", "Negro"))),)


def test_a_product_without_options_keeps_its_form_and_says_so() -> None:
    known = dataclasses.replace(in_shop([row(1)]), option_names=("Title",))
    known = dataclasses.replace(known, variants=(dataclasses.replace(known.variants[0], options=("Default Title",)),))
    made = planned([row(1, price=Decimal(120))], known)
    (update,) = made.operations
    assert update.changes == (VariantChange(1, "V1", price=Decimal("120.00")),)
    assert made.notes == ("options-differ",)
