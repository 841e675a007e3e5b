"""The files of bulk operations: uploaded in one piece, downloaded line by line.

They lie in a storage beside the shop. Our token never goes there: the addresses are signed, and they come from Shopify.

Source: shopify.dev, Bulk import data with the GraphQL Admin API (multipart form, the file last), read 2026-11.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import IO, Any
from urllib.parse import urlsplit

import httpx

from rms_console import __version__
from rms_console.adapters.shopify import rulings
from rms_console.adapters.shopify.access import is_loopback
from rms_console.adapters.shopify.clean import clean
from rms_console.contract.ports import Clock
from rms_console.errors import ShopUnavailable

TRIES = 5
WAITS_S = (1.0, 2.0, 5.0, 15.0)
MOST_LINE_BYTES = 16 * 1024 * 1024
"""Of one line: a creation's answer names 2,048 variants, a product may have a long description."""

Line = Mapping[str, Any]


class _Broken(Exception):
    """An exchange that did not come to its end, and may when it is tried again."""


class BulkFiles:
    def __init__(self, clock: Clock, transport: httpx.AsyncBaseTransport | None, *, trust_env: bool) -> None:
        self._clock = clock
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(connect=10.0, read=75.0, write=60.0, pool=30.0),
            headers={"User-Agent": f"rms-console/{__version__}"},
            follow_redirects=False,
            trust_env=trust_env,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def upload(self, url: str, parameters: Sequence[tuple[str, str]], file: IO[bytes]) -> None:
        """Put a file where Shopify said.

        Raises:
            ShopUnavailable: it was not taken.
        """
        checked_address(url)
        for number in range(TRIES):
            try:
                await self._put(url, parameters, file)
            except _Broken as exc:
                await self._pause(number, "uploading a bulk file", exc)
            else:
                return

    async def lines(self, url: str, expected: int = 0) -> AsyncGenerator[Line]:
        """Yield the objects of a result, one at a time; after a broken connection from where it broke.

        With fewer lines than `expected` the end is believed only when nothing comes after it: half a file may look
        like all of it.

        Raises:
            ShopUnavailable: it cannot be had to its end.
        """
        checked_address(url)
        position, count, failures, believed_end = 0, 0, 0, -1
        while True:
            started_at = position
            try:
                async with aclosing(self._raw_lines(url, position)) as raw_lines:
                    async for raw in raw_lines:
                        line = _parsed(raw)
                        position, count = position + len(raw), count + 1
                        yield line
            except _Broken as exc:
                failures = failures + 1 if position == started_at else 0
                await self._pause(failures, "downloading a bulk result", exc)
                continue
            if count >= expected or position == believed_end:
                return
            believed_end = position

    async def _raw_lines(self, url: str, start: int) -> AsyncGenerator[bytes]:
        """Yield the lines from a byte on, line ends included; the last may have none."""
        rest = bytearray()
        async with aclosing(self._chunks(url, start)) as chunks:
            async for chunk in chunks:
                rest += chunk
                whole, end, tail = rest.rpartition(b"\n")
                if end:
                    rest = bytearray(tail)
                    for line in whole.split(b"\n"):
                        yield bytes(line) + b"\n"
                if len(rest) > MOST_LINE_BYTES:
                    raise _unusable(f"a line is longer than {MOST_LINE_BYTES} bytes")
                await asyncio.sleep(0)  # the engine's loop has others to serve
        if rest:
            yield bytes(rest)

    async def _chunks(self, url: str, start: int) -> AsyncGenerator[bytes]:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        try:
            async with self._http.stream("GET", url, headers=headers) as response:
                if start and response.status_code == 416:
                    return
                _check_status(response.status_code)
                to_skip = start if response.status_code == 200 else 0
                async for chunk in response.aiter_bytes():
                    fresh = chunk[to_skip:]
                    to_skip -= len(chunk) - len(fresh)
                    if fresh:
                        yield fresh
        except (httpx.HTTPError, httpx.StreamError, OSError) as exc:
            raise _Broken(f"{type(exc).__name__}: {clean(str(exc))}") from exc

    async def _put(self, url: str, parameters: Sequence[tuple[str, str]], file: IO[bytes]) -> None:
        file.seek(0)
        try:
            response = await self._http.post(
                url, data=dict(parameters), files={"file": ("bulk.jsonl", file, "text/jsonl")}
            )
        except (httpx.HTTPError, httpx.StreamError, OSError) as exc:
            raise _Broken(f"{type(exc).__name__}: {clean(str(exc))}") from exc
        _check_status(response.status_code)

    async def _pause(self, failures: int, what: str, cause: _Broken) -> None:
        if failures >= len(WAITS_S):
            raise ShopUnavailable(f"{what}: {cause}", code="bulk-file", hint=rulings.NOT_APPLIED.hint) from cause
        await self._clock.sleep(WAITS_S[failures])


def checked_address(url: str) -> str:
    """Return an address of Shopify's storage: encrypted, or on this machine.

    Raises:
        ShopUnavailable: it is neither.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    host = parts.hostname or ""
    if host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        return url
    raise _unusable(f"the address of a bulk file is {clean(url.partition('?')[0], 80)!r}")


def _check_status(status: int) -> None:
    if 200 <= status < 300:
        return
    if status >= 500 or status in (408, 429):
        raise _Broken(f"HTTP {status}")
    raise _unusable(f"HTTP {status} for a bulk file")


def _parsed(raw: bytes) -> Line:
    """Return the object in a line. One that is no JSON was cut off, which a second try may mend."""
    try:
        line = json.loads(raw)
    except ValueError as exc:
        raise _Broken("a line of the result is cut off") from exc
    if not isinstance(line, dict):
        raise _unusable("a line of the result is no object")
    return line


def _unusable(what: str) -> ShopUnavailable:
    return ShopUnavailable(what, code="bulk-file", hint="the API may have changed: look for a newer version")
