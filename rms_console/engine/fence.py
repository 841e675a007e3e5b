"""Keeps two engines on two machines from writing one shop: each claims it in the shop before it writes."""

from __future__ import annotations

import asyncio
import os
import platform
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract.claim import FREE, Claim, ClaimKeeper, Standing
from rms_console.contract.rights import RightState, RightView
from rms_console.engine import handover
from rms_console.engine.journal import MONITOR
from rms_console.errors import ConsoleError, LeaseHeld, LeaseLost, ShopDenied, ShopRejected
from rms_console.locale import mark, sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

CLAIMED: Final = "shop-claimed"
FACT_CLAIM: Final = "shop_claim"
LET_GO_WITHIN_S: Final = 2.0
FRESH: Final = timedelta(seconds=120)
"""So long a claim that was seen in the shop is not looked at again: only a person's word can take it away."""
NO_CLAIM: Final = mark("The shop keeps no record of who writes it ({message}); only this machine's lock guards it")


class Fence:
    """The claim of one engine. `hold` before each writing cycle; an engine that only observes claims nothing."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self._standing: Standing | None = None
        self._seen_at: datetime | None = None
        self._is_forgotten = False
        self._is_outdated = False
        self._shown: RightView | None = None
        self.host = platform.node()
        self.is_brief = False
        """One cycle and no more: it goes by what others claim, and claims nothing itself."""

    async def hold(self) -> None:
        """Claim the shop, or see that the claim is still ours.

        A shop that refuses to keep such a record does not stop the sync: it is said, and the machine's lock remains.

        Raises:
            LeaseHeld: an engine elsewhere writes this shop. LeaseLost: one that bears our name does, or has our lock.
            ShopError: the shop did not answer.
        """
        self._engine.tenure.check()
        await self._engine.standby.hold()
        if self._is_outdated:
            self._is_outdated = False
            raise handover.begin_anew()
        keeper = self._engine.deps.claims
        if keeper is None:
            self._engine.standby.prove()
            return
        if await self._is_fresh():
            return
        try:
            await self._hold(keeper)
        except (ShopRejected, ShopDenied) as error:
            self._standing = None
            self._shown = RightView(RightState.REFUSED, seen_at=self._engine.deps.clock.now())
            self._engine.journal.log("WARN", MONITOR, NO_CLAIM, message=str(error))
            self._engine.standby.prove()
        await self._note()

    async def take_over(self) -> Claim | None:
        """Put our claim in the place of a foreign one, as a person asked; return whose it was, None: there was none.

        Raises:
            LeaseHeld: it changed hands meanwhile, or its engine lives. ShopError: the shop did not answer.
        """
        await self._engine.standby.hold()
        keeper = self._engine.deps.claims
        if keeper is None:
            return None
        standing = await keeper.read_claim()
        mine, found = self._mine(), standing.claim
        if found is None or found.owner in (FREE, mine.owner):
            return None
        # First of all: whoever dies in between reads once too often, never once too little.
        await handover.read_first(self._engine)
        # A run that is under way was planned on what was known before.
        self._is_outdated = self._engine.runner.active is not None
        self._standing = await keeper.write_claim(mine, standing.digest)
        await handover.remember(self._engine, self._standing)
        self._show(self._standing.claim)
        await self._note()
        return found

    def view(self) -> RightView | None:
        """Return the claim as it was seen last; None where the shop's is not looked at."""
        if self._engine.deps.claims is None:
            return None
        return self._shown or RightView(RightState.UNKNOWN)

    def forget(self) -> None:
        """The right to write has changed hands: look at the claim again before the next write."""
        self._standing = self._seen_at = None
        self._is_forgotten = True

    async def let_go(self) -> None:
        """Give the claim back, so that an engine elsewhere may write; where the shop does not answer, it stays."""
        await self._give_back()
        await self._engine.standby.end()

    async def _give_back(self) -> None:
        keeper, standing = self._engine.deps.claims, self._standing
        if keeper is None or standing is None:
            return
        self._standing = self._seen_at = None
        # A word that lies in this folder would not be heard by an engine elsewhere that gets the shop now.
        pause, number, now = self._engine.pause, self._engine.tenure.epoch, self._engine.deps.clock.now()
        until = pause.until_at if pause is not None else None
        given = Claim(FREE, self.host, os.getpid(), number, now, pause is not None, paused_until=until)
        with suppress(ConsoleError, TimeoutError):
            async with asyncio.timeout(LET_GO_WITHIN_S):
                await handover.remember(self._engine, await keeper.write_claim(given, standing.digest))
        with suppress(ConsoleError):
            await self._engine.deps.disk(self._engine.deps.ledger.set_fact, FACT_CLAIM, None)

    async def _hold(self, keeper: ClaimKeeper) -> None:
        standing = await keeper.read_claim()
        mine, found = self._mine(), standing.claim
        self._show(found)
        if self._standing is not None and found is not None and found.owner == mine.owner:
            if standing.digest != self._standing.digest:
                raise LeaseLost(
                    sentence("another engine claims the shop under the name of this one ({host})", host=found.host),
                    hint=sentence("a copy of this machine or of its state folder runs too: stop one of them"),
                )
            return
        if found is not None and self._is_foreign(found, mine):
            if not self._engine.standby.has_outlived(found):
                raise _held(found, self._engine.standby.wait_out(found))
            self._engine.journal.log(
                "WARN",
                MONITOR,
                "The engine on {host} is gone, as the lease shows: its claim is taken over",
                host=found.host,
            )
        is_older = False
        if found is not None and found.owner == mine.owner and found.epoch >= mine.epoch:
            is_older = await handover.is_put_back(self._engine, found, mine)
            await self._engine.tenure.rise_above(found.epoch)
            mine = self._mine()
        if self.is_brief:
            if is_older or await handover.is_due(self._engine, standing):
                await handover.read_first(self._engine)
                await handover.pause_too(self._engine, found)
                await handover.remember(self._engine, standing)
                raise handover.begin_anew()
            return
        changed_hands = is_older or await handover.is_due(self._engine, standing)
        if changed_hands:
            await handover.read_first(self._engine)
        self._standing = await handover.claim(self._engine, keeper, mine, standing)
        await handover.remember(self._engine, self._standing)
        self._show(self._standing.claim)
        self._engine.journal.log("INFO", MONITOR, "The shop is claimed for this engine")
        if changed_hands:
            raise handover.begin_anew()

    def _show(self, found: Claim | None) -> None:
        seen_at = self._engine.deps.clock.now()
        if found is None or found.owner == FREE:
            self._shown = RightView(RightState.FREE, seen_at=seen_at)
            return
        state = RightState.OURS if found.owner == self._engine.deps.installation else RightState.OTHER
        self._shown = RightView(state, found.host, found.pid, found.since_at, found.epoch, seen_at=seen_at)

    def _is_foreign(self, found: Claim, mine: Claim) -> bool:
        if found.owner in (FREE, mine.owner):
            return False
        # Of a process of this very machine it is known whether it lives.
        return found.host != mine.host or self._engine.deps.lease.lives(found.pid, found.since_at)

    async def _is_fresh(self) -> bool:
        """Return whether it was a moment ago that the claim was looked at; of brief engines, by the one before."""
        engine = self._engine
        if self._seen_at is None and self.is_brief and not self._is_forgotten:
            seen = await engine.deps.disk(engine.deps.ledger.get_fact, FACT_CLAIM)
            self._seen_at = datetime.fromisoformat(seen) if seen else None
        return self._seen_at is not None and timedelta() <= engine.deps.clock.now() - self._seen_at < FRESH

    async def _note(self) -> None:
        engine = self._engine
        self._seen_at = engine.deps.clock.now()
        await engine.deps.disk(engine.deps.ledger.set_fact, FACT_CLAIM, self._seen_at.isoformat())

    def _mine(self) -> Claim:
        engine = self._engine
        since = engine.tenure.since or engine.deps.clock.now()
        number, lease = engine.tenure.epoch, engine.standby.mark
        return Claim(engine.deps.installation, self.host, os.getpid(), number, since, lease=lease)


def _held(found: Claim, advice: str) -> LeaseHeld:
    return LeaseHeld(
        sentence(
            "the engine on {host} writes this shop since {since}",
            host=found.host,
            since=f"{found.since_at:%Y-%m-%d %H:%M} UTC",
        ),
        code=CLAIMED,
        hint=advice or sentence("stop that engine; if it is gone for good, release its claim on the lock page"),
    )
