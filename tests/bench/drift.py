"""100,000 variants laid side by side in store, ledger and shop: variants a second, memory, RMS's longest answer.

First the pure comparison; then a whole one over a file of 600,000 items and 560,000 view rows, ledger and pad included,
in a process of its own. The shop there is a twin that tells what the ledger confirmed, with 100 hand edits: reading
a bulk result line by line is measured apart.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from rms_console.adapters.shopify.bulk.catalogue import _Group
from rms_console.adapters.store.drift import ENGINE_FILE, open_drift_pad
from rms_console.contract.drift import DriftRun
from rms_console.contract.ports import Shop
from rms_console.domain.assemble import assemble
from rms_console.domain.drift import find
from rms_console.domain.product import AcknowledgedProduct, ObservedProduct, ObservedVariant
from rms_console.engine.deps import Deps
from rms_console.engine.drift.audit import Past
from rms_console.engine.drift.reporting import report_of
from rms_console.engine.drift.running import Comparing
from rms_console.engine.memory import settle_memory
from tests.bench.bench_site import engine, folder, shop
from tests.bench.large import BigStore, Elsewhere, fill, memory_mb
from tests.bench.plan100k import NOON, RULES, VARIANTS, Lag, remember, slices

EDITS = 100
PAGE = 100


def as_observed(known: AcknowledgedProduct) -> ObservedProduct:
    """Return a product as the shop would tell it."""
    return ObservedProduct(
        product_id=known.product_id,
        style=known.style,
        title=known.title or "",
        description_html=known.description_html or "",
        vendor=known.vendor or "",
        product_type=known.product_type or "",
        tags=known.tags or (),
        status=known.status,  # type: ignore[arg-type]
        option_names=known.option_names,
        variants=tuple(
            ObservedVariant(
                one.variant_id,
                one.inventory_item_id,
                one.sku,
                one.options or (),
                one.price or Decimal(0),
                one.compare_at,
                one.barcode,
                one.weight_kg,
                {place: quantity or 0 for place, quantity in one.stock.items()},
            )
            for one in known.variants
        ),
        metafields=known.metafields,
    )


class TwinShop:
    """A shop that holds what the ledger confirmed, but for one price in every so many products.

    It reads the ledger off the loop: that is the bench's own work, and none that an engine has.
    """

    def __init__(self, deps: Deps, products: int) -> None:
        self._shop = deps.shop
        self._ledger = deps.ledger
        self._disk = deps.disk
        self._each = products // EDITS
        self._edited: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shop, name)

    async def read_catalogue(self) -> AsyncIterator[ObservedProduct]:
        after, number = "", 0
        while page := await self._disk(self._ledger.remembered, after, PAGE):
            after = page[-1][0]
            products = await self._disk(self._ledger.products, [style for style, _ in page])
            for product in products.values():
                number += 1
                if number % self._each == 0 and len(self._edited) < EDITS:
                    self._edited.add(product.product_id)
                yield self._told(product)

    async def read_product(self, product_id: str, *, priority: int) -> ObservedProduct | None:
        style = (await self._disk(self._ledger.styles_of_products, [product_id]))[product_id]
        return self._told((await self._disk(self._ledger.products, [style]))[style])

    def _told(self, known: AcknowledgedProduct) -> ObservedProduct:
        observed = as_observed(known)
        if known.product_id not in self._edited:
            return observed
        first = dataclasses.replace(observed.variants[0], price=observed.variants[0].price + 1)
        return dataclasses.replace(observed, variants=(first, *observed.variants[1:]))


def pure() -> tuple[float, float]:
    """Return variants a CPU second that are judged, mapped, planned and compared; and the comparison alone."""
    spent = compared_s = 0.0
    compared, now = 0, datetime.now(UTC)
    for gathered in slices(VARIANTS):
        seen = {style: as_observed(product) for style, product in gathered.products.items()}
        begun = time.thread_time()
        works = assemble(gathered.read, gathered.products, RULES, NOON, lambda item: False).works
        middle = time.thread_time()
        for work in works:
            assert not find(work, gathered.products[work.style], seen[work.style], RULES, now)
            compared += len(work.item_ids)
        end = time.thread_time()
        spent, compared_s = spent + end - begun, compared_s + end - middle
    return compared / spent, compared / compared_s


def lines(products: int, sizes: int) -> Iterator[str]:
    """Yield the lines of a bulk result, as Shopify writes them."""
    for number in range(products):
        product = f"gid://shopify/Product/{number}"
        yield json.dumps(
            {
                "id": product, "title": "Zapato", "descriptionHtml": "", "vendor": "ACME", "productType": "Tenis",
                "tags": ["Zapatos"], "status": "ACTIVE", "options": [{"name": "Color"}, {"name": "Talla"}],
                "metafield": {"value": f"ST{number:06d}"},
            }
        )  # fmt: skip
        for size in range(sizes):
            variant = f"gid://shopify/ProductVariant/{number}{size}"
            item = {"id": f"gid://shopify/InventoryItem/{number}{size}", "tracked": True, "measurement": None}
            options = [{"name": "Color", "value": "Negro"}, {"name": "Talla", "value": str(size)}]
            yield json.dumps(
                {
                    "id": variant, "sku": f"SKU-{number}{size}", "barcode": None, "price": "19900.00",
                    "compareAtPrice": None, "selectedOptions": options, "inventoryItem": item, "__parentId": product,
                }
            )  # fmt: skip
            yield json.dumps(
                {
                    "id": f"gid://shopify/InventoryLevel/{number}{size}", "location": {"id": "gid://shopify/Location/1"},
                    "quantities": [{"name": "on_hand", "quantity": 5}], "__parentId": variant,
                }
            )  # fmt: skip


def parsed(texts: Iterable[str]) -> int:
    """Return how many variants these lines told."""
    group, variants = _Group(), 0
    for text in texts:
        line = json.loads(text)
        if "__parentId" in line:
            group.add(line)
            continue
        done, group = group, _Group(line)
        product = done.product("on_hand")
        variants += len(product.variants) if product is not None else 0
    last = group.product("on_hand")
    return variants + (len(last.variants) if last is not None else 0)


async def measure(place: Path, server: Any) -> dict[str, float]:
    async with engine(place, BigStore(place / "store.db"), server) as made:
        await made.mending.reach()
        policy = made.mending.known_world().policy
        await remember(made.deps.ledger, policy, made.deps.source, made.tenure.epoch)
        products = made.deps.ledger.product_count()
        deps = dataclasses.replace(made.deps, shop=cast(Shop, TwinShop(made.deps, products)), open_survey=None)
        settle_memory()
        before = memory_mb()
        pad = open_drift_pad(place / ENGINE_FILE)
        comparing = Comparing(deps, pad, policy, made.settings.zone, Past(), _nothing, rest_ratio=0.0, strangers=False)
        run = DriftRun("bench", "bench", deps.clock.now().isoformat())
        lag = Lag()
        watch = asyncio.ensure_future(lag.watch())
        begun, cpu = time.monotonic(), time.process_time()
        await comparing.run(run)
        took, cpu = time.monotonic() - begun, time.process_time() - cpu
        watch.cancel()
        report = report_of(run, pad, deps.clock.now(), {})
        pad.close()
    return {
        "compared": report.compared,
        "found": report.found,
        "took_s": took,
        "cpu_s": cpu,
        "slowest_s": report.slowest_s,
        "slice": run.slice,
        "before_mb": before,
        "memory_mb": memory_mb(),
        "lag_ms": lag.p99_ms(),
        "own_lag_ms": lag.own_p99_ms(),
        "longest_ms": 1000 * max(lag.own_s, default=0.0),
    }


async def _nothing() -> None:
    return None


def main() -> None:
    whole, alone = pure()
    print(f"pure: {whole:,.0f} variants a CPU second judged, mapped, planned and compared; compared alone {alone:,.0f}")
    texts = list(lines(2_000, 8))
    begun = time.process_time()
    variants = parsed(texts)
    print(f"reading a bulk result: {variants / (time.process_time() - begun):,.0f} variants a CPU second")
    with folder() as place, shop(1e6, 1e7, 0.0) as server:
        fill(place / "store.db", indexed=True, in_stock=VARIANTS)
        command = [sys.executable, "-m", "tests.bench.drift", str(place), server.origin]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    got = json.loads(done.stdout)
    print(
        f"whole: {got['compared']:,.0f} items in {got['took_s']:.1f} s ({got['compared'] / got['took_s']:,.0f}/s,"
        f" {got['compared'] / got['cpu_s']:,.0f} a CPU second); found {got['found']:.0f} of {EDITS} edits, no other;"
    )
    print(
        f"       RMS's longest answer {got['slowest_s']:.2f} s, slices up to {got['slice']:.0f};"
        f" process {got['memory_mb']:.0f} MB (before {got['before_mb']:.0f} MB)"
    )
    print(
        f"       loop lag p99 {got['lag_ms']:.0f} ms; of its own work alone p99 {got['own_lag_ms']:.1f} ms,"
        f" at most {got['longest_ms']:.0f} ms"
    )


if __name__ == "__main__":
    there, origin = sys.argv[1:]
    print(json.dumps(asyncio.run(measure(Path(there), Elsewhere(origin)))))
