"""One holding of the right to write: the machine's lock, and the fencing token that every record carries."""

from __future__ import annotations

from datetime import datetime

from rms_console.contract.ports import Ledger
from rms_console.contract.snapshot import LockView
from rms_console.contract.state import LockStatus
from rms_console.engine.deps import Deps
from rms_console.errors import ConfigError, LeaseHeld, LeaseLost
from rms_console.locale import sentence

FACT_SHOP = "shop"
LOCK_RETRY_S = 0.5
LOOK_S = 5.0
"""So long a look at our own lock is good for: it is asked for before every write."""


def check_owner(ledger: Ledger, shop: str) -> None:
    """Refuse a ledger of another shop: its ids and quantities mean nothing here. A fresh one becomes this shop's.

    Raises:
        ConfigError: it names both shops.
    """
    owner = ledger.get_fact(FACT_SHOP)
    if owner is None:
        ledger.set_fact(FACT_SHOP, shop)
    elif owner != shop:
        raise ConfigError(
            sentence("the state folder belongs to {owner}, the settings name {shop}", owner=owner, shop=shop),
            hint=sentence("give each shop a state folder of its own (--state-dir)"),
        )


class Tenure:
    """Begins with the lock and a new epoch, ends with the process or `end`."""

    def __init__(self, deps: Deps, boot_id: str) -> None:
        self._deps = deps
        self._boot_id = boot_id
        self.epoch = 0
        self.since: datetime | None = None
        self._looked_at_s = -LOOK_S
        self._lost: LeaseLost | None = None

    async def begin(self, shop: str, attempts: int = 1) -> None:
        """Take the lock and a new epoch; a lock that is held is asked for again, `attempts` times in all.

        Raises:
            LeaseHeld: another engine owns this shop's state.
            ConfigError: the ledger belongs to another shop.
        """
        deps = self._deps
        await self._acquire(max(1, attempts))
        try:
            await self._deps.disk(check_owner, self._deps.ledger, shop)
        except Exception:
            deps.lease.release()
            raise
        self.epoch = await deps.disk(deps.ledger.claim_epoch)
        deps.lease.record_epoch(self.epoch)
        self.since = deps.clock.now()

    async def _acquire(self, attempts: int) -> None:
        """A service that is restarted may meet its own last breath: a few tries, half a second apart."""
        for left in reversed(range(attempts)):
            try:
                self._deps.lease.acquire(self._boot_id)
            except LeaseHeld:
                if not left:
                    raise
                await self._deps.clock.sleep(LOCK_RETRY_S)
            else:
                return

    async def take_up(self, shop: str) -> None:
        """Go on in a fresh ledger, under a token above the one we had.

        Raises:
            LeaseLost: the fresh ledger is another process's to begin.
        """
        self.check()
        await self._deps.disk(check_owner, self._deps.ledger, shop)
        await self.rise_above(self.epoch)

    async def rise_above(self, epoch: int) -> None:
        """Take tokens until ours is above `epoch`: a ledger that was lost or put back knows of fewer tenures."""
        deps = self._deps
        while self.epoch <= epoch:
            self.epoch = await deps.disk(deps.ledger.claim_epoch)
        deps.lease.record_epoch(self.epoch)

    def refusal(self) -> LeaseLost | None:
        """Return why nothing may be written any more: whoever stood still may have lost the lock to another process.

        For good: what that process did is not known here, and what is known here is no longer true.
        """
        now_s = self._deps.clock.monotonic()
        if self._lost is None and self.since is not None and not 0 <= now_s - self._looked_at_s < LOOK_S:
            self._looked_at_s = now_s
            if self._deps.lease.status() is LockStatus.HELD_BY_OTHER:
                self._lost = LeaseLost(
                    sentence("another process took the lock of the state folder from this one: nothing more is sent"),
                    hint=sentence("its file was removed while this one stood still; stop this one"),
                )
        return self._lost

    def check(self) -> None:
        """See that the lock is still ours.

        Raises:
            LeaseLost: another process has it.
        """
        lost = self.refusal()
        if lost is not None:
            raise lost

    def end(self) -> None:
        self._deps.lease.release()
        self.since = None

    def view(self, enabled: bool) -> LockView:
        owner = self._deps.lease.owner()
        if self.since is None:
            status = LockStatus.HELD_BY_OTHER if owner is not None else LockStatus.AVAILABLE
        else:
            status = LockStatus.HELD
        return LockView(
            status=status,
            owner=None if owner is None else f"{owner.host}:{owner.pid}",
            host=None if owner is None else owner.host,
            pid=None if owner is None else owner.pid,
            since_at=None if owner is None else owner.since_at,
            epoch=self.epoch,
            enabled=enabled,
        )
