"""A shop that changed hands: what another engine wrote there is read before this one writes again.

The ledger of a machine tells what the shop held when this machine wrote last. Where another one has claimed the shop
since, it tells nothing: a value that RMS and the ledger agree on may be another one in the shop, and nobody would look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rms_console.contract.claim import Standing
from rms_console.contract.snapshot import PauseView
from rms_console.engine import pausing
from rms_console.engine.journal import MONITOR
from rms_console.engine.openbulk import FACT_READ_ALL
from rms_console.errors import LeaseLost
from rms_console.locale import mark, sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

PAUSED_THERE: Final = mark(
    "The engine on {host} was paused when it gave the shop back: this one is paused too, until somebody resumes it"
)
FACT_LAST: Final = "shop_claim_last"
"""The digest of the claim as this installation left it last."""


async def is_due(engine: EngineService, found: Standing) -> bool:
    """Return whether somebody else has had the shop since this installation claimed it, or gave it back, last."""
    claim = found.claim
    if claim is None or claim.owner == engine.deps.installation:
        return False
    return await engine.deps.disk(engine.deps.ledger.get_fact, FACT_LAST) != found.digest


async def read_first(engine: EngineService) -> None:
    """Have the next run read the whole shop before it writes, and settle what another engine left open."""
    await engine.deps.disk(engine.deps.ledger.set_fact, FACT_READ_ALL, "takeover")
    engine.runner.others_wrote()


async def take_on(engine: EngineService, found: Standing) -> None:
    """Go on where another engine ended: read the shop first, and stay paused where a person had paused that one.

    Raises:
        StoreError: it could not be kept, and nothing was taken on.
    """
    await read_first(engine)
    claim = found.claim
    if claim is None or not claim.paused or engine.pause is not None:
        return
    reason = sentence("it was paused on {host}", host=claim.host)
    await pausing.begin(engine, PauseView(claim.host, str(reason), engine.deps.clock.now()))
    engine.journal.log("WARN", MONITOR, PAUSED_THERE, host=claim.host)


async def remember(engine: EngineService, ours: Standing) -> None:
    """Note the claim as we have just left it."""
    await engine.deps.disk(engine.deps.ledger.set_fact, FACT_LAST, ours.digest)


def begin_anew() -> LeaseLost:
    """Return what ends the present run: it was planned on what this machine remembered."""
    return LeaseLost(sentence("another engine wrote this shop meanwhile: the shop is read before this one writes"))
