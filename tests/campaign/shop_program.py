"""The embedded shop as a program of its own, so that it outlives every engine. Steered by JSON lines on stdin.

It notes every value that a variant ever had, and everything that was ever removed: what the judgement is made of.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from rms_console.demo.shopify.fault_plan import FaultPlan, FaultRates
from rms_console.demo.shopify.faults import Fault, RequestInfo
from rms_console.demo.shopify.model import Product, Variant
from rms_console.demo.shopify.shop import GraphQLRequest


@dataclass
class Trap:
    """Sends a process a signal at the `at`-th request from now on, before or after the shop has carried it out."""

    pid: int
    at: int
    is_after: bool
    number: int
    seen: int = 0

    def reached(self) -> bool:
        self.seen += 1
        return self.seen == self.at


class WatchedShop(EmbeddedShop):
    """A shop that remembers what it ever showed."""

    def __init__(self, settings: ShopSettings) -> None:
        super().__init__(settings)
        self.history: dict[str, list[tuple[str, int]]] = {}
        self.removed: list[str] = []
        self.trap: Trap | None = None
        self.writes: list[tuple[float, str, str]] = []
        """Of each mutation: when (monotonic), at which door, what."""
        self._note_removals()

    def answer(self, request: GraphQLRequest, version: str, **how: Any) -> dict[str, Any]:
        with self.lock:
            mutations = self.ledger.mutations
            body = super().answer(request, version, **how)
            if self.ledger.mutations > mutations:
                fields = ",".join(self.ledger.entries[-1].root_fields)
                self.writes.append((time.monotonic(), str(how.get("origin")), fields))
            self._look()
            self._spring(is_after=True)
        return body

    def arrived(self, _info: RequestInfo) -> None:
        self._spring(is_after=False)

    def state_now(self) -> dict[str, Any]:
        """Return everything that can be seen and was seen, as plain values."""
        with self.lock:
            return {
                "products": [self._product(product) for product in self.products()],
                "history": self.history,
                "removed": self.removed,
                "requests": self.ledger.requests,
                "mutations": self.ledger.mutations,
            }

    def _spring(self, *, is_after: bool) -> None:
        trap = self.trap
        if trap is not None and trap.is_after == is_after and trap.reached():
            with suppress(ProcessLookupError):
                os.kill(trap.pid, trap.number)

    def _look(self) -> None:
        for variant in self.state.variants.values():
            if variant.sku:
                now = (str(variant.price), self._on_hand(variant))
                known = self.history.setdefault(variant.sku, [])
                if not known or known[-1] != now:
                    known.append(now)

    def _on_hand(self, variant: Variant) -> int:
        return sum(level.on_hand for level in variant.item.active_levels())

    def _product(self, product: Product) -> dict[str, Any]:
        style = product.metafields.get(("rms", "ccod"))
        return {
            "id": product.id,
            "style": style.value if style else None,
            "title": product.title,
            "status": product.status,
            "variants": [
                {
                    "sku": variant.sku,
                    "price": str(variant.price),
                    "compare_at": None if variant.compare_at_price is None else str(variant.compare_at_price),
                    "on_hand": self._on_hand(variant),
                    "options": list(variant.option_names),
                    "sells_only_stock": variant.item.tracked and variant.inventory_policy == "DENY",
                }
                for variant in product.variants
            ],
        }

    def _note_removals(self) -> None:
        remove_product, remove_variant = self.state.remove_product, self.state.remove_variant

        def product_gone(product: Product) -> None:
            self.removed.append(product.title)
            remove_product(product)

        def variant_gone(variant: Variant) -> None:
            # Shopify itself takes the nameless variant of a new product away when it gets its real ones.
            if variant.sku:
                self.removed.append(variant.sku)
            remove_variant(variant)

        self.state.remove_product = product_gone  # type: ignore[method-assign]
        self.state.remove_variant = variant_gone  # type: ignore[method-assign]


class Steering:
    """What can be asked of the shop from outside: a method a word."""

    def __init__(self, shop: WatchedShop) -> None:
        self.shop = shop
        self.plan = FaultPlan()
        shop.faults = self._fault

    def state(self) -> dict[str, Any]:
        return self.shop.state_now()

    def counts(self) -> dict[str, Any]:
        ledger = self.shop.ledger
        return {"requests": ledger.requests, "mutations": ledger.mutations, "faults": dict(self.plan.counts)}

    def faults(self, seed: int = 0, **rates: float) -> dict[str, Any]:
        self.plan = FaultPlan(FaultRates(**rates), seed=seed)
        return {}

    def latency(self, seconds: float) -> dict[str, Any]:
        self.shop.latency_s = seconds
        return {}

    def writes(self, since: float = 0.0) -> dict[str, Any]:
        return {"writes": [write for write in self.shop.writes if write[0] >= since]}

    def trap(self, pid: int, at: int, is_after: bool, number: int = signal.SIGKILL) -> dict[str, Any]:
        self.shop.trap = Trap(pid, at, is_after, number)
        return {}

    def untrap(self) -> dict[str, Any]:
        trap, self.shop.trap = self.shop.trap, None
        return {"seen": trap.seen if trap else 0}

    def _fault(self, info: RequestInfo) -> Fault | None:
        self.shop.arrived(info)
        return self.plan(info)


def main() -> None:
    settings = ShopSettings(
        locations=("Bodega",), capacity_points=20_000.0, restore_points_per_s=2_000.0, latency_s=float(sys.argv[1])
    )
    steering = Steering(WatchedShop(settings))
    with serve(steering.shop) as server, serve(steering.shop) as other:
        tell({"port": server.port, "other_port": other.port})
        for line in sys.stdin:
            asked = json.loads(line)
            act: Callable[..., dict[str, Any]] = getattr(steering, asked.pop("do"))
            tell(act(**asked))


def tell(values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
