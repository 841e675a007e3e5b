"""The order in which variants of one product may take the option values of one another.

The shop compares each row of a bulk update with the product as it is before the call, so two variants can neither
swap sizes in one call nor move up by one. Here a move waits until its place is free, and a ring of moves is opened by
one variant that steps aside for a moment.

Variants move, items do not: SKU, price and stock stay together on their variant, so whatever is read between two
calls is right of each SKU but for the name of its size. Handing variants on among the items instead would put the
stock of one under the SKU of another until the next call, since the shop has no call that writes both. There is
nothing to undo after a crash at any point: from what is there the same rules lead to the same end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from rms_console.domain.grouping import LONGEST_VALUE
from rms_console.domain.operations import VariantChange
from rms_console.domain.options import Values, option_key
from rms_console.domain.product import AcknowledgedVariant

_LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True)
class Move:
    """One variant on its way to other option values, both in the product's own order."""

    item_id: int
    variant_id: str
    have: Values | None
    want: Values
    label: str
    """What tells the variant from all others (its SKU), for the time that it stands aside."""

    @property
    def key(self) -> Values:
        return option_key(self.want)

    def as_change(self, names: Values) -> VariantChange:
        return VariantChange(self.item_id, self.variant_id, options=tuple(zip(names, self.want, strict=True)))

    def aside(self, taken: Collection[Values]) -> Move:
        """Return the step to a place of its own: the size it is going to have, and its SKU with it."""
        return Move(self.item_id, self.variant_id, self.have, _named_apart(self, taken), self.label)


def arrange(
    moves: Sequence[Move],
    variants: Sequence[AcknowledgedVariant],
    leaving: Collection[int],
    coming: Collection[Values] = (),
) -> tuple[list[list[Move]], frozenset[Values]]:
    """Return the moves in the order of sending, and the places from which a variant cannot move yet.

    A variant whose item is leaving makes room: it keeps its size and gets its SKU added to it, for good. Not before
    its stock is 0, though: while it sells, what it is called is left alone, and who wants its place waits. Nobody makes
    room by taking a place of those `coming`, variants that are made after the moves.
    """
    holders = {option_key(one.options): one.variant_id for one in variants if one.options is not None}
    by_id = {variant.variant_id: variant for variant in variants}
    movers = {move.variant_id for move in moves}
    taken = {move.key for move in moves} | holders.keys() | set(coming)
    cleared = []
    for move in moves:
        there = by_id.get(holders.get(move.key, ""))
        if there is None or there.options is None or there.variant_id in movers or there.item_id not in leaving:
            continue
        if all(quantity == 0 for quantity in there.stock.values()):
            stay = Move(there.item_id, there.variant_id, there.options, there.options, there.sku or "")
            cleared.append(stay.aside(taken))
    waves = list(in_waves([*moves, *cleared], holders))
    moved = {move.variant_id for wave in waves for move in wave}
    return waves, frozenset(option_key(one.have) for one in moves if one.have and one.variant_id not in moved)


def in_waves(moves: Iterable[Move], holders: Mapping[Values, str]) -> Iterator[list[Move]]:
    """Yield the moves that can be sent together, in the order of sending.

    `holders`: option key -> variant id, for every variant of the product that we know. A move to a place whose holder
    stays is left out.
    """
    board = _Board(moves, holders)
    wave = board.free()
    while wave := wave or board.openers():
        yield wave
        wave = board.play(wave)


class _Board:
    """Who is where, and who waits for which place."""

    def __init__(self, moves: Iterable[Move], holders: Mapping[Values, str]) -> None:
        self._holders = dict(holders)
        self._places = {variant_id: key for key, variant_id in holders.items()}
        self._wanted: dict[Values, Move] = {}
        for move in moves:
            self._wanted.setdefault(move.key, move)

    def free(self) -> list[Move]:
        return [
            move for key, move in self._wanted.items() if self._holders.get(key, move.variant_id) == move.variant_id
        ]

    def play(self, wave: Sequence[Move]) -> list[Move]:
        """Make these moves; return those to the places that they left."""
        left = [self._places.pop(move.variant_id) for move in wave if move.variant_id in self._places]
        for key in left:
            del self._holders[key]
        for move in wave:
            key = move.key
            self._holders[key] = move.variant_id
            self._places[move.variant_id] = key
            self._wanted.pop(key, None)
        return [self._wanted[key] for key in left if key in self._wanted and key not in self._holders]

    def openers(self) -> list[Move]:
        """Return a step aside for one variant of each ring. What then still waits, waits for one that stays."""
        goals = {move.variant_id: key for key, move in self._wanted.items()}
        asides: list[Move] = []
        for variant_id in _ring_openers(goals, self._holders):
            taken = self._holders.keys() | self._wanted.keys() | {move.key for move in asides}
            asides.append(self._wanted[goals[variant_id]].aside(taken))
        return asides


def _ring_openers(goals: Mapping[str, Values], holders: Mapping[Values, str]) -> list[str]:
    """Return one variant of each ring. `goals`: variant id -> a place that another one has, which may wait itself."""
    seen: set[str] = set()
    openers = []
    for start in goals:
        path: set[str] = set()
        variant_id = start
        while variant_id in goals and variant_id not in seen:
            seen.add(variant_id)
            path.add(variant_id)
            variant_id = holders[goals[variant_id]]
        if variant_id in path:
            openers.append(variant_id)
    return openers


def _named_apart(move: Move, taken: Collection[Values]) -> Values:
    """Return the wanted values, the last that changes (or the last) marked with the label: a place nobody has."""
    want = move.want
    have = move.have if move.have is not None and len(move.have) == len(want) else want
    differing = [place for place, value in enumerate(want) if value != have[place]]
    place = differing[-1] if differing else len(want) - 1
    label = move.label[:_LONGEST_LABEL] or move.variant_id.rpartition("/")[2]
    for number in count(1):
        mark = f" ({label})" if number == 1 else f" ({label} {number})"
        value = want[place][: LONGEST_VALUE - len(mark)] + mark
        values = (*want[:place], value, *want[place + 1 :])
        if option_key(values) not in taken:
            return values
    raise AssertionError("unreachable")
