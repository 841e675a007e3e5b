"""The judgement after a round: what the shop shows against what RMS says and ever said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rms_console.engine.retry import VERIFYING
from tests.acceptance.store_file import ZONE
from tests.campaign.place import UNREADABLE, Place, until
from tests.campaign.shop import ShopProcess
from tests.campaign.till import CampaignStore
from tests.simulation.checks import OF_THE_WAY
from tests.simulation.truth import Wanted, truth_of

SETTLE_S = 90.0
OPEN = ("waiting", "retrying")
GONE_BACK = "an older value"
FORGOTTEN = "is DRAFT with"
LOWERED = "lowered for a sale that nobody made"
NEVER_SAID = "a value that RMS never had"


def differences(store: CampaignStore, state: dict[str, Any], aside: Iterable[int] = ()) -> list[str]:
    """Return where the shop is not what RMS says, item by item; nothing is said of what is set aside (G1)."""
    wanted = truth_of(store.rows(), datetime.now(UTC), ZONE, 1).wanted
    by_sku = {one.sku: one for item, one in wanted.items()}
    excused = {f"SKU-{item}" for item in aside}
    found, seen = [], set()
    for product in state["products"]:
        offered = [v for v in product["variants"] if v["sku"] in by_sku]
        for variant in product["variants"]:
            sku = variant["sku"]
            seen.add(sku)
            if sku in excused:
                continue
            found += _variant(by_sku.get(sku), product, variant)
        is_gone = not offered and not excused & {v["sku"] for v in product["variants"]}
        # A merchant's draft, or one of ours: with items on offer it should not be one (see `Judgement.forgets`).
        if product["status"] != ("DRAFT" if is_gone else "ACTIVE") and (offered or is_gone):
            found.append(f"{product['style']} is {product['status']} with {len(offered)} items on offer")
    for sku, one in by_sku.items():
        if sku not in seen and sku not in excused and one.stock[0] > 0:
            found.append(f"{sku} ({one.style}) is not in the shop")
    return found


def _variant(one: Wanted | None, product: dict[str, Any], variant: dict[str, Any]) -> list[str]:
    sku, found = variant["sku"], []
    if one is None:
        return [f"{sku} has stock {variant['on_hand']}, RMS does not offer it"] if variant["on_hand"] else []
    if product["style"] != one.style:
        found.append(f"{sku} is in {product['style']}, RMS says {one.style}")
    if variant["price"] != f"{one.price:.2f}" or variant["compare_at"] is not None:
        found.append(f"{sku} costs {variant['price']}, RMS says {one.price}")
    if variant["on_hand"] != one.stock[0]:
        found.append(f"{sku} has stock {variant['on_hand']}, RMS says {one.stock[0]}")
    if tuple(variant["options"]) != one.options or not variant["sells_only_stock"]:
        found.append(f"{sku} is {variant['options']}, RMS says {one.options}")
    return found


def doubles(state: dict[str, Any]) -> list[str]:
    """Return what was made twice, or ever removed (G4, G5)."""
    styles = Counter(product["style"] for product in state["products"])
    skus = Counter(variant["sku"] for product in state["products"] for variant in product["variants"])
    twice = [f"{count} products of {style}" for style, count in styles.items() if count > 1 or style is None]
    twice += [f"{count} variants of {sku}" for sku, count in skus.items() if count > 1 or sku is None]
    return twice + [f"{what} was removed from the shop" for what in state["removed"]]


def returns(store: CampaignStore, state: dict[str, Any]) -> list[str]:
    """Return every value that came after a newer one of the same item, or that RMS never had (G3).

    A stock that RMS never had is one that the engine lowered because it took a write of its own for a sale.
    """
    found = []
    for sku, shown in state["history"].items():
        said = store.values.get(sku, [])
        prices = [float(price) for price, _ in shown]
        found += _older(f"{sku} costs", prices, [float(price) for price, _ in said])
        stocks = [0.0, *(float(stock) for _, stock in said)]
        found += _older(f"{sku} has stock", [float(stock) for _, stock in shown], stocks, is_stock=True)
    return found


def apart(told: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return what `returns` tells of older values, and of stocks that were lowered."""
    told = list(told)
    lowered = [one for one in told if one.endswith(LOWERED)]
    return [one for one in told if one not in lowered], lowered


