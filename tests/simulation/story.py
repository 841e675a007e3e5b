"""The story of a seed: which acts, in which order, how long after each other. A list, so that it can be cut down."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.simulation.acts import TABLE, Act

ROUNDS = (1, 1, 2)
ACTS_A_ROUND = 14
BEGINNING = ("till.new_item",) * 5
WIDE_FROM = 60_000
"""Seeds from here on know all acts; those before know what there was when they were numbered."""
ACTIVE_SHARE = 0.35
"""Of all kinds of faults, those that a seed knows: few kinds at a time meet each other more often than all do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act with its own dice, and how long nothing else begins after it."""

    round: int
    kind: str
    dice: int
    gap_s: float


def story_of(seed: int) -> tuple[Step, ...]:
    """Return the steps of a seed."""
    dice = Random(f"story {seed}")
    faults = [one for kind, one in sorted(TABLE.items()) if one.is_fault and (seed >= WIDE_FROM or not one.is_wide)]
    active = [one for one in faults if dice.random() < ACTIVE_SHARE]
    life = [one for kind, one in sorted(TABLE.items()) if not one.is_fault]
    steps = [Step(0, kind, dice.randrange(2**32), 1.0) for kind in BEGINNING]
    steps[-1] = Step(0, BEGINNING[-1], dice.randrange(2**32), 200.0)
    for number in range(dice.choice(ROUNDS)):
        for _ in range(ACTS_A_ROUND):
            one = _draw(dice, active if active and dice.random() < 0.55 else life)
            gap_s = dice.choice([0.0, 1.0, 5.0, 30.0, 120.0, 300.0])
            steps.append(Step(number, one.kind, dice.randrange(2**32), gap_s))
    return tuple(steps)


def _draw(dice: Random, acts: list[Act]) -> Act:
    return dice.choices(acts, [one.weight for one in acts])[0]
