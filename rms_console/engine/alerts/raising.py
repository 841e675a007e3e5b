"""Raises an alert by its kind: the table has the words, whoever raises it the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rms_console.engine.alerts.kinds import KINDS
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService


def put(
    engine: EngineService,
    kind: str,
    detail: str,
    *,
    severity: str = "",
    cause: str = "",
    what_to_do: str = "",
    over: str = "",
    again: bool = False,
) -> None:
    """Raise the alert of this kind, or put new facts to it. What is left out is as the table says."""
    known = KINDS[kind]
    engine.alerts.raise_(
        kind,
        severity or known.severity,
        sentence(known.title),
        detail,
        what_to_do or sentence(known.what_to_do),
        cause=cause or (sentence(known.cause) if known.cause else ""),
        over=over,
        again=again,
    )
