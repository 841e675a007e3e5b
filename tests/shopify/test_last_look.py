"""The right to write is asked for once more when the line to the shop is there: a stop may fall in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from rms_console.domain.operations import UpdateProduct
from rms_console.errors import LeaseLost, ShopUnavailable
from tests.shopify.harness import ScriptedShop, bench

UPDATE = UpdateProduct("S1", "gid://shopify/Product/1", title="Nuevo")
EVENT = "http11.send_request_body.started"


class Line(httpx.AsyncBaseTransport):
    """A real line to a server of this process; something happens before it, or before the body of a request goes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._inner = httpx.AsyncHTTPTransport()
        self.before_it: Callable[[], None] = lambda: None
        self.before_body: Callable[[], None] = lambda: None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.before_it()
        look = request.extensions["trace"]

        async def trace(event: str, facts: dict[str, object]) -> None:
            if event == EVENT:
                self.before_body()
            await look(event, facts)

        url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        again = httpx.Request(
            request.method,
            url,
            headers=request.headers,
            content=await request.aread(),
            extensions=dict(request.extensions) | {"trace": trace},
        )
        return await self._inner.handle_async_request(again)

    async def aclose(self) -> None:
        await self._inner.aclose()


@asynccontextmanager
async def server() -> AsyncIterator[tuple[int, list[bytes]]]:
    """Lend the port of a server that keeps what it is sent and hangs up; and what it was sent."""
    heard: list[bytes] = []
    tasks: list[asyncio.Task[None]] = []

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.ensure_future(hear(reader, writer)))

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(65536):
            heard.append(block)
            if b"mutation" in block:
                break
        writer.close()
        await writer.wait_closed()

    made = await asyncio.start_server(begin, "127.0.0.1", 0)
    async with made:
        yield made.sockets[0].getsockname()[1], heard
        await asyncio.gather(*tasks)


@pytest.mark.parametrize("at", ["before_it", "before_body"])
async def test_two_engines_a_right_that_is_gone_when_the_line_is_there_sends_nothing(at: str) -> None:
    """1.5: the process stood still after it had looked at its lease and before the request went."""
    gone: list[LeaseLost] = []
    async with server() as (port, heard):
        line = Line(port)
        made = bench(ScriptedShop(), transport=line)
        made.shop.guard(lambda: gone[0] if gone else None)
        setattr(line, at, lambda: gone.append(LeaseLost("slept too long")))
        with pytest.raises(ShopUnavailable, match="slept too long"):
            await made.shop.apply(UPDATE, key="k", priority=10)
        await made.shop.close()
    assert gone
    assert b"mutation" not in b"".join(heard)


async def test_two_engines_with_the_right_the_request_goes_out_on_that_line() -> None:
    async with server() as (port, heard):
        made = bench(ScriptedShop(), transport=Line(port))
        made.shop.guard(lambda: None)
        with pytest.raises(Exception, match=r"disconnected|closed"):
            await made.shop.apply(UPDATE, key="k", priority=10)
        await made.shop.close()
    assert b"mutation" in b"".join(heard)
