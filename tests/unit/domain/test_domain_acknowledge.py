"""Confirmed results folded into what we remember."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from rms_console.domain.acknowledge import (
    acknowledge,
    acknowledge_leaving,
    acknowledge_stock,
    adopt,
    hold_stock,
    learn_stock,
)
from rms_console.domain.operations import (
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
from rms_console.domain.plan import plan
from rms_console.domain.product import (
    DesiredProduct,
    Metafield,
    ObservedProduct,
    ObservedVariant,
    Status,
)
from tests.unit.domain.builders import MAIN, NOW, POLICY, SECOND, ids_for, in_shop, row, work_of

KNOWN = in_shop([row(1), row(2)])
STYLE = "K100-NEG"


def desired_of(*items: int) -> DesiredProduct:
    desired = work_of([row(item) for item in items]).desired
    assert desired is not None
    return desired


def test_a_created_product_is_remembered_whole() -> None:
    desired = desired_of(1, 2)
    product = acknowledge(None, CreateProduct(desired), "P9", ids_for(desired.variants))
    assert (product.product_id, product.title, product.status) == ("P9", desired.title, Status.DRAFT)
    assert product.created_by_us
    assert product.published == ()
    first = product.variants[0]
    assert (first.variant_id, first.inventory_item_id, first.price) == ("V1", "I1", Decimal("100.00"))
    assert (first.options, first.stock) == (("Negro", "36"), {MAIN: 5})


def test_a_variant_without_ids_is_not_remembered() -> None:
    product = acknowledge(None, CreateProduct(desired_of(1, 2)), "P9", {1: ("V1", "I1")})
    assert [one.item_id for one in product.variants] == [1]


def test_a_confirmation_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="without a product id"):
        acknowledge(None, CreateProduct(desired_of(1)), None, {})
    with pytest.raises(ValueError, match="no product is known"):
        acknowledge(None, PublishProduct(STYLE, "P1", ("Pub",)), "P1", {})


def test_changes_of_fields_are_folded_in() -> None:
    product = acknowledge(KNOWN, UpdateProduct(STYLE, "P1", title="New", tags=("a",)), None, {})
    assert (product.title, product.tags, product.vendor) == ("New", ("a",), "Kenneth Cole")
    change = VariantChange(1, "V1", price=Decimal(9), compare_at=None, options=(("Color", "Azul"), ("Talla", "1")))
    product = acknowledge(product, UpdateVariants(STYLE, "P1", (change,)), None, {})
    first, second = product.variants
    assert (first.price, first.compare_at, first.options, first.sku) == (Decimal(9), None, ("Azul", "1"), "SKU-1")
    assert second is KNOWN.variants[1]


def test_added_variants_activated_stock_metafields_and_publications_are_folded_in() -> None:
    extra = desired_of(1, 2, 3).variants[2:]
    product = acknowledge(KNOWN, CreateVariants(STYLE, "P1", ("Color", "Talla"), extra), None, ids_for(extra))
    assert [one.item_id for one in product.variants] == [1, 2, 3]
    product = acknowledge(product, ActivateStock(STYLE, 3, "I3", SECOND, 4), None, {})
    assert product.variants[2].stock == {MAIN: 5, SECOND: 4}
    product = acknowledge(product, SetMetafields(STYLE, "P1", (Metafield("rms", "family", "t", "Ropa"),)), None, {})
    assert {one.key: one.value for one in product.metafields}["family"] == "Ropa"
    assert len(product.metafields) == len(KNOWN.metafields)
    product = acknowledge(product, PublishProduct(STYLE, "P1", ("Pub1", "Pub2")), None, {})
    assert product.published == ("Pub1", "Pub2")


def test_an_inherited_variant_belongs_to_the_heir() -> None:
    change = VariantChange(9, "V1", sku="SKU-9")
    product = acknowledge(KNOWN, UpdateVariants(STYLE, "P1", (change,)), None, {})
    assert [(one.item_id, one.variant_id) for one in product.variants] == [(9, "V1"), (2, "V2")]


@pytest.mark.parametrize(
    ("status", "before", "sent", "now_before"),
    [
        (Status.ACTIVE, None, Status.DRAFT, Status.ACTIVE),
        (Status.DRAFT, None, Status.ARCHIVED, Status.DRAFT),
        (Status.DRAFT, Status.ACTIVE, Status.ARCHIVED, Status.ACTIVE),
        (Status.DRAFT, Status.ACTIVE, Status.ACTIVE, None),
        (Status.ARCHIVED, Status.DRAFT, Status.DRAFT, None),
        (Status.DRAFT, None, Status.ACTIVE, None),
    ],
)
def test_d9_the_status_before_leaving_is_remembered_until_it_is_back(
    status: Status, before: Status | None, sent: Status, now_before: Status | None
) -> None:
    product = dataclasses.replace(KNOWN, status=status, status_before_leaving=before)
    product = acknowledge(product, UpdateProduct(STYLE, "P1", status=sent), None, {})
    assert (product.status, product.status_before_leaving) == (sent, now_before)


def test_confirmed_stock_rows_are_folded_in_and_others_passed_over() -> None:
    rows = [StockWrite(STYLE, 1, "I1", MAIN, 3, 5), StockWrite("OTHER", 8, "I8", MAIN, 1, 0)]
    product = acknowledge_stock(KNOWN, rows)
    assert product.variants[0].stock == {MAIN: 3}
    assert product.variants[1] is KNOWN.variants[1]
    assert acknowledge_stock(KNOWN, rows[1:]) is KNOWN


def test_w3_a_hold_survives_the_smaller_step_and_ends_with_the_held_quantity() -> None:
    """W3: as the engine does it: learn, hold, write what the policy allows."""
    held = hold_stock(learn_stock(KNOWN, {("I1", MAIN): 4}), 1, MAIN, 9, NOW)
    stepped = acknowledge_stock(held, [StockWrite(STYLE, 1, "I1", MAIN, 8, 4)])
    assert (stepped.variants[0].stock, stepped.variants[0].held_stock) == ({MAIN: 8}, {MAIN: 9})
    assert stepped.variants[0].held_since == NOW
    reached = acknowledge_stock(stepped, [StockWrite(STYLE, 1, "I1", MAIN, 9, 8)])
    assert (reached.variants[0].held_stock, reached.variants[0].held_since) == ({}, None)


def test_w3_a_hold_on_a_quantity_that_rms_no_longer_wants_ends() -> None:
    held = hold_stock(KNOWN, 1, MAIN, 9, NOW)
    same = acknowledge_leaving(held, work_of([row(1, stock=9), row(2)], KNOWN), frozenset())
    assert same.variants[0].held_stock == {MAIN: 9}
    moved = acknowledge_leaving(held, work_of([row(1, stock=7), row(2)], KNOWN), frozenset())
    assert moved.variants[0].held_stock == {}


def test_learned_stock_replaces_and_unstocked_is_forgotten() -> None:
    product = learn_stock(KNOWN, {("I1", MAIN): None, ("I1", SECOND): 2, ("I2", MAIN): 1})
    assert [one.stock for one in product.variants] == [{SECOND: 2}, {MAIN: 1}]


def test_d9_who_left_is_marked_and_who_came_back_is_not() -> None:
    gone = work_of([row(1, inactive=True), row(2)], KNOWN)
    product = acknowledge_leaving(KNOWN, gone, frozenset())
    assert [one.left_reason for one in product.variants] == ["inactive", None]
    back = acknowledge_leaving(product, work_of([row(1), row(2)], product), frozenset())
    assert [one.left_reason for one in back.variants] == [None, None]
    assert back == KNOWN


def test_d9_the_web_mark_is_remembered_while_the_item_is_out() -> None:
    """D9: unticked it leaves and stays out; ticked again it returns."""
    ticked, unticked = row(1, web_item=True), row(1, web_item=False)
    product = acknowledge_leaving(KNOWN, work_of([ticked, row(2)], KNOWN), frozenset({1}))
    assert product.variants[0].was_web_item
    for _ in range(2):
        work = work_of([unticked, row(2)], product)
        assert work.leaving == {1: "not-web-item"}
        product = acknowledge_leaving(product, work, frozenset())
    work = work_of([ticked, row(2)], product)
    assert work.leaving == {}
    assert acknowledge_leaving(product, work, frozenset({1})).variants[0].left_reason is None


def test_nothing_to_note_gives_the_same_product() -> None:
    assert acknowledge_leaving(KNOWN, work_of([row(1), row(2)], KNOWN), frozenset()) is KNOWN


def observed(*variants: ObservedVariant, style: str | None = None, **changes: object) -> ObservedProduct:
    product = ObservedProduct(
        "P7", style, "Hand made title", "<p>Theirs</p>", "Acme", "Shoes", ("z", "a"), Status.ACTIVE, ("Color", "Talla"),
        variants,
    )  # fmt: skip
    return dataclasses.replace(product, **changes)  # type: ignore[arg-type]


def seen(number: int, sku: str | None, *options: str, price: str = "90") -> ObservedVariant:
    return ObservedVariant(f"W{number}", f"J{number}", sku, options, Decimal(price), None, None, None, {MAIN: 2})


def test_w7_adoption_matches_by_sku_then_by_options_and_leaves_the_rest_alone() -> None:
    """W7: the shop's other variants do not enter our memory."""
    shop = observed(seen(1, "sku-2 ", "Rojo", "1"), seen(2, None, "negro", "36"), seen(3, "HAND", "Verde", "9"))
    product = adopt(shop, desired_of(1, 2), STYLE)
    assert {one.item_id: one.variant_id for one in product.variants} == {2: "W1", 1: "W2"}
    assert (product.title, product.tags, product.status) == ("Hand made title", ("a", "z"), Status.ACTIVE)
    assert not product.created_by_us


