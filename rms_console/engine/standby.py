"""Two machines, one of them writes: holds the shared lease, or stands by until its holder is certainly gone.

Without a shared lease (redis.url empty) nothing here does anything.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rms_console.contract.claim import Claim
from rms_console.contract.lease_port import UNREACHED, Holder, Seen, SharedLease
from rms_console.contract.rights import RightState, RightView
from rms_console.contract.state import EngineState, Mode
from rms_console.engine import rights
from rms_console.engine.journal import MONITOR
from rms_console.engine.openbulk import FACT_READ_ALL
from rms_console.engine.proof import LATE_LEASES, Proof
from rms_console.engine.term import Chance, Lookout, Mark, Term
from rms_console.engine.wakes import Wake
from rms_console.errors import ConsoleError, LeaseError, LeaseHeld, LeaseLost
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

LOOK_EVERY_S: Final = 1.0
SHORTEST_WAIT_S: Final = 0.05
LET_GO_WITHIN_S: Final = 2.0


class Standby:
    """The engine's share in the lease. `refusal` may be asked at any moment and never waits."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self._lease: SharedLease | None = engine.deps.shared_lease
        engine.runner.refusal = lambda: self.refusal() or engine.tenure.refusal()
        self._lookout = Lookout(self._lease.ttl_s if self._lease is not None else 0.0)
        self._term: Term | None = None
        self._holder: Holder | None = None
        self._ends_at: float = 0.0
        self._trouble: LeaseError | None = None
        self.since = engine.deps.clock.now()
        """Since when this engine has been waiting."""
        self._task: asyncio.Task[None] | None = None
        self._is_first = True
        self._proof = Proof(engine)

    @property
    def holds_back(self) -> bool:
        return self.refusal() is not None

    def waiting(self) -> LeaseHeld | None:
        """Return whom this engine waits for, where it stands by."""
        error = self.refusal()
        return error if isinstance(error, LeaseHeld) else None

    def refusal(self) -> LeaseError | None:
        """Return why nothing may be written now; None: it may, as far as the shared lease goes."""
        lease = self._lease
        if lease is None or self._mode is not Mode.LIVE:
            return None
        if self._term is not None:
            if self._term.is_safe(lease.elapsed_s()):
                return None
            return self._trouble or LeaseLost(
                sentence("the lease in Redis was not renewed in time: nothing more is sent"),
                hint=sentence("it is renewed, or another engine goes on; the log says which"),
            )
        if self._trouble is not None:
            return self._trouble
        return _held(self._holder)

    async def begin(self) -> None:
        """Ask for the lease for the first time, and go on asking and renewing from then on."""
        if self._lease is None or self._task is not None:
            return
        await self._engine.runner.follow_mode(self._engine.settings)
        await self._proof.load()
        wait_s = await self._guarded(self._lease)
        self._task = asyncio.ensure_future(self._keep(self._lease, wait_s))

    async def hold(self) -> None:
        """See that this engine may write.

        Raises:
            LeaseHeld: another one does. LeaseError: it is not known, or no longer.
        """
        await self.begin()
        error = self.refusal()
        if error is not None:
            raise error

    async def end(self) -> None:
        """Give the lease back, so that a standby goes on at once; where Redis does not answer, it ends by itself."""
        lease, self._lease, term, self._term = self._lease, None, self._term, None
        if lease is None:
            return
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with suppress(ConsoleError, TimeoutError):
            async with asyncio.timeout(LET_GO_WITHIN_S):
                if term is not None:
                    await lease.free()
                await lease.close()

    async def probe(self) -> None:
        """Look at the lease now. Raises LeaseError: Redis does not answer."""
        if self._lease is not None:
            with self._engine.links.timed("redis"):
                await self._lease.look()

    def check_reached(self) -> None:
        """Raise the trouble with Redis, if there is any."""
        if self._trouble is not None:
            raise self._trouble

    def has_outlived(self, claim: Claim) -> bool:
        """Return whether the lease proves that the engine which made this claim has stopped writing."""
        lease, term = self._lease, self._term
        if lease is None or term is None or self.refusal() is not None:
            return False
        return self._proof.is_proven(term, self._proof.outlived_at(claim, term), lease.elapsed_s())

    def wait_out(self, claim: Claim) -> str:
        """Let the run that this claim stops go on when it is proven to be over; return what to do until then."""
        return "" if self._term is None else self._proof.wait_out(claim, self._term)

    def prove(self) -> None:
        """See that nobody else can still be writing, where the shop itself does not refuse a second writer.

        Raises:
            LeaseHeld: an engine that held the lease before may not have noticed yet.
        """
        lease, term = self._lease, self._term
        if lease and term and not self._proof.is_proven(term, term.proven_at, lease.elapsed_s()):
            self._proof.expect(term, term.proven_at)
            raise _held(None)

    @property
    def mark(self) -> str:
        """The tenure that our claim in the shop bears; empty without a lease."""
        return "" if self._term is None else str(Mark.of(self._term))

    def rest(self) -> None:
        """Show that nothing is sent, where nothing worse is to be shown."""
        if self.holds_back and self._engine.recovery.fault is None:
            self._engine.machine.move(EngineState.PAUSED)

    def view(self) -> RightView | None:
        """Return the lease as this engine knows it; None where the settings name no Redis."""
        lease, term, holder = self._lease, self._term, self._holder
        if lease is None:
            return None
        now = self._engine.deps.clock.now()
        ends_at = now + timedelta(seconds=max(0.0, self._ends_at - lease.elapsed_s()))
        if term is not None and term.is_safe(lease.elapsed_s()):
            me = _me(self._engine)
            return RightView(RightState.OURS, me.host, me.pid, me.since_at, term.grant.number, ends_at)
        if holder is not None:
            shown = rights.of_lease(holder, self._lookout.number, ends_at)
            return replace(shown, state=RightState.UNREACHED) if self._trouble is not None else shown
        if self._trouble is not None:
            return RightView(RightState.UNREACHED)
        return RightView(RightState.UNKNOWN if self._is_first else RightState.FREE)

    @property
    def _mode(self) -> Mode:
        return self._engine.runner.mode or self._engine.settings.mode

    async def _keep(self, lease: SharedLease, wait_s: float) -> None:
        while True:
            await self._engine.deps.clock.sleep(max(SHORTEST_WAIT_S, wait_s))
            wait_s = await self._guarded(lease)

    async def _guarded(self, lease: SharedLease) -> float:
        """Take one step; return how long to wait before the next one."""
        engine, again_s = self._engine, min(LOOK_EVERY_S, lease.ttl_s / 10)
        try:
            with engine.links.timed("redis"):
                wait_s = await self._step(lease, again_s)
        except LeaseError as error:
            self._unreached(error)
            return again_s
        except ConsoleError as error:
            engine.journal.log("ERROR", MONITOR, "{code}: {message}", code=error.code, message=str(error))
            return again_s
        if self._trouble is not None:
            self._trouble = None
            engine.journal.log("INFO", MONITOR, "Redis answers again")
            engine.wakes.ring(Wake.RECOVER)
        return wait_s

    async def _step(self, lease: SharedLease, again_s: float) -> float:
        term = self._term
        if term is not None and self._mode is not Mode.LIVE:
            await lease.free()
            self._term = term = None
        if term is not None:
            now = lease.elapsed_s()
            await self._proof.tend(now)
            if now < term.renew_at:
                return term.renew_at - now
            if await lease.renew():
                self._term = replace(term, asked_at=now)
                self._ends_at = now + lease.ttl_s
                return lease.ttl_s / 3
            await self._missed(lease, term)
            return 0.0
        seen = await lease.look()
        await self._judge(lease, seen)
        return 0.0 if self._term is not None else again_s

    async def _missed(self, lease: SharedLease, term: Term) -> None:
        """The lease is not ours any more: taken back at once where Redis only forgot it, else it is lost."""
        engine, asked_at = self._engine, lease.elapsed_s()
        if term.is_safe(asked_at):
            grant = await lease.take(_me(self._engine), term.grant.era, term.grant.number)
            if grant is not None:
                engine.journal.log(
                    "WARN", MONITOR, "Redis had forgotten our lease: it is taken again as number {number}",
                    number=grant.number,
                )  # fmt: skip
                await self._proof.remember(grant)
                self._term = Term(grant, asked_at, lease.ttl_s, term.proven_at, asked_at)
                return
        self._term = None
        self._lookout.held(term.grant, asked_at)
        self.since = engine.deps.clock.now()
        engine.fence.forget()
        engine.journal.log("WARN", MONITOR, "The lease in Redis is lost: nothing more is sent")
        engine.wakes.ring(Wake.SCHEDULE)

    async def _judge(self, lease: SharedLease, seen: Seen) -> None:
        now, me = lease.elapsed_s(), _me(self._engine)
        if seen.holder is not None and seen.holder != self._holder:
            _tell(self._engine, seen.holder)
        await self._proof.learn(seen.era)
        self._holder = seen.holder
        self._ends_at = now + seen.left_s
        over = _left_behind(self._engine, seen.holder) if self._is_first else ""
        self._is_first = False
        chance = Chance(True) if seen.is_ours else self._lookout.see(seen, now)
        if over:
            chance = Chance(False)
        if chance is None or self._mode is not Mode.LIVE:
            return
        asked_at = lease.elapsed_s()
        grant = await lease.take(me, self._lookout.era or os.urandom(8).hex(), self._lookout.number, over_boot=over)
        if grant is None:
            return
        proven_at = asked_at if chance.proven else asked_at + lease.ttl_s
        await self._gained(Term(grant, asked_at, lease.ttl_s, proven_at, asked_at))

    async def _gained(self, term: Term) -> None:
        """Begin a tenure. What the shop holds is read first where others may have written since our last one."""
        engine, number = self._engine, term.grant.number
        was_ours = await self._proof.was_ours(term.grant)
        if not was_ours:
            await engine.deps.disk(engine.deps.ledger.set_fact, FACT_READ_ALL, "takeover")
        await self._proof.remember(term.grant)
        engine.runner.others_wrote()
        engine.fence.forget()
        self._holder, self._term, self._ends_at = None, term, term.asked_at + term.ttl_s
        self._proof.begin(None if was_ours else term.begun_at + LATE_LEASES * term.ttl_s)
        engine.journal.log("INFO", MONITOR, "This engine holds the lease in Redis (number {number})", number=number)
        if engine.world is not None and engine.recovery.fault is None and engine.runner.active is None:
            await engine.rest()
        engine.wakes.ring(Wake.SCHEDULE)

    def _unreached(self, error: LeaseError) -> None:
        """Say once that Redis is gone; from when the lease may no longer be used this is what keeps us from working."""
        engine = self._engine
        if self._trouble is None:
            engine.journal.log("WARN", MONITOR, "{message}", message=str(error))
        self._trouble = error
        idle = engine.recovery.fault is None and engine.runner.active is None
        if idle and self.holds_back and engine.pause is None:
            engine.mending.fail(error)


