"""Shopify as the engine's `Shop`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import httpx

from rms_console.adapters.shopify import access
from rms_console.adapters.shopify.access import StaticToken, TokenSource
from rms_console.adapters.shopify.bulk.catalogue import BulkCatalogue
from rms_console.adapters.shopify.bulk.files import BulkFiles
from rms_console.adapters.shopify.bulk.jobs import BulkJobs
from rms_console.adapters.shopify.bulk.writing import BulkWriter
from rms_console.adapters.shopify.claims import ShopClaims
from rms_console.adapters.shopify.client import ShopifyClient
from rms_console.adapters.shopify.inputs import CustomId
from rms_console.adapters.shopify.lookups import ShopLookups
from rms_console.adapters.shopify.reader import ShopReader
from rms_console.adapters.shopify.writer import ShopWriter
from rms_console.contract.bulk import BulkJob, BulkOutcome, BulkSettlement, BulkWrite
from rms_console.contract.ports import (
    PRIORITY_INTERACTIVE,
    Applied,
    Clock,
    CostGate,
    Publication,
    Shop,
    ShopCounters,
    ShopFacts,
)
from rms_console.domain.operations import CreateProduct, Operation
from rms_console.domain.product import ObservedProduct
from rms_console.errors import ConfigError, ShopDenied, ShopRejected

QUANTITY_NAMES = ("on_hand", "available")
T = TypeVar("T")


class ShopifyShop(Shop):
    """One shop. Used from one event loop.

    Raises on every call, besides what the port names: ShopThrottled, when a request is throttled for longer than an
    operation may take or a daily limit is reached. It was then not applied, and is no failed attempt.
    """

    def __init__(
        self,
        shop: str,
        token: str | TokenSource,
        *,
        gate: CostGate,
        clock: Clock,
        api_version: str = "2026-10",
        api_base: str | None = None,
        quantity_name: str = "on_hand",
        custom_id: tuple[str, str] = ("rms", "ccod"),
        operation_timeout_s: float = 600.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if quantity_name not in QUANTITY_NAMES:
            raise ConfigError(
                f"stock.quantity_name is {quantity_name!r}", code="quantity-name", hint="on_hand or available"
            )
        tokens = self.tokens = StaticToken(token) if isinstance(token, str) else token
        url = access.endpoint(shop, api_version, api_base)
        self._client = ShopifyClient(
            url, tokens, gate, clock, operation_timeout_s=operation_timeout_s, transport=transport
        )
        custom = CustomId(*custom_id)
        self._custom_id = custom
        self._reader = ShopReader(self._client, custom, quantity_name)
        self._lookups = ShopLookups(self._client)
        self.claims = ShopClaims(self._client)
        self.guard = self._client.guard
        self._writer = ShopWriter(self._client, self._reader, clock, custom, quantity_name)
        self._files = BulkFiles(clock, transport, trust_env=not access.is_loopback(httpx.URL(url).host))
        jobs = BulkJobs(self._client, clock, operation_timeout_s)
        self._catalogue = BulkCatalogue(jobs, self._files, custom, quantity_name)
        self._bulk = BulkWriter(self._client, jobs, self._files, self._reader, custom, quantity_name)

    @property
    def served_version(self) -> str | None:
        """The API version of the latest answer: another than the one asked for when that has been retired."""
        return self._client.served_version

    async def describe(self) -> ShopFacts:
        return await self._reader.describe()

    async def scopes(self) -> tuple[str, ...]:
        return await self._lookups.scopes()

    async def count_products(self) -> int:
        return await self._lookups.count_products()

    async def count_ours(self) -> int:
        return await self._lookups.count_ours(self._custom_id)

    async def publications(self) -> tuple[Publication, ...]:
        return await self._lookups.publications()

    async def prepare(self) -> None:
        """Make sure the definition of the custom id exists and is one that Shopify keeps unique.

        Raises:
            ShopDenied: it cannot be made, or exists with another type: a person must act.
        """
        kind = await self._reader.definition_type()
        name = f"{self._custom_id.namespace}.{self._custom_id.key}"
        if kind is not None and kind != "id":
            raise ShopDenied(
                f"the product metafield {name} exists with type {kind}, not id",
                code="custom-id-type",
                hint="delete that definition in Shopify's admin, or choose another mapping.custom_id_key",
            )
        if kind is None:
            await self._define(name)

    async def find_product(self, style: str, *, priority: int) -> ObservedProduct | None:
        return await self._with_definition(lambda: self._reader.find(style, priority))

    async def read_product(self, product_id: str, *, priority: int) -> ObservedProduct | None:
        return await self._reader.read(product_id, priority)

    async def read_stock(
        self, rows: Sequence[tuple[str, str]], *, priority: int
    ) -> Mapping[tuple[str, str], int | None]:
        return await self._reader.stock(rows, priority)

    async def apply(self, operation: Operation, *, key: str, priority: int) -> Applied:
        if isinstance(operation, CreateProduct):
            return await self._with_definition(lambda: self._writer.apply(operation, key, priority))
        return await self._writer.apply(operation, key, priority)

    def read_catalogue(self) -> AsyncIterator[ObservedProduct]:
        return self._catalogue.read()

    def run_bulk(self, operations: Iterable[BulkWrite], *, owner: str) -> AsyncIterator[BulkOutcome]:
        return self._bulk.run(operations, owner)

    async def open_bulk(self) -> tuple[BulkJob, ...]:
        return await self._bulk.open()

    async def settle_bulk(self, job: BulkJob, *, cancel: bool) -> BulkSettlement:
        return await self._bulk.settle(job, cancel=cancel)

    def counters(self) -> ShopCounters:
        return self._client.counters()

    async def close(self) -> None:
        await self._client.close()
        await self._files.close()

    async def _define(self, name: str) -> None:
        try:
            await self._writer.define_custom_id(PRIORITY_INTERACTIVE)
        except ShopRejected as exc:
            raise ShopDenied(
                f"Shopify refuses the metafield definition {name}: {exc.message}",
                code="custom-id-refused",
                hint="make it by hand in Shopify's admin (products, type ID), or choose another mapping.custom_id_key",
            ) from exc

    async def _with_definition(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call; where the definition is missing (somebody deleted it) make it again and call once more.

        A look-up by an id that is not defined answers NOT_FOUND as an error of the whole request, without user errors.
        """
        try:
            return await call()
        except ShopRejected as exc:
            if exc.code != "shop-not-found" or exc.problems:
                raise
        await self.prepare()
        return await call()
