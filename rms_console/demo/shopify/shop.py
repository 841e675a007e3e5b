"""The embedded shop as one object: ask it, look into it, let it sell, make it fail."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rms_console.demo.shopify import stock
from rms_console.demo.shopify.bucket import Bucket
from rms_console.demo.shopify.bulk import BulkDesk
from rms_console.demo.shopify.context import Context
from rms_console.demo.shopify.execute import Executor, Run
from rms_console.demo.shopify.faults import FaultHook, RequestInfo, no_faults
from rms_console.demo.shopify.idempotency import IdempotencyStore
from rms_console.demo.shopify.ledger import RequestEntry, RequestLedger
from rms_console.demo.shopify.model import Level, Location, Product, Variant
from rms_console.demo.shopify.settings import ShopSettings
from rms_console.demo.shopify.snapshot import dump_shop
from rms_console.demo.shopify.state import ShopState
from rms_console.demo.shopify.tokens import TokenDesk


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The body of a GraphQL request."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None = None


class EmbeddedShop:
    """A shop in memory that answers the Admin API. Safe to use from several threads."""

    def __init__(self, settings: ShopSettings | None = None) -> None:
        self.settings = settings or ShopSettings()
        clock = self.settings.monotonic
        self.state = ShopState(self.settings)
        self.bucket = Bucket(self.settings.capacity_points, self.settings.restore_points_per_s, clock)
        self.tokens = TokenDesk(self.settings.access_token, self.settings.client_id, self.settings.client_secret, clock)
        self.ledger = RequestLedger(self.settings.ledger_size)
        self.supported_versions = self.settings.supported_versions
        self.latency_s = self.settings.latency_s
        self.faults: FaultHook = no_faults
        self.lock = threading.RLock()
        self._idempotency = IdempotencyStore(clock)
        self._executor = Executor(self.bucket, self.settings.max_query_points)
        self._numbers = itertools.count(1)
        self.bulk = BulkDesk(self.state, self.settings, self._run_free)
        """The desk of bulk operations: `fail_next` lets the next one fail."""

    # the API's side

    def served_version(self, asked: str) -> str:
        """Return the version that answers: the one asked for, or the oldest where that one is not supported."""
        return asked if asked in self.supported_versions else self.supported_versions[0]

    def describe(self, request: GraphQLRequest, version: str) -> RequestInfo:
        """Return what a fault hook may know of a request before it is run."""
        prepared = self._executor.prepare(request.query)
        operation = prepared.operations.get(request.operation_name)
        fields = operation.root_fields if operation else ()
        is_mutation = bool(operation and operation.is_mutation)
        return RequestInfo(next(self._numbers), version, is_mutation, fields, request.variables)

    def describe_file(self, what: str) -> RequestInfo:
        """Return what a fault hook may know of an exchange of files: `stagedUpload` or `bulkResult`."""
        return RequestInfo(next(self._numbers), "", False, (what,), {})

    def answer(
        self, request: GraphQLRequest, version: str, *, throttle: bool = False, origin: str | None = None
    ) -> dict[str, Any]:
        """Run a request and return the body of the answer, paid for and entered in the ledger."""
        with self._up_to_date():
            context = self._context(version, origin)
            run_it = self._executor.refuse if throttle else self._executor.run
            run = run_it(context, request.query, request.variables, request.operation_name)
            self._enter(request, run)
            return run.body

    def take_file(self, key: str, signature: str, content: bytes) -> str | None:
        """Keep an uploaded file; return the storage's error code when it is not taken."""
        with self._up_to_date():
            return self.bulk.put(key, signature, content)

    def result_file(self, number: int, secret: str) -> bytes | None:
        """Return the file that a bulk operation left, None where there is none to be had."""
        with self._up_to_date():
            return self.bulk.result(number, secret)

    @contextmanager
    def _up_to_date(self) -> Iterator[None]:
        """Hold the shop, with everything done that its bulk operations have done by now."""
        with self.lock:
            self.bulk.advance()
            yield

    def _context(self, version: str, origin: str | None = None) -> Context:
        where = origin or f"https://{self.settings.domain}"
        return Context(self.state, self._idempotency, self.bulk, version, where)

    def _run_free(self, text: str, variables: Mapping[str, Any], version: str) -> dict[str, Any]:
        """Run a document outside cost and limits; return the body of the answer."""
        return self._executor.run_free(self._context(version), text, variables).body

    def _enter(self, request: GraphQLRequest, run: Run) -> None:
        errors = run.body.get("errors") or []
        codes = tuple(str((error.get("extensions") or {}).get("code")) for error in errors)
        payloads = (run.body.get("data") or {}).values()
        user_errors = sum(len(payload.get("userErrors") or ()) for payload in payloads if isinstance(payload, dict))
        operation = run.operation
        entry = RequestEntry(
            self.ledger.requests + 1,
            self.settings.monotonic(),
            bool(operation and operation.is_mutation),
            operation.root_fields if operation else (),
            operation.node.name.value if operation and operation.node.name else request.operation_name,
            request.variables,
            run.requested,
            run.actual,
            run.throttled,
            codes,
            user_errors,
        )
        self.ledger.add(entry)

    # the merchant's side

    def admin(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run a document by hand, as the merchant in the shop's own pages: free, unlimited, not in the ledger.

        Raises:
            ValueError: the document is wrong, or a field failed.
        """
        with self._up_to_date():
            body = self._run_free(query, variables or {}, self.supported_versions[-1])
        if body.get("errors"):
            raise ValueError(body["errors"][0]["message"])
        data: dict[str, Any] = body["data"]
        return data

    def sell(self, sku: str, quantity: int, location: str | None = None) -> None:
        """Take an order: available goes down, on hand stays until it is shipped.

        Raises:
            stock.NotSold: no such SKU, not stocked there, or not enough while overselling is denied.
        """
        with self._up_to_date():
            stock.commit(self._level(sku, location), quantity)

    def fulfil(self, sku: str, quantity: int, location: str | None = None) -> None:
        """Ship what was sold: committed and on hand go down.

        Raises:
            stock.NotSold: not so many are committed there.
        """
        with self._up_to_date():
            stock.ship(self._level(sku, location), quantity)

    def _level(self, sku: str, location: str | None) -> Level:
        variant = self.variant(sku)
        place = self.location(location)
        level = variant.item.levels.get(place.number) if variant else None
        if level is None or not level.is_active:
            raise stock.NotSold(f"{sku} is not stocked at {place.name}")
        return level

    # looking in

    def products(self) -> tuple[Product, ...]:
        with self._up_to_date():
            return tuple(self.state.products.values())

    def product_by_style(self, style: str, *, namespace: str = "rms", key: str = "ccod") -> Product | None:
        """Return the product that carries this custom id."""
        with self._up_to_date():
            owner = self.state.owner_of_unique("PRODUCT", namespace, key, style)
        return owner if isinstance(owner, Product) else None

    def variant(self, sku: str) -> Variant | None:
        """Return the variant with this SKU, the oldest where there are several."""
        with self._up_to_date():
            found = self.state.variants_with_sku(sku)
        return min(found, key=lambda variant: variant.number, default=None)

    def location(self, name: str | None = None) -> Location:
        """Return a location by name or global id; the primary one without either.

        Raises:
            KeyError: there is none of that name.
        """
        if name is None:
            return self.state.primary_location
        for location in self.state.locations.values():
            if name in (location.name, location.id):
                return location
        raise KeyError(name)

    def stock(self, sku: str, location: str | None = None, name: str = "available") -> int | None:
        """Return a quantity (available, on_hand, committed); None where the item is not stocked."""
        variant = self.variant(sku)
        level = variant.item.levels.get(self.location(location).number) if variant else None
        return level.quantity(name) if level is not None and level.is_active else None

    def dump(self) -> dict[str, Any]:
        """Return the whole catalogue as plain values without ids and times, for comparing two shops."""
        with self._up_to_date():
            return dump_shop(self.state)
