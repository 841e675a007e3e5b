"""What can happen in a world: a table of named acts. Those not of the till are kinds of faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.world import Sim

Work = Callable[["Sim", Random], "Awaitable[None] | None"]


@dataclass(frozen=True, slots=True)
class Act:
    """`kind`: group and name. The group `till` is everyday life, all others are faults."""

    kind: str
    work: Work
    weight: int = 1
    is_wide: bool = False
    """Known only to the stories of later seeds, so that those of earlier ones stay what they were."""

    @property
    def is_fault(self) -> bool:
        return not self.kind.startswith("till.")


TABLE: dict[str, Act] = {}


def act(kind: str, weight: int = 1, wide: bool = False) -> Callable[[Work], Work]:
    """Enter an act in the table under its kind."""

    def enter(work: Work) -> Work:
        TABLE[kind] = Act(kind, work, weight, wide)
        return work

    return enter


def fault_kinds() -> tuple[str, ...]:
    """Return the names of all kinds of faults, in order."""
    return tuple(sorted(kind for kind, one in TABLE.items() if one.is_fault))
