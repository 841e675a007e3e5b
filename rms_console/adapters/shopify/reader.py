"""What the shop holds: its facts, its products, its stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rms_console.adapters.shopify import documents, outputs
from rms_console.adapters.shopify.calls import reading
from rms_console.adapters.shopify.client import ShopifyClient
from rms_console.adapters.shopify.documents import Document
from rms_console.adapters.shopify.inputs import CustomId, Variables
from rms_console.adapters.shopify.outputs import Unreadable
from rms_console.contract.ports import PRIORITY_INTERACTIVE, ShopFacts
from rms_console.domain import cost
from rms_console.domain.product import ObservedProduct
from rms_console.errors import ShopDenied

FIRST_PAGE_OF_VARIANTS = 100
LOCATIONS_PER_PAGE = 50
METAFIELDS_READ = 25
ITEMS_PER_STOCK_READ = 250
MOST_PAGES = 100

LEVELS_BEFORE_DESCRIBED = 50
FEWEST_LEVELS, SPARE_LEVELS, MOST_LEVELS = 10, 5, 250


class ShopReader:
    """Reads. Asks for as many stock levels an item as the shop has locations, because each one costs points."""

    def __init__(self, client: ShopifyClient, custom_id: CustomId, quantity_name: str) -> None:
        self._client = client
        self._custom_id = custom_id
        self._quantity_name = quantity_name
        self._levels = LEVELS_BEFORE_DESCRIBED

    async def describe(self) -> ShopFacts:
        answer = await self._client.run(documents.SHOP, {}, points=cost.DESCRIBE_SHOP, priority=PRIORITY_INTERACTIVE)
        nodes = await self._locations()
        with reading(documents.SHOP):
            facts = outputs.shop_facts(answer.payload, nodes, self._client.served_version)
        facts = replace(facts, server_time=self._client.server_time)
        self._levels = min(max(len(facts.locations) + SPARE_LEVELS, FEWEST_LEVELS), MOST_LEVELS)
        return facts

    async def definition_type(self) -> str | None:
        """Return the type of the custom id's metafield definition, None when there is none."""
        variables = {"namespace": self._custom_id.namespace, "key": self._custom_id.key}
        answer = await self._client.run(
            documents.DEFINITION_FIND, variables, points=cost.read_definition(), priority=PRIORITY_INTERACTIVE
        )
        with reading(documents.DEFINITION_FIND):
            return outputs.definition_type(answer.payload, **variables)

    async def find(self, style: str, priority: int) -> ObservedProduct | None:
        """Return the product with this custom id. Most look-ups find none, so existence is asked first: one point."""
        variables = {"identifier": self._custom_id.identifier(style)}
        answer = await self._client.run(documents.PRODUCT_FIND, variables, points=cost.FIND_PRODUCT, priority=priority)
        if answer.payload is None:
            return None
        with reading(documents.PRODUCT_FIND):
            product_id = outputs.text(answer.payload, "id")
        product = await self.read(product_id, priority)
        with reading(documents.PRODUCT_FIND):
            outputs.check_style(product, style)
        return product

    async def read(self, product_id: str, priority: int) -> ObservedProduct | None:
        answer = await self._client.run(
            documents.PRODUCT_READ,
            self._product_variables(product_id),
            points=cost.read_product(FIRST_PAGE_OF_VARIANTS, self._levels, METAFIELDS_READ),
            priority=priority,
        )
        product = answer.payload
        if product is None:
            return None
        variables = {"id": product_id, "levels": self._levels, "names": [self._quantity_name]}
        points = cost.read_variants(cost.VARIANTS_PER_PAGE, self._levels)
        further = await self.pages(documents.PRODUCT_VARIANTS, variables, product, points=points, priority=priority)
        if further is None:
            return None
        with reading(documents.PRODUCT_READ):
            return outputs.observed_product(product, further, self._quantity_name)

    async def stock(self, rows: Sequence[tuple[str, str]], priority: int) -> Mapping[tuple[str, str], int | None]:
        found: dict[str, dict[str, int]] = {}
        items = list(dict.fromkeys(item for item, _ in rows))
        for start in range(0, len(items), ITEMS_PER_STOCK_READ):
            found |= await self._stock_of(items[start : start + ITEMS_PER_STOCK_READ], priority)
        return {(item, location): found.get(item, {}).get(location) for item, location in rows}

    async def variant_nodes(self, product_id: str, priority: int) -> list[dict[str, Any]]:
        """Return the ids of all variants of a product; none when it no longer exists."""
        document = documents.VARIANT_IDS
        points = 1 + cost.created_ids(cost.VARIANTS_PER_PAGE)
        first = {"id": product_id, "variants": cost.VARIANTS_PER_PAGE, "after": None}
        answer = await self._client.run(document, first, points=points, priority=priority)
        if answer.payload is None:
            return []
        variables = {"id": product_id}
        return await self.pages(document, variables, answer.payload, points=points, priority=priority) or []

    async def pages(
        self, document: Document, variables: Variables, product: Mapping[str, Any], *, points: float, priority: int
    ) -> list[dict[str, Any]] | None:
        """Return all variant nodes of a product whose first page is there; None when it vanished meanwhile."""
        with reading(document):
            page = outputs.page(product.get("variants"))
        nodes = list(page.nodes)
        for _ in range(MOST_PAGES):
            if page.next_after is None:
                return nodes
            asked = variables | {"variants": cost.VARIANTS_PER_PAGE, "after": page.next_after}
            answer = await self._client.run(document, asked, points=points, priority=priority)
            if answer.payload is None:
                return None
            with reading(document):
                page = outputs.page(answer.payload.get("variants"))
            nodes += page.nodes
        with reading(document):
            raise Unreadable("an end: its pages go on and on")

    async def _locations(self) -> list[dict[str, Any]]:
        """Return all locations. A shop that knows no primary location any more is asked without it."""
        try:
            return await self._location_pages(documents.LOCATIONS)
        except ShopDenied as exc:
            if exc.code != "api-mismatch":
                raise
            return await self._location_pages(documents.LOCATIONS_PLAIN)

    async def _location_pages(self, document: Document) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            points = cost.read_locations(LOCATIONS_PER_PAGE)
            answer = await self._client.run(document, {"after": after}, points=points, priority=PRIORITY_INTERACTIVE)
            with reading(document):
                page = outputs.page(answer.payload)
            nodes += page.nodes
            after = page.next_after
            if after is None:
                break
        return nodes

    async def _stock_of(self, items: Sequence[str], priority: int) -> dict[str, dict[str, int]]:
        variables = {"ids": list(items), "levels": self._levels, "names": [self._quantity_name]}
        answer = await self._client.run(
            documents.STOCK_READ, variables, points=cost.read_stock(self._levels), priority=priority
        )
        with reading(documents.STOCK_READ):
            return outputs.stock_of_items(answer.payload, self._quantity_name)

    def _product_variables(self, product_id: str) -> Variables:
        return {
            "id": product_id,
            "variants": FIRST_PAGE_OF_VARIANTS,
            "levels": self._levels,
            "metafields": METAFIELDS_READ,
            "namespace": self._custom_id.namespace,
            "key": self._custom_id.key,
            "names": [self._quantity_name],
        }
