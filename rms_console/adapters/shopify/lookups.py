"""What is asked now and then: the scopes granted, the channels there are, who carries an SKU."""

from __future__ import annotations

from typing import Any

from rms_console.adapters.shopify import documents, outputs
from rms_console.adapters.shopify.calls import reading
from rms_console.adapters.shopify.client import ShopifyClient
from rms_console.adapters.shopify.documents import Document
from rms_console.adapters.shopify.inputs import CustomId, Variables
from rms_console.contract.ports import PRIORITY_INTERACTIVE, Publication
from rms_console.domain import cost

PUBLICATIONS_PER_PAGE = 50
VARIANTS_PER_SEARCH = 25
MOST_SEARCH_PAGES = 8
"""A shop that ignores the filter sends its whole catalogue: no SKU has so many owners."""

MOST_PAGES = 20


class ShopLookups:
    def __init__(self, client: ShopifyClient) -> None:
        self._client = client

    async def scopes(self) -> tuple[str, ...]:
        points = cost.read_scopes()
        answer = await self._client.run(documents.SCOPES, {}, points=points, priority=PRIORITY_INTERACTIVE)
        with reading(documents.SCOPES):
            return outputs.scopes(answer.payload)

    async def count_products(self) -> int:
        answer = await self._client.run(
            documents.PRODUCTS_COUNT, {}, points=cost.count_products(), priority=PRIORITY_INTERACTIVE
        )
        with reading(documents.PRODUCTS_COUNT):
            return outputs.whole(answer.payload, "count")

    async def count_ours(self, custom_id: CustomId) -> int:
        variables = {"namespace": custom_id.namespace, "key": custom_id.key}
        answer = await self._client.run(
            documents.OURS_COUNT, variables, points=cost.count_ours(), priority=PRIORITY_INTERACTIVE
        )
        with reading(documents.OURS_COUNT):
            return outputs.definition_uses(answer.payload, custom_id.namespace, custom_id.key)

    async def publications(self) -> tuple[Publication, ...]:
        points = cost.read_publications(PUBLICATIONS_PER_PAGE)
        nodes = await self._pages(documents.PUBLICATIONS, {}, points, PRIORITY_INTERACTIVE, MOST_PAGES)
        with reading(documents.PUBLICATIONS):
            return outputs.publications(nodes)

    async def by_sku(self, sku: str, priority: int) -> tuple[tuple[str, str], ...]:
        """Return the owners of an SKU that the search knows of, each one checked."""
        points = cost.search_variants(VARIANTS_PER_SEARCH)
        variables = {"query": sku_query(sku)}
        nodes = await self._pages(documents.VARIANTS_BY_SKU, variables, points, priority, MOST_SEARCH_PAGES)
        with reading(documents.VARIANTS_BY_SKU):
            return outputs.with_sku(nodes, sku)

    async def _pages(
        self, document: Document, variables: Variables, points: float, priority: int, most: int
    ) -> list[dict[str, Any]]:
        """Return the nodes of a connection, at most so many pages of them."""
        nodes: list[dict[str, Any]] = []
        after: str | None = None
        for _ in range(most):
            answer = await self._client.run(document, variables | {"after": after}, points=points, priority=priority)
            with reading(document):
                page = outputs.page(answer.payload)
            nodes += page.nodes
            after = page.next_after
            if after is None:
                break
        return nodes


def sku_query(sku: str) -> str:
    """Return the search for an SKU, quoted so that nothing in it is taken for search syntax.

    Source: shopify.dev, Shopify API search syntax, read 2026-11.
    """
    escaped = sku.strip().replace("\\", "\\\\").replace('"', '\\"')
    return f'sku:"{escaped}"'