def test_w5_after_adoption_only_what_is_ours_is_mended() -> None:
    """W5: price, SKU and stock go out, the merchant's words and the foreign variant do not."""
    product = adopt(observed(seen(1, "SKU-1", "Negro", "36"), seen(3, "HAND", "Verde", "9")), desired_of(1), STYLE)
    made = plan(work_of([row(1)], product), product, POLICY, NOW)
    kinds = [type(one).__name__ for one in made.operations]
    assert kinds == ["UpdateVariants", "SetMetafields"]
    update = made.operations[0]
    assert isinstance(update, UpdateVariants)
    assert [change.variant_id for change in update.changes] == ["W1"]
    assert made.stock == (StockWrite(STYLE, 1, "J1", MAIN, 5, 2),)


def test_of_two_variants_with_one_sku_the_one_with_our_options_is_ours() -> None:
    shop = observed(seen(1, "SKU-1", "Rojo", "36"), seen(2, "SKU-1", "Negro", "36"))
    assert adopt(shop, desired_of(1), STYLE).variants[0].variant_id == "W2"


def test_s5_a_product_with_our_custom_id_is_ours() -> None:
    """S5: a creation whose answer was lost, or a lost ledger."""
    assert adopt(observed(seen(1, "SKU-1", "Negro", "36"), style="k100-neg"), desired_of(1), STYLE).created_by_us


