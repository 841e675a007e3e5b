"""What is asked now and then: the scopes granted, the channels there are, how many products."""

from __future__ import annotations

from typing import Any

from rms_console.adapters.shopify import documents, outputs
from rms_console.adapters.shopify.calls import reading
from rms_console.adapters.shopify.client import ShopifyClient
from rms_console.adapters.shopify.inputs import CustomId
from rms_console.contract.ports import PRIORITY_INTERACTIVE, Publication
from rms_console.domain import cost

PUBLICATIONS_PER_PAGE = 50
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
        nodes: list[dict[str, Any]] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            answer = await self._client.run(
                documents.PUBLICATIONS, {"after": after}, points=points, priority=PRIORITY_INTERACTIVE
            )
            with reading(documents.PUBLICATIONS):
                page = outputs.page(answer.payload)
            nodes += page.nodes
            after = page.next_after
            if after is None:
                break
        with reading(documents.PUBLICATIONS):
            return outputs.publications(nodes)
