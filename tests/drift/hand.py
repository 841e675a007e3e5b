"""Hands in the shop's own pages: what is changed here no request of ours has changed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from rms_console.demo.shopify import EmbeddedShop
from rms_console.demo.shopify.model import Variant
from tests.engine_adopt.merchant import Merchant

ADD = """
mutation ($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkCreate(productId: $product, variants: $variants) { userErrors { message } }
}
"""


class Hand(Merchant):
    """Edits single values by SKU."""

    def __init__(self, shop: EmbeddedShop) -> None:
        super().__init__(shop)

    def variant(self, sku: str) -> Variant:
        found = self.shop.variant(sku)
        assert found is not None, sku
        return found

    def add_variant(self, beside: str, sku: str, options: Mapping[str, str], units: int) -> None:
        """Add a variant to the product that has the SKU `beside`."""
        product = self.variant(beside).product
        new = {
            "price": "9990.00",
            "optionValues": [{"optionName": name, "name": value} for name, value in options.items()],
            "inventoryItem": {"sku": sku, "tracked": True},
            "inventoryQuantities": [{"locationId": self.shop.location().id, "availableQuantity": units}],
        }
        self._run(ADD, {"product": product.id, "variants": [new]}, "productVariantsBulkCreate")

    def price(self, sku: str, price: str) -> None:
        self.variant(sku).price = Decimal(price)

    def compare_at(self, sku: str, price: str | None) -> None:
        self.variant(sku).compare_at_price = Decimal(price) if price is not None else None

    def barcode(self, sku: str, barcode: str | None) -> None:
        self.variant(sku).barcode = barcode

    def units(self, sku: str) -> int:
        return self.shop._level(sku, None).on_hand

    def rename(self, sku: str, other: str) -> None:
        self.shop.state.set_sku(self.variant(sku), other)

    def stock(self, sku: str, quantity: int, location: str | None = None) -> None:
        """Set what is on hand."""
        level = self.shop._level(sku, location)
        level.available += quantity - level.on_hand
