"""What a plan does that was made after the guard had looked: the shop turned out to hold something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rms_console.domain.assemble import StyleWork
from rms_console.domain.dangers import Part, Reply, find, look_at
from rms_console.domain.holds import targets_of
from rms_console.domain.operations import ProductPlan
from rms_console.domain.policy import Policy
from rms_console.domain.product import AcknowledgedProduct


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the guard let pass of one product, and how complete RMS's reply was. `have` None: a product to be made."""

    work: StyleWork
    plan: ProductPlan
    have: AcknowledgedProduct | None
    reply: Reply


def unseen(
    work: StyleWork,
    made: ProductPlan,
    have: AcknowledgedProduct,
    reviewed: Reviewed,
    policy: Policy,
    now: datetime,
) -> tuple[Part, ...]:
    """Return the dangerous parts of a plan made anew that are no part of what the guard let pass.

    What is dangerous only in numbers counts as well: how many products do it can be told over a whole load alone.
    """
    parts = find(look_at(work, made, have, policy, now), policy.guard, reviewed.reply)
    dangerous = [part for part in parts if part.alone is not None or part.counts_as is not None]
    if not dangerous:
        return ()
    known: Sequence[Part] = ()
    if reviewed.have is not None:
        look = look_at(reviewed.work, reviewed.plan, reviewed.have, policy, now)
        known = find(look, policy.guard, reviewed.reply)
    return tuple(part for part in dangerous if not any(_covers(one, part) for one in known))


def _covers(known: Part, part: Part) -> bool:
    """Whether a part that passed leads to all of another, and was at least as dangerous when it was looked at."""
    if known.aspect is not part.aspect or not targets_of(part.changes) <= targets_of(known.changes):
        return False
    return known.alone is not None or (part.alone is None and known.counts_as is not None)
