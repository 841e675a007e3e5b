"""Hands in the shop's own pages: what is changed here no request of ours has changed."""

from __future__ import annotations

from decimal import Decimal

from rms_console.demo.shopify import EmbeddedShop
from rms_console.demo.shopify.model import Variant
from tests.engine_adopt.merchant import Merchant


class Hand(Merchant):
    """Edits single values by SKU."""

    def __init__(self, shop: EmbeddedShop) -> None:
        super().__init__(shop)

    def variant(self, sku: str) -> Variant:
        found = self.shop.variant(sku)
        assert found is not None, sku
        return found

    def price(self, sku: str, price: str) -> None:
        self.variant(sku).price = Decimal(price)

    def compare_at(self, sku: str, price: str | None) -> None:
        self.variant(sku).compare_at_price = Decimal(price) if price is not None else None

    def barcode(self, sku: str, barcode: str | None) -> None:
        self.variant(sku).barcode = barcode

    def rename(self, sku: str, other: str) -> None:
        self.shop.state.set_sku(self.variant(sku), other)

    def stock(self, sku: str, quantity: int, location: str | None = None) -> None:
        """Set what is on hand."""
        level = self.shop._level(sku, location)
        level.available += quantity - level.on_hand
