"""W18: what is sent for one product goes one at a time and in its order; different products go side by side."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import httpx
import pytest

from tests.engine.world import World, shoes


class Timed(httpx.AsyncBaseTransport):
    """Notes when each mutation of a product began and ended, each as slow as chance has it."""

    def __init__(self, world: World, seed: int) -> None:
        self._inner = world.wire
        self._clock = world.clock
        self._random = random.Random(seed)
        self.spans: list[tuple[str, float, float]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        owner = product_of(json.loads(request.content))
        begun = self._clock.monotonic()
        await self._clock.sleep(self._random.uniform(0.05, 2.0))
        answer = await self._inner.handle_async_request(request)
        if owner is not None:
            self.spans.append((owner, begun, self._clock.monotonic()))
        return answer


def product_of(body: dict[str, Any]) -> str | None:
    """Return the id of the product that a mutation is for, None for anything else."""
    variables = body.get("variables") or {}
    if not body["query"].lstrip().startswith("mutation"):
        return None
    product = variables.get("product") or {}
    owner = variables.get("productId") or product.get("id")
    for metafield in variables.get("metafields") or ():
        owner = owner or metafield["ownerId"]
    return owner if isinstance(owner, str) else None


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
async def test_w18_one_product_in_order_and_many_side_by_side(world: World, seed: int) -> None:
    world.store.add(shoes(8, sizes=2))
    engine = await world.start()
    await world.once()
    for style in range(1, 9):
        world.store.change(style * 10 + 1, Price=16000.0, family="Botas")
        world.store.add(shoes(1, sizes=4, first=style)[2:])
    timed = Timed(world, seed)
    client: Any = engine.deps.shop
    client._client._http = httpx.AsyncClient(transport=timed)
    await world.converge()
    by_product: dict[str, list[tuple[float, float]]] = {}
    for owner, begun, ended in timed.spans:
        by_product.setdefault(owner, []).append((begun, ended))
    assert len(by_product) == 8
    assert all(len(spans) >= 2 for spans in by_product.values())
    for spans in by_product.values():
        ordered = sorted(spans)
        assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(ordered))
    flat = sorted((begun, ended) for _, begun, ended in timed.spans)
    assert any(later[0] < earlier[1] for earlier, later in itertools.pairwise(flat)), "nothing went side by side"
    assert all(len(product.variants) == 4 for product in world.shop.products())
