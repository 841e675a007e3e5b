"""Brakes against harm in bulk."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.domain.policy import GuardPolicy


def limit_creations(
    styles: Sequence[str], created_today: int, guard: GuardPolicy
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which of the styles that would become new products may, and which wait for a person or for tomorrow.

    In the order given: the oldest change first is the caller's business. `max_created` 0 lets all through.
    """
    if guard.max_created <= 0:
        return tuple(styles), ()
    room = max(0, guard.max_created - created_today)
    return tuple(styles[:room]), tuple(styles[room:])