def test_reading_a_known_product_again_goes_by_ids_and_keeps_what_the_shop_does_not_tell() -> None:
    known = dataclasses.replace(KNOWN, published=("Pub",), status_before_leaving=Status.ACTIVE)
    first = dataclasses.replace(known.variants[0], left_reason="deleted", was_web_item=True)
    known = dataclasses.replace(known, variants=(first, known.variants[1]))
    shop = ObservedProduct(
        "P1", STYLE, "T", "", "", "", (), Status.DRAFT, ("Color", "Talla"),
        (ObservedVariant("V1", "I1", "SKU-2", ("x", "y"), Decimal(1), None, None), seen(2, "SKU-2", "q", "w")),
    )  # fmt: skip
    product = adopt(shop, desired_of(2), STYLE, known)
    by_item = {one.item_id: one for one in product.variants}
    assert (by_item[1].variant_id, by_item[1].left_reason, by_item[1].was_web_item) == ("V1", "deleted", True)
    assert by_item[2].variant_id == "W2"
    assert (product.published, product.status_before_leaving) == (("Pub",), Status.ACTIVE)
    shown = adopt(dataclasses.replace(shop, status=Status.ACTIVE), desired_of(2), STYLE, known)
    assert shown.status_before_leaving is None


def test_w6_a_product_that_was_made_anew_carries_nothing_over() -> None:
    known = dataclasses.replace(KNOWN, published=("Pub",))
    product = adopt(observed(seen(1, "SKU-1", "Negro", "36"), style=STYLE), desired_of(1), STYLE, known)
    assert (product.product_id, product.published) == ("P7", ())
    assert [one.variant_id for one in product.variants] == ["W1"]


def test_adoption_reads_options_in_the_products_own_order() -> None:
    shop = observed(seen(1, None, "36", "NEGRO"), option_names=("talla", "color"))
    product = adopt(shop, desired_of(1), STYLE)
    assert product.variants[0].variant_id == "W1"
    assert product.variants[0].options == ("36", "NEGRO")
