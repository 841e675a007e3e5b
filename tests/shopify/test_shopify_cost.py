"""Predicted points, against the figures recorded from real shops."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rms_console.domain import cost
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
from rms_console.domain.product import DesiredProduct, DesiredVariant, Metafield, Status

ROW = StockWrite("S", 1, "gid://shopify/InventoryItem/1", "gid://shopify/Location/1", 5, 4)
FIELD = Metafield("rms", "family", "single_line_text_field", "Zapatos")
CHANGE = VariantChange(1, "gid://shopify/ProductVariant/1", price=Decimal(10))


def variants(count: int) -> tuple[DesiredVariant, ...]:
    return tuple(DesiredVariant(n, f"S{n}", (str(n),), Decimal(1), None, None, None, {}) for n in range(count))


def product(count: int, metafields: int) -> DesiredProduct:
    return DesiredProduct("S", "T", "", "", "", (), Status.DRAFT, ("Talla",), (FIELD,) * metafields, variants(count))


@pytest.mark.parametrize(
    ("operation", "points"),
    [
        (UpdateVariants("S", "p", (CHANGE,)), 10),
        (UpdateVariants("S", "p", (CHANGE,) * 20), 14),
        (UpdateVariants("S", "p", (CHANGE,) * 100), 30),
        (UpdateVariants("S", "p", (CHANGE,) * 260), 60 + 12),
        (UpdateProduct("S", "p", title="x"), 10),
        (CreateVariants("S", "p", ("Talla",), variants(5)), 13),
        (CreateVariants("S", "p", ("Talla",), variants(3)), 13),
        (CreateVariants("S", "p", ("Talla",), variants(2)), 12),
        (SetMetafields("S", "p", (FIELD,) * 25), 10),
        (SetMetafields("S", "p", (FIELD,) * 26), 20),
        (ActivateStock("S", 1, "i", "l", 3), 10),
        (PublishProduct("S", "p", ("a", "b")), 10),
        (SetStock((ROW,)), 10),
        (SetStock((ROW,) * 250), 10),
        (SetStock((ROW,) * 251), 20),
        (CreateProduct(product(1, 0)), 10 + 2 + 3 + 1),
        (CreateProduct(product(10, 4)), 10 + 2 + 2 + 2 + 4 * 3),
        (CreateProduct(product(300, 0)), 10 + 60 + (2 + 11 * 3) + (1 + 2 + 11 * 3)),
    ],
)
def test_an_operation_costs_what_the_rule_says(operation: Operation, points: float) -> None:
    assert cost.predicted_points(operation) == points


@pytest.mark.parametrize(("first", "times"), [(1, 1), (5, 3), (10, 4), (25, 6), (50, 7), (100, 9), (250, 11)])
def test_a_connection_counts_its_children_by_the_logarithm_of_its_page(first: int, times: int) -> None:
    assert cost.multiplier(first) == times


@pytest.mark.parametrize(("total", "sizes"), [(0, (0,)), (1, (1,)), (25, (25,)), (26, (25, 1)), (75, (25, 25, 25))])
def test_calls_are_cut_into_the_allowed_sizes(total: int, sizes: tuple[int, ...]) -> None:
    assert cost.chunks(total, 25) == sizes
