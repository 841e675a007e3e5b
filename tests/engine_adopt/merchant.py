"""A merchant at work in the shop's own pages: products made by hand, copied, changed and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rms_console.demo.shopify import EmbeddedShop
from rms_console.demo.shopify.model import Product

SET = """
mutation ($input: ProductSetInput!) {
  productSet(input: $input) { product { id } userErrors { field message code } }
}
"""
DELETE = "mutation ($input: ProductDeleteInput!) { productDelete(input: $input) { userErrors { message } } }"
DELETE_VARIANTS = """
mutation ($product: ID!, $variants: [ID!]!) {
  productVariantsBulkDelete(productId: $product, variantsIds: $variants) { userErrors { message } }
}
"""
EDIT = "mutation ($product: ProductUpdateInput!) { productUpdate(product: $product) { userErrors { message } } }"


@dataclass(frozen=True)
class Piece:
    """One variant as a merchant types it. No SKU: the field was left empty."""

    sku: str | None
    size: str = "38"
    color: str = "Negro"
    price: str = "9990.00"
    stock: int = 3


class Merchant:
    """Works in one shop, free of cost and unseen by its ledger of requests."""

    def __init__(self, shop: EmbeddedShop, options: tuple[str, str] = ("Color", "Talla")) -> None:
        self.shop = shop
        self.options = options

    def make(self, title: str, pieces: Iterable[Piece], **more: Any) -> str:
        """Make a product and return its id."""
        whole = list(pieces)
        given = {
            "title": title,
            "status": "ACTIVE",
            "productOptions": [
                {"name": self.options[0], "values": _names(piece.color for piece in whole)},
                {"name": self.options[1], "values": _names(piece.size for piece in whole)},
            ],
            "variants": [self._variant(piece) for piece in whole],
        }
        made = self._run(SET, {"input": given | more}, "productSet")
        product_id: str = made["product"]["id"]
        return product_id

    def mark(self, product_id: str, style: str) -> None:
        """Give a product the custom id that the engine gives its own."""
        self.shop.admin(
            "mutation ($d: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $d) "
            "{ userErrors { message } } }",
            {"d": {"name": "CCOD", "namespace": "rms", "key": "ccod", "type": "id", "ownerType": "PRODUCT"}},
        )
        field = {"ownerId": product_id, "namespace": "rms", "key": "ccod", "type": "id", "value": style}
        query = "mutation ($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { userErrors { message } } }"
        self._run(query, {"m": [field]}, "metafieldsSet")

    def edit(self, product_id: str, **fields: Any) -> None:
        self._run(EDIT, {"product": {"id": product_id} | fields}, "productUpdate")

    def delete(self, product_id: str) -> None:
        self._run(DELETE, {"input": {"id": product_id}}, "productDelete")

    def delete_variant(self, sku: str) -> None:
        variant = self.shop.variant(sku)
        assert variant is not None
        wanted = {"product": variant.product.id, "variants": [variant.id]}
        self._run(DELETE_VARIANTS, wanted, "productVariantsBulkDelete")

    def product(self, product_id: str) -> Product:
        return next(product for product in self.shop.products() if product.id == product_id)

    def _variant(self, piece: Piece) -> dict[str, Any]:
        names = zip(self.options, (piece.color, piece.size), strict=True)
        return {
            "optionValues": [{"optionName": option, "name": name} for option, name in names],
            "price": piece.price,
            "inventoryItem": {"tracked": True},
            "inventoryQuantities": [
                {"locationId": self.shop.location().id, "name": "available", "quantity": piece.stock}
            ],
        } | ({} if piece.sku is None else {"sku": piece.sku})

    def _run(self, query: str, variables: Mapping[str, Any], root: str) -> dict[str, Any]:
        payload: dict[str, Any] = self.shop.admin(query, variables)[root]
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload


def family(style: int, sizes: int, first: int = 1, **more: Any) -> list[Piece]:
    """Return the pieces of a style as `tests.engine.world.shoes` numbers its items."""
    return [Piece(f"SKU-{style * 10 + size}", str(35 + size), **more) for size in range(first, first + sizes)]


def _names(values: Iterable[str]) -> Sequence[dict[str, str]]:
    return [{"name": value} for value in dict.fromkeys(values)]