def _me(engine: EngineService) -> Holder:
    since = engine.tenure.since or engine.deps.clock.now()
    return Holder(engine.deps.installation, engine.fence.host, os.getpid(), engine.boot_id, since)


def is_of_redis(error: Exception) -> bool:
    """Return whether this is the trouble of not reaching Redis."""
    return isinstance(error, LeaseError) and error.code == UNREACHED


def _held(holder: Holder | None) -> LeaseHeld:
    if holder is None:
        return LeaseHeld(
            sentence("Redis has forgotten who writes this shop: this engine waits until nobody can"), code="standby"
        )
    since = f"{holder.since_at:%Y-%m-%d %H:%M} UTC"
    return LeaseHeld(
        sentence("the engine on {host} writes this shop since {since}", host=holder.host, since=since),
        code="standby",
        hint=sentence("this one takes over when that engine ends or fails"),
    )


def _tell(engine: EngineService, holder: Holder) -> None:
    engine.journal.log(
        "WARN",
        MONITOR,
        "The engine on {host} (process {pid}) holds the lease: this one stands by",
        host=holder.host,
        pid=holder.pid,
    )


def _left_behind(engine: EngineService, holder: Holder | None) -> str:
    """Return the boot id of the holder if it was an engine on our own state folder that is dead; to be asked at the
    start only: the folder's lock is ours, so nobody else can be at work on it."""
    if holder is None or holder.installation != engine.deps.installation:
        return ""
    if holder.host == engine.fence.host and engine.deps.lease.lives(holder.pid, holder.since_at):
        return ""
    return holder.boot_id
