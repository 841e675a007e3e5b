"""The whole catalogue, read by a bulk query: one product after the other, whatever their number.

The result is a file in which each product is followed by its variants, their stock levels and its metafields (that is
what grouping is asked for), so that never more than one product is in memory.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from rms_console.adapters.shopify import documents, outputs
from rms_console.adapters.shopify.bulk.files import BulkFiles, Line
from rms_console.adapters.shopify.bulk.jobs import BulkJobs, JobView, marked
from rms_console.adapters.shopify.calls import reading
from rms_console.adapters.shopify.inputs import CustomId
from rms_console.adapters.shopify.outputs import Unreadable
from rms_console.contract.bulk import BulkStatus
from rms_console.domain.product import ObservedProduct
from rms_console.errors import ShopDenied, ShopError, ShopOutcomeUnknown, ShopUnavailable

_LEVEL, _VARIANT, _METAFIELD = "InventoryLevel", "ProductVariant", "Metafield"


class BulkCatalogue:
    def __init__(self, jobs: BulkJobs, files: BulkFiles, custom_id: CustomId, quantity_name: str) -> None:
        self._jobs = jobs
        self._files = files
        self._text = _document(custom_id, quantity_name)
        self._quantity_name = quantity_name

    async def read(self) -> AsyncGenerator[ObservedProduct]:
        """Yield every product as it was when the query began. What was yielded counts only if the end is reached.

        Raises:
            ShopUnavailable: the query failed, or its result is not whole.
            ShopDenied: a scope is missing.
        """
        view = await self._jobs.finished((await self._start()).job.bulk_id)
        if view.status is not BulkStatus.COMPLETED:
            raise _failed(view)
        found = 0
        async with aclosing(self._products(view)) as products:
            async for product in products:
                found += 1
                yield product
        if found < view.roots:
            # Taken as it is, this would look like products that were deleted.
            raise ShopUnavailable(f"the catalogue has {view.roots} products, {found} were received", code="bulk-file")

    async def _start(self) -> JobView:
        """Start the query. That it may be running twice does no harm: it only reads."""
        identifier = f"rms-catalogue-{uuid.uuid4().hex[:12]}"
        variables = {"query": marked(self._text, identifier)}
        try:
            return await self._jobs.start(documents.BULK_RUN_QUERY, variables, identifier)
        except ShopOutcomeUnknown as exc:
            raise ShopUnavailable(exc.message, hint=exc.hint) from exc

    async def _products(self, view: JobView) -> AsyncGenerator[ObservedProduct]:
        if view.url is None:
            return  # so Shopify tells that there is nothing
        group = _Group()
        async with aclosing(self._files.lines(view.url, view.job.objects)) as result:
            async for line in result:
                with reading(documents.CATALOGUE):
                    if "__parentId" in line:
                        group.add(line)
                        continue
                    done, group = group, _Group(line)
                    product = done.product(self._quantity_name)
                if product is not None:
                    yield product
        with reading(documents.CATALOGUE):
            last = group.product(self._quantity_name)
        if last is not None:
            yield last


class _Group:
    """A product and what follows it in the file.

    Raises (all): Unreadable.
    """

    def __init__(self, root: Line | None = None) -> None:
        self._root = root
        self._variants: list[dict[str, Any]] = []
        self._owners: dict[str, list[dict[str, Any]]] = {}
        """Levels by what they may hang on: Shopify names the variant, where the level itself belongs to the item."""
        self._metafields: list[dict[str, Any]] = []

    def add(self, line: Line) -> None:
        kind, parent = _kind(line), outputs.text(line, "__parentId")
        if self._root is None or (kind != _LEVEL and parent != self._root.get("id")):
            raise Unreadable("products each followed by what belongs to them")
        node = {"node": line}
        if kind == _VARIANT:
            self._add_variant(line)
        elif kind == _LEVEL:
            self._levels_of(parent).append(node)
        elif kind == _METAFIELD:
            self._metafields.append(node)

    def product(self, quantity_name: str) -> ObservedProduct | None:
        if self._root is None:
            return None
        whole = {**self._root, "metafields": {"edges": self._metafields}}
        return outputs.observed_product(whole, self._variants, quantity_name)

    def _add_variant(self, line: Line) -> None:
        item = line.get("inventoryItem")
        levels: list[dict[str, Any]] = []
        owners = [outputs.text(line, "id"), outputs.text(item, "id")]
        self._owners |= dict.fromkeys(owners, levels)
        self._variants.append({**line, "inventoryItem": {**(item or {}), "inventoryLevels": {"edges": levels}}})

    def _levels_of(self, parent: str) -> list[dict[str, Any]]:
        if parent not in self._owners:
            raise Unreadable("the variant of a stock level before it")
        return self._owners[parent]


def _kind(line: Line) -> str:
    return outputs.text(line, "id").removeprefix("gid://shopify/").partition("/")[0]


def _document(custom_id: CustomId, quantity_name: str) -> str:
    """Return the query with its names: a bulk query takes no variables."""
    text = documents.CATALOGUE.text
    names = {"namespace": custom_id.namespace, "key": custom_id.key, "quantity_name": quantity_name}
    for name, value in names.items():
        text = text.replace(f'"{{{name}}}"', json.dumps(value))
    return text


def _failed(view: JobView) -> ShopError:
    message = f"reading the whole catalogue ended as {view.status} ({view.error_code or 'no reason given'})"
    if view.error_code == "ACCESS_DENIED":
        return ShopDenied(message, code="shop-scope", hint="give the app read_products, read_inventory, read_locations")
    return ShopUnavailable(message, code="bulk-failed", hint="it is tried again; the catalogue is read anew")
