"""Option values of one product, in the order of one list of option names or of another.

A product that a merchant made may call its options otherwise than we do, or list them in another order.
"""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.domain.text import fold

Values = tuple[str, ...]


def option_key(values: Sequence[str]) -> Values:
    """Return the key under which option values that differ in case, accents or spaces only are equal."""
    return tuple(fold(value) for value in values)


def in_order(values: Values, names: Values, target: Values) -> Values | None:
    """Return `values`, given in the order of `names`, in the order of `target`.

    The same names in another order: moved. Other names but as many: taken by place. None when they cannot
    correspond (`Title` of a product without options, say). An empty list of names counts as ours.
    """
    if names == target or not names or not target:
        return values
    if len(names) != len(target):
        return None
    places = {fold(name): place for place, name in enumerate(names)}
    wanted = [fold(name) for name in target]
    if len(places) == len(target) and all(name in places for name in wanted):
        return tuple(values[places[name]] for name in wanted)
    return values


def same_names(names: Values, other: Values) -> bool:
    """Whether two lists name the same options, in whatever order and spelling."""
    return sorted(map(fold, names)) == sorted(map(fold, other))
