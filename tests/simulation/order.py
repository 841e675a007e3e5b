"""G3, looked at on every write: what is written for one product and field follows RMS, and never goes back.

RMS's history is what it held each time the engine read it, and each time the shop was written: per style and SKU one
list of prices and one of quantities. A write must be found in it at or after the place of the write before.

Legal exceptions, each told apart by what really happened to that request, not by what a seed knows:

* a request that arrives late, twice or slowly, or was sent by a process that has died or stood still since: the shop
  takes it whenever it comes, and nobody can call it back; that it is not the last word G1 shows;
* a value that RMS never held (a dirty read, what the shop sold taken off, a price half known): it has no place in the
  order. A SKU of which the shop ever sold something is not looked at for its stock: such a figure may be any;
* an SKU that two items have had: which of them a variant was is not told by its SKU;
* a reply that hides an item is a version too: it says that there is none;
* what the clock of our machine says counts for sales, right or wrong: the history is kept by that clock.
"""

from __future__ import annotations

import contextvars
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rms_console.domain.holds import HoldState
from tests.simulation.truth import Truth, truth_of

if TYPE_CHECKING:
    from tests.simulation.world import Held, Sim

LATE: contextvars.ContextVar[str] = contextvars.ContextVar("late", default="")
"""Why the request at the shop's door may be an old one; empty: it came as it was sent."""
Key = tuple[str, str, str]
"""Style, SKU, field."""


class Order:
    """The order of one world. `checked`: how many writes were held against it, by field."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._values: dict[Key, list[object]] = {}
        self._place: dict[Key, int] = {}
        self._items: dict[str, set[int]] = {}
        self.checked: Counter[str] = Counter()

    def sample(self) -> None:
        """Note what RMS holds now."""
        sim = self._sim
        truth = truth_of(sim.store.rows(), sim.clock.now(), sim.settings.zone, len(sim.options.locations))
        here: set[tuple[str, str]] = set()
        for item, one in truth.wanted.items():
            here.add((one.style, one.sku))
            self._items.setdefault(one.sku, set()).add(item)
            self._note((one.style, one.sku, "stock"), one.stock[0])
            if one.price is not None:
                self._note((one.style, one.sku, "price"), (one.price, one.compare_at))
        for style, sku, name in list(self._values):
            if (style, sku) not in here:
                self._gone(truth, (style, sku, name))

    def _gone(self, truth: Truth, key: Key) -> None:
        """Note of a SKU that no item of the style bears any more what it may be written to.

        An item that was only renamed keeps its variant, and that keeps its old SKU until the new one is written: stock
        is written before it. What RMS says of the item holds for it until then.
        """
        style, sku, name = key
        renamed = [truth.wanted[item] for item in self._items[sku] if item in truth.wanted]
        here = [one for one in renamed if one.style == style]
        if name == "stock":
            self._note(key, here[0].stock[0] if here else 0)
        elif here and here[0].price is not None:
            self._note(key, (here[0].price, here[0].compare_at))

    def hidden(self, items: Iterable[int]) -> None:
        """A reply of RMS had none of these items, though they are there."""
        gone = set(items)
        for style, sku, name in list(self._values):
            if name == "stock" and self._items.get(sku, set()) & gone:
                self._note((style, sku, "stock"), 0)

    def _note(self, key: Key, value: object) -> None:
        values = self._values.setdefault(key, [])
        if not values or values[-1] != value:
            values.append(value)

    def written(self, before: Held | None, after: Held) -> None:
        """A request of ours made or moved a variant."""
        self.sample()
        if before is None or (before.price, before.compare_at) != (after.price, after.compare_at):
            self._hold_against((after.style, after.sku, "price"), after.money, before is None)
        if after.on_hand and (before is None or before.on_hand != after.on_hand):
            self._hold_against((after.style, after.sku, "stock"), after.on_hand[0][1])

    def _is_held(self, sku: str) -> bool:
        """Whether the engine at work has the price of an item with this SKU on its list of holds."""
        process = self._sim.process
        if process is None or not process.is_alive:
            return False
        holds = process.real_ledger.holds_page((HoldState.OPEN, HoldState.REJECTED), 1000, 0)
        return bool(self._items.get(sku, set()) & {item for hold in holds for item in hold.item_ids})

    def _hold_against(self, key: Key, value: object, is_new: bool = False) -> None:
        style, sku, name = key
        values, place = self._values.get(key, []), self._place.get(key, 0)
        if len(self._items.get(sku, ())) > 1 or (name == "stock" and (sku, "stock") in self._sim.ever_moved):
            return
        later = next((n for n in range(place, len(values)) if values[n] == value), None)
        if later is not None:
            if not LATE.get():
                self._place[key] = later
                self.checked[name] += 1
            return
        if value not in values[:place]:
            return
        if is_new and name == "price" and self._sim.moved_at is not None and self._is_held(sku):
            # Made anew by a machine that took over: what the guard holds there until a yes comes from its own ledger,
            # and of a product that is gone the shop cannot tell what the other machine made of it meanwhile.
            self._sim.fire("order.excused_heir")
            return
        if why := LATE.get():
            self._sim.fire(f"order.excused_{why}")
            return
        self._sim.wrong("G3", f"{sku} of {style}: its {name} went back to {value}; RMS has {values[-1]} by now")
