"""What this installation remembers of the lease in Redis, and what follows from it for a claim in the shop."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from rms_console.contract.claim import Claim
from rms_console.contract.lease_port import Grant
from rms_console.engine.openbulk import FACT_READ_ALL
from rms_console.engine.term import Mark, Term, is_known, outlived_at
from rms_console.engine.wakes import Wake
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

FACT_LEASE: Final = "shared_lease"
"""The latest tenure of this installation: what the shop holds since is known here only if the next one was ours too."""
FACT_ERAS: Final = "lease_eras"
"""The eras that were seen in the Redis of the settings: claims made in one of them were made under it."""
MOST_ERAS: Final = 16
LATE_LEASES: Final = 4
"""So many leases after a holder was cut off its last request may still arrive: then the shop is read once more."""


class Proof:
    """Kept in the ledger: a Redis may forget, and an engine may be started anew meanwhile."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self._deps = engine.deps
        self._eras: list[str] = []
        self._due: float | None = None
        """When whoever may still write has stopped for certain, where a run waits for that; by the lease's clock."""
        self._late_until: float | None = None
        self._anew_at: float | None = None
        """Runs that began after this read what the shop held when only we could write; by the engine's clock."""

    def begin(self, late_until: float | None) -> None:
        """A tenure begins: nothing is proven yet of whoever wrote before.

        `late_until`: until when what another engine had on its way may still arrive; None: nothing is.
        """
        self._due, self._anew_at, self._late_until = None, None, late_until

    async def tend(self, now: float) -> None:
        """Let a run go on that had to wait until only this engine can write: first it reads what the shop holds."""
        if self._late_until is not None and now >= self._late_until:
            self._late_until = None
            await self._deps.disk(self._deps.ledger.set_fact, FACT_READ_ALL, "takeover")
            self._engine.wakes.ring(Wake.SCHEDULE)
        if self._due is None or now < self._due:
            return
        engine = self._engine
        await self._deps.disk(self._deps.ledger.set_fact, FACT_READ_ALL, "takeover")
        engine.runner.others_wrote()
        self._due, self._anew_at = None, self._deps.clock.monotonic()
        engine.wakes.ring(Wake.SCHEDULE)

    def is_proven(self, term: Term, due: float | None, now: float) -> bool:
        """Return whether nobody else can have written since the present run began to read.

        `due`: when whoever wrote before has stopped for certain; None: nobody knows.
        """
        if due is None:
            return False
        return now >= due if due <= term.begun_at else self._reads_anew()

    def expect(self, term: Term, due: float | None) -> None:
        """Note that a run waits for `due`, which `is_proven` found not to be proven: `tend` lets it go on then."""
        if due is not None and due > term.begun_at:
            self._due = due

    def _reads_anew(self) -> bool:
        """Whether the present run began when the wait for the others was over."""
        run = self._engine.runner.active
        return self._anew_at is not None and run is not None and run.begun >= self._anew_at

    async def load(self) -> None:
        """Remember what earlier processes saw.

        Raises:
            StoreError.
        """
        text = await self._deps.disk(self._deps.ledger.get_fact, FACT_ERAS)
        self._eras = json.loads(text) if text else []

    async def learn(self, era: str) -> None:
        """Note an era that stands in our Redis.

        Raises:
            StoreError.
        """
        if era and era not in self._eras:
            self._eras = [*self._eras, era][-MOST_ERAS:]
            await self._deps.disk(self._deps.ledger.set_fact, FACT_ERAS, json.dumps(self._eras))

    async def was_ours(self, grant: Grant) -> bool:
        """Return whether the tenure before this one was ours too."""
        text = await self._deps.disk(self._deps.ledger.get_fact, FACT_LEASE)
        last = json.loads(text) if text else {"era": grant.era, "number": 0}
        return bool(last == {"era": grant.era, "number": grant.number - 1})

    async def remember(self, grant: Grant) -> None:
        """Note a tenure of ours."""
        text = json.dumps({"era": grant.era, "number": grant.number})
        await self._deps.disk(self._deps.ledger.set_fact, FACT_LEASE, text)
        await self.learn(grant.era)

    def outlived_at(self, claim: Claim, term: Term) -> float | None:
        """Return from when our lease proves that whoever made the claim has stopped writing; None: it never does."""
        mark = Mark.read(claim.lease)
        return outlived_at(mark, term) if mark is not None and is_known(mark, term, self._eras) else None

    def wait_out(self, claim: Claim, term: Term) -> str:
        """Await the end of a claim that our lease does not prove to be over yet; return what to do about it."""
        due = self.outlived_at(claim, term)
        self.expect(term, due)
        if due is not None:
            return sentence("it can no longer write when its lease has run out: this engine takes over by itself")
        if not claim.lease:
            return sentence(
                "that engine goes by no Redis: name the same redis.url on both machines; "
                "if it is gone for good, release its claim on the lock page"
            )
        return sentence(
            "its lease is not known to our Redis, which forgot it or is another one: name the same redis.url on both "
            "machines; if that engine is gone for good, release its claim on the lock page"
        )
