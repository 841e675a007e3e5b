"""A shop that changed hands: what another engine wrote there is read before this one writes again.

The ledger of a machine tells what the shop held when this machine wrote last. Where another one has claimed the shop
since, it tells nothing: a value that RMS and the ledger agree on may be another one in the shop, and nobody would look.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from rms_console.contract.claim import FREE, Claim, Standing
from rms_console.contract.snapshot import PauseView
from rms_console.engine import ledger_watch, pausing
from rms_console.engine.journal import MONITOR
from rms_console.engine.ledger_watch import Mishap, Why
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


def pause_left(engine: EngineService, found: Claim | None) -> PauseView | None:
    """Return the pause that goes with a shop that was given back, None: there is none, or it is over."""
    now = engine.deps.clock.now()
    if found is None or found.owner != FREE or not found.paused or engine.pause is not None:
        return None
    if found.paused_until is not None and found.paused_until <= now:
        return None
    return PauseView(found.host, sentence("it was paused on {host}", host=found.host), now, found.paused_until)


async def pause_too(engine: EngineService, found: Claim | None) -> None:
    """Stay paused where a person had paused the engine that gave the shop back.

    Raises:
        StoreError: it could not be kept.
    """
    left = pause_left(engine, found)
    if left is not None:
        await pausing.begin(engine, left)
        engine.journal.log("WARN", MONITOR, PAUSED_THERE, host=left.by)


async def claimed(engine: EngineService, writing: Awaitable[Standing], found: Claim | None) -> Standing:
    """Claim the shop, and be paused from then on where the one before was.

    The pause is kept first, so that a death in between loses none; whoever does not get the shop takes none on.

    Raises:
        LeaseHeld, ShopError, StoreError: the shop is not claimed.
    """
    left = pause_left(engine, found)
    if left is not None:
        await pausing.save(engine, left)
    try:
        standing = await writing
    except BaseException:
        if left is not None:
            await pausing.save(engine, None)
        raise
    await pause_too(engine, found)
    return standing


async def remember(engine: EngineService, ours: Standing) -> None:
    """Note the claim as we have just left it."""
    await engine.deps.disk(engine.deps.ledger.set_fact, FACT_LAST, ours.digest)


def begin_anew() -> LeaseLost:
    """Return what ends the present run: it was planned on what this machine remembered."""
    return LeaseLost(sentence("another engine wrote this shop meanwhile: the shop is read before this one writes"))