def _older(what: str, shown: list[float], said: list[float], *, is_stock: bool = False) -> list[str]:
    at, found = 0, list[str]()
    for before, value in zip([None, *shown], shown, strict=False):
        if value == before:
            continue
        later = next((place for place in range(at, len(said)) if said[place] == value), None)
        if later is None:
            is_less = is_stock and value < max(said[at:], default=0)
            was = GONE_BACK if value in said else LOWERED if is_less else NEVER_SAID
            found.append(f"{what} {value:g} after {before}: {was}")
            if was != LOWERED:
                break  # what follows an older value is older as well
        else:
            at = later
    return found


class Judgement:
    """Collects what is wrong over all rounds. `told`: violations, in words; `listed`: codes of what was set aside.

    What the guard holds is approved, as a person would, and counted. `forgets`: the ledger was lost, or is another
    machine's: then nobody knows who made a product a draft, so it stays one though it has items again, nor whether what
    is missing of a stock was sold or written by the one before, so less is offered for the grace. That is counted.
    """

    def __init__(self, store: CampaignStore, shop: ShopProcess, *, forgets: bool = False) -> None:
        self.store = store
        self.shop = shop
        self.forgets = forgets
        self.told: list[str] = []
        self.listed: Counter[str] = Counter()

    def after(self, place: Place, *, settle_s: float = SETTLE_S, by: Place | None = None) -> None:
        """Let an engine bring everything to its end with nothing in its way, stop it, and judge.

        by: where an engine runs already that is to do it.
        """
        since = place.log_size()
        engine = by.engines[-1] if by else place.start()
        place = by or place
        if by is None and not until(lambda: place.is_ready(since), settle_s):
            self.told.append(f"not ready within {settle_s:g} s: {place.last_words()}")
        is_settled = until(lambda: self._is_settled(place), settle_s, 0.1)
        code = place.stop(engine)
        if code != 0:
            self.told.append(f"SIGTERM: exit code {code}")
        self._judge(place, is_settled, settle_s)
        if left := place.left_over():
            self.told.append(f"processes left over: {left}")

    def _is_settled(self, place: Place) -> bool:
        if place.holds():
            self.listed["held for a yes"] += place.holds()
            place.site.run("holds", "approve", "--all", "--yes", "--reason", "campaign")
        queue = place.queue()
        is_done = not any(_is_open(state, code) or state == UNREADABLE for state, code, _ in queue.values())
        return is_done and place.ledger.exists() and not self._differences(self.shop.ask("state"), queue)

    def _differences(self, state: dict[str, Any], aside: Iterable[int]) -> list[str]:
        found = differences(self.store, state, aside)
        return [one for one in found if not (self.forgets and f" {FORGOTTEN} " in one)]

    def _returns(self, state: dict[str, Any]) -> list[str]:
        told, lowered = apart(returns(self.store, state))
        self.listed[LOWERED] += len(lowered) if self.forgets else 0
        return told if self.forgets else told + lowered

    def _judge(self, place: Place, is_settled: bool, settle_s: float) -> None:
        state, queue = self.shop.ask("state"), place.queue()
        wrong = [] if is_settled else [f"not settled within {settle_s:g} s"]
        self.listed[FORGOTTEN] += len(differences(self.store, state, queue)) if self.forgets else 0
        wrong += self._differences(state, queue) + doubles(state) + self._returns(state)
        for item, (how, code, message) in queue.items():
            self.listed[code or how] += 1
            if _is_open(how, code) and not is_settled:
                wrong.append(f"item {item} still {how}: {code} {message[:80]}")
            elif how not in OPEN and (not code or not message or code in OF_THE_WAY):
                wrong.append(f"item {item} set aside wrongly: {how} {code} {message[:80]}")
        self.told += wrong + self._files(place)

    def _files(self, place: Place) -> list[str]:
        wrong = []
        if (said := place.integrity()) != "ok":
            wrong.append(f"integrity: {said}")
        audit = place.site.inside("audit", "verify")
        if audit.code != 0:
            wrong.append(f"audit verify: {audit.code} {audit.out.strip()[:100]} {audit.err.strip()[:100]}")
        return wrong


def _is_open(state: str, code: str) -> bool:
    """Whether something is still to be written; what is only to be looked at once more is not."""
    return state in OPEN and code != VERIFYING
