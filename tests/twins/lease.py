"""A Redis in memory that keeps leases, and may forget them, as the real one does."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from rms_console.contract.lease_port import UNREACHED, Grant, Holder, Seen
from rms_console.errors import LeaseError

_lives = itertools.count(1)
_tokens = itertools.count(1)


class MemoryRedis:
    """What all engines of one shop ask; `now` is its own clock, in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.answers = True
        self.restart()

    def flush(self) -> None:
        """Forget everything."""
        self.holder: Holder | None = None
        self.token = 0
        self.ends_at = 0.0
        self.number = self.freed = 0
        self.era = ""

    def restart(self) -> None:
        """Begin another life, with nothing kept."""
        self.flush()
        self.life = f"life{next(_lives)}/0"

    def end_if_due(self) -> None:
        if self.holder is not None and self.now() >= self.ends_at:
            self.holder, self.token = None, 0


class MemoryLease:
    """`contract.lease_port.SharedLease` on a `MemoryRedis`."""

    def __init__(self, redis: MemoryRedis, ttl_s: float) -> None:
        self.ttl_s = ttl_s
        self._redis = redis
        self._token = next(_tokens)

    def elapsed_s(self) -> float:
        return self._redis.now()

    async def look(self) -> Seen:
        redis = self._asked()
        left_s = redis.ends_at - redis.now() if redis.holder else 0.0
        is_ours = redis.token == self._token
        return Seen(redis.holder, is_ours, left_s, redis.number, redis.freed, redis.era)

    async def take(self, holder: Holder, era: str, floor: int, *, over_boot: str = "") -> Grant | None:
        redis = self._asked()
        is_over = redis.holder is not None and redis.holder.boot_id == over_boot
        if redis.holder is not None and redis.token != self._token and not is_over:
            return None
        if redis.token != self._token:
            redis.number = max(redis.number, floor) + 1
        redis.holder, redis.token, redis.ends_at = holder, self._token, redis.now() + self.ttl_s
        redis.era = redis.era or era
        return Grant(redis.number, redis.era, redis.life)

    async def renew(self) -> bool:
        redis = self._asked()
        if redis.token != self._token:
            return False
        redis.ends_at = redis.now() + self.ttl_s
        return True

    async def free(self) -> None:
        redis = self._asked()
        if redis.token == self._token:
            redis.holder, redis.token, redis.freed = None, 0, redis.number

    async def close(self) -> None:
        pass

    def _asked(self) -> MemoryRedis:
        if not self._redis.answers:
            raise LeaseError("the Redis in memory does not answer", code=UNREACHED)
        self._redis.end_if_due()
        return self._redis
