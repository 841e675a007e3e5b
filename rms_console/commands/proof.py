"""What is proven, as `status` and `health` tell it."""

from __future__ import annotations

from datetime import datetime

from rms_console.commands.figures import Row, clock
from rms_console.commands.reaching import Words
from rms_console.contract.insight_api import Proven
from rms_console.locale.retelling import retell


def proof_row(proven: Proven, words: Words, now: datetime) -> Row:
    """Return label and text: proven when and by what, or not proven since when and why."""
    return (words.phrase("Proof"), proof_text(proven, words, now))


def proof_text(proven: Proven, words: Words, now: datetime) -> str:
    last, reason = proven.last_proven, retell(words.language, proven.reason)
    if proven.state == "proven" and last is not None:
        at = clock(last.read_at, words, now)
        if last.latency is None:
            return words.phrase("proven {at} ({item}, read again)", at=at, item=last.item)
        return words.phrase("proven {at} ({item}, {latency})", at=at, item=last.item, latency=last.latency)
    if proven.state in ("none", "off", "waiting"):
        return reason or words.phrase("nothing was read back yet")
    if last is None:
        return words.phrase("NOT PROVEN: {reason}", reason=reason)
    return words.phrase("NOT PROVEN since {at}: {reason}", at=clock(last.read_at, words, now), reason=reason)
