"""A shop that changed hands: what another engine wrote there is read before this one writes again.

The ledger of a machine tells what the shop held when this machine wrote last. Where another one has claimed the shop
since, it tells nothing: a value that RMS and the ledger agree on may be another one in the shop, and nobody would look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rms_console.contract.claim import FREE, Claim, ClaimKeeper, Standing
from rms_console.contract.snapshot import PauseView
from rms_console.engine import ledger_watch, pausing
from rms_console.engine.journal import MONITOR
from rms_console.engine.ledger_watch import Mishap, Why
from rms_console.engine.openbulk import FACT_READ_ALL
from rms_console.errors import LeaseHeld, LeaseLost
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


async def is_put_back(engine: EngineService, found: Claim, mine: Claim) -> bool:
    """Return whether the shop knows of a later tenure of this installation than its folder; then have the shop read.

    A folder that was put back whole agrees with itself, and the claim in the shop alone tells that it is an older one.
    A ledger that is new has been built from the shop just now.

    Raises:
        StoreError.
    """
    deps = engine.deps
    is_this_one = (found.epoch, found.since_at) == (mine.epoch, mine.since_at)
    if is_this_one or not await deps.disk(deps.ledger.cycles, 1, None):
        return False
    await ledger_watch.tell(deps, engine.journal, Mishap(Why.OLD_COPY))
    return True


async def read_first(engine: EngineService) -> None:
    """Have the next run read the whole shop before it writes, and settle what another engine left open."""
    await engine.deps.disk(engine.deps.ledger.set_fact, FACT_READ_ALL, "takeover")
    engine.runner.others_wrote()


async def pause_too(engine: EngineService, found: Claim | None) -> None:
    """Stay paused where a person had paused the engine that gave the shop back, until that pause was to end.

    Raises:
        StoreError: it could not be kept.
    """
    now = engine.deps.clock.now()
    if found is None or found.owner != FREE or not found.paused or engine.pause is not None:
        return
    if found.paused_until is not None and found.paused_until <= now:
        return
    reason = sentence("it was paused on {host}", host=found.host)
    await pausing.begin(engine, PauseView(found.host, reason, now, found.paused_until))
    engine.journal.log("WARN", MONITOR, PAUSED_THERE, host=found.host)


async def claim(engine: EngineService, keeper: ClaimKeeper, mine: Claim, found: Standing) -> Standing:
    """Claim the shop in the place of what was found, and be paused from then on where the one before was.

    The pause comes first, and stays when nobody knows whether the claim was written: the next look may find it ours.
    Only whoever learns that another engine got the shop takes none on.

    Raises:
        LeaseHeld: another engine got it. ShopError, StoreError: nobody knows, or it is as it was.
    """
    was_paused = engine.pause is not None
    await pause_too(engine, found.claim)
    try:
        return await keeper.write_claim(mine, found.digest)
    except LeaseHeld:
        if engine.pause is not None and not was_paused:
            await pausing.end(engine)
        raise


async def remember(engine: EngineService, ours: Standing) -> None:
    """Note the claim as we have just left it."""
    await engine.deps.disk(engine.deps.ledger.set_fact, FACT_LAST, ours.digest)


def begin_anew() -> LeaseLost:
    """Return what ends the present run: it was planned on what this machine remembered."""
    return LeaseLost(sentence("another engine wrote this shop meanwhile: the shop is read before this one writes"))
