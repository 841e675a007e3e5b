"""W15: the shop takes no new variants for a day; that is a wait of its own, and holds up nothing else."""

from __future__ import annotations

from typing import Any

import httpx

from rms_console.contract.records import QueueState
from tests.engine.world import World, shoes, tuned

HOUR = 3600.0
LIMIT = {"errors": "Daily variant creation limit reached"}


class Limited(httpx.AsyncBaseTransport):
    """Turns away what would make variants, as long as the limit lasts."""

    def __init__(self, world: World) -> None:
        self._inner = world.wire
        self.lasts = True
        self.refused = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = request.content.decode()
        if self.lasts and ("productSet(" in body or "productVariantsBulkCreate(" in body):
            self.refused += 1
            return httpx.Response(429, json=LIMIT, request=request)
        return await self._inner.handle_async_request(request)


async def test_w15_a_day_without_new_variants_delays_only_them(world: World) -> None:
    world.store.add(shoes(3))
    async with world.service(tuned(interval_s=600.0)) as engine:
        await world.wait(HOUR)
        assert len(world.styles()) == 3
        limit = Limited(world)
        client: Any = engine.deps.shop
        client._client._http = httpx.AsyncClient(transport=limit)
        world.store.add(shoes(4, first=4))
        for hour in range(24):
            world.store.change(11, Price=16000.0 + hour)
            await world.wait(HOUR)
            assert world.price(11)[0] == f"{16000 + hour}.00", "a change of what is there does not wait"
        assert len(world.styles()) == 3
        assert not world.entries(QueueState.QUARANTINED)
        assert 1 <= limit.refused <= 24 * 4 * 2, "it is asked seldom"
        limit.lasts = False
        await world.wait(2 * HOUR)
        world.assert_equal()
        assert len(world.styles()) == 7
