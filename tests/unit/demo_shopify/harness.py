"""A shop with a clock turned by hand, and short ways to ask it things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rms_console.demo.shopify import EmbeddedShop, GraphQLRequest, ShopSettings

VERSION = "2026-10"
START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

DEFINE = """
mutation ($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id namespace key type { name } capabilities { uniqueValues { enabled } } }
    userErrors { field message code }
  }
}
"""
SET = """
mutation Set($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input) {
    product { id handle }
    userErrors { field message code }
  }
}
"""
SET_STOCK = """
mutation Stock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange } }
    userErrors { field message code }
  }
}
"""


class Clock:
    """Seconds and wall time that move only when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


class Bench:
    """A shop under test."""

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        base = ShopSettings(monotonic=self.clock.monotonic, now=self.clock.now)
        self.shop = EmbeddedShop(replace(base, **settings))
        self.locations = [location.id for location in self.shop.state.locations.values()]

    def ask(self, query: str, variables: Mapping[str, Any] | None = None, version: str = VERSION) -> dict[str, Any]:
        return self.shop.answer(GraphQLRequest(query, variables or {}), version)

    def data(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body = self.ask(query, variables)
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    def payload(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the payload of a mutation of one root field."""
        payload: dict[str, Any] = next(iter(self.data(query, variables).values()))
        return payload

    def requested(self, query: str, variables: Mapping[str, Any] | None = None) -> int:
        cost: int = self.ask(query, variables)["extensions"]["cost"]["requestedQueryCost"]
        return cost

    def define_custom_id(self) -> None:
        definition = {"name": "CCOD", "namespace": "rms", "key": "ccod", "type": "id", "ownerType": "PRODUCT"}
        assert self.payload(DEFINE, {"definition": definition})["userErrors"] == []

    def make(self, style: str = "C1", sizes: Sequence[str] = ("38", "39"), **more: Any) -> dict[str, Any]:
        """Set a product by custom id; return the productSet payload."""
        if self.shop.state.definition("PRODUCT", "rms", "ccod") is None:
            self.define_custom_id()
        return self.payload(SET, product(style, sizes, **more))

    def item_ids(self, style: str = "C1") -> list[str]:
        found = self.shop.product_by_style(style)
        assert found is not None
        return [variant.item.id for variant in found.variants]


def product(style: str = "C1", sizes: Sequence[str] = ("38", "39"), **more: Any) -> dict[str, Any]:
    """Return variables of productSet for a product of one colour with these sizes; `more` goes into the input."""
    given: dict[str, Any] = {
        "title": f"Zapato {style}",
        "metafields": [custom_id(style)],
        "productOptions": [
            {"name": "Color", "values": [{"name": "NEGRO"}]},
            {"name": "Talla", "values": [{"name": size} for size in sizes]},
        ],
        "variants": [variant(style, size) for size in sizes],
    }
    return {"identifier": {"customId": custom_id(style)}, "input": {**given, **more}}


def custom_id(style: str) -> dict[str, str]:
    return {"namespace": "rms", "key": "ccod", "value": style}


def variant(style: str, size: str, **more: Any) -> dict[str, Any]:
    given = {
        "optionValues": options(size),
        "sku": f"{style}-{size}",
        "price": "19900.00",
        "inventoryItem": {"tracked": True},
    }
    return {**given, **more}


def options(size: str) -> list[dict[str, str]]:
    return [{"optionName": "Color", "name": "NEGRO"}, {"optionName": "Talla", "name": size}]


def codes(payload: Mapping[str, Any]) -> list[str | None]:
    return [error["code"] for error in payload["userErrors"]]


def paths(payload: Mapping[str, Any]) -> list[list[str]]:
    return [error["field"] for error in payload["userErrors"]]


def stock_rows(item_ids: Sequence[str], location: str, quantity: int, expected: int | None) -> list[dict[str, Any]]:
    return [
        {"inventoryItemId": item, "locationId": location, "quantity": quantity, "changeFromQuantity": expected}
        for item in item_ids
    ]


def stock_call(rows: Sequence[Mapping[str, Any]], key: str = "k1", **more: Any) -> dict[str, Any]:
    given = {"name": "available", "reason": "correction", "quantities": list(rows)}
    return {"input": {**given, **more}, "key": key}
