"""Assembling many items without holding up the loop: part by part, where no style's items are parted."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rms_console.domain.assemble import Assembly, Bar, assemble
from rms_console.domain.grouping import style_key
from rms_console.domain.policy import Policy
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.rows import ItemRow, RowsRead, UnreadableRow
from rms_console.engine.widen import Gathered

ITEMS_A_PART = 150
"""Some ten milliseconds of judging and mapping."""


async def assemble_in_parts(
    gathered: Gathered,
    policy: Policy,
    now_local: datetime,
    may_create: Callable[[int], bool],
    barred: Mapping[int, Bar] | None = None,
) -> Assembly:
    """Return what `assemble` gives for the whole, giving the loop a turn after each part."""
    parts: list[Assembly] = []
    for part in split(gathered, ITEMS_A_PART):
        parts.append(assemble(part.read, part.products, policy, now_local, may_create, barred))
        await asyncio.sleep(0)
    return Assembly(
        tuple(work for part in parts for work in part.works),
        tuple(bad for part in parts for bad in part.quarantined),
        tuple(one for part in parts for one in part.skipped),
    )


def split(gathered: Gathered, size: int) -> Iterator[Gathered]:
    """Return parts of about `size` items. Styles that share an item, now or by an earlier home, stay together."""
    bundles = _bundles(gathered)
    part = _Part()
    for bundle in bundles:
        part.take(bundle)
        if part.count >= size:
            yield part.gathered()
            part = _Part()
    if part.count or not bundles:
        yield part.gathered()


def together(gathered: Gathered, item_ids: Iterable[int]) -> list[list[int]]:
    """Return the items in the smallest groups that may be planned alone: whole styles, and those an item binds.

    An item that belongs to no style is bound to no other.
    """
    ties = _ties(gathered)
    groups: defaultdict[tuple[str, int | None], list[int]] = defaultdict(list)
    for item_id in item_ids:
        style = ties.of(item_id)
        groups[style, None if style else item_id].append(item_id)
    return list(groups.values())


@dataclass(slots=True)
class _Part:
    """Items and products that are assembled together."""

    products: dict[str, AcknowledgedProduct] = field(default_factory=dict)
    rows: list[ItemRow] = field(default_factory=list)
    unreadable: list[UnreadableRow] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)

    @property
    def count(self) -> int:
        return len(self.rows) + len(self.unreadable) + len(self.hidden) + len(self.deleted) + len(self.products)

    def take(self, other: _Part) -> None:
        self.products |= other.products
        self.rows += other.rows
        self.unreadable += other.unreadable
        self.hidden |= other.hidden
        self.deleted |= other.deleted

    def gathered(self) -> Gathered:
        read = RowsRead(tuple(self.rows), tuple(self.unreadable), frozenset(self.hidden), frozenset(self.deleted))
        return Gathered(self.products, read)


def _bundles(gathered: Gathered) -> Sequence[_Part]:
    """Return the smallest parts that may stand alone, in the order of their styles."""
    ties = _ties(gathered)
    bundles: defaultdict[str, _Part] = defaultdict(_Part)
    for style, product in sorted(gathered.products.items()):
        bundles[ties.root(style)].products[style] = product
    for row in gathered.read.rows:
        bundles[ties.of(row.item_id, style_key(row.style))].rows.append(row)
    for broken in gathered.read.unreadable:
        bundles[ties.of(broken.item_id)].unreadable.append(broken)
    for item_id in gathered.read.hidden:
        bundles[ties.of(item_id)].hidden.add(item_id)
    for item_id in gathered.read.deleted:
        bundles[ties.of(item_id)].deleted.add(item_id)
    return list(bundles.values())


def _ties(gathered: Gathered) -> _Ties:
    ties = _Ties(gathered.products)
    for row in gathered.read.rows:
        ties.tie(row.item_id, style_key(row.style))
    return ties


class _Ties:
    """Which styles are bound together by an item that is in both."""

    def __init__(self, products: Mapping[str, AcknowledgedProduct]) -> None:
        self._parents: dict[str, str] = {}
        self._homes: dict[int, str] = {}
        for style, product in products.items():
            for variant in product.variants:
                self.tie(variant.item_id, style)

    def tie(self, item_id: int, style: str | None) -> None:
        if style is None:
            return
        home = self._homes.setdefault(item_id, style)
        if home != style:
            self._parents[self.root(style)] = self.root(home)

    def root(self, style: str) -> str:
        while (parent := self._parents.get(style, style)) != style:
            style = parent
        return style

    def of(self, item_id: int, style: str | None = None) -> str:
        """Return the root of an item's style; items without any share one."""
        return self.root(self._homes.get(item_id, style or ""))
