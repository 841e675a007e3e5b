"""The lease of a shop in Redis: one key that ends by itself, and beside it a number that only grows.

Each step is one script, so that nothing comes between looking and changing. Redis may forget (a flush, a restart
without persistence, a failover): what that means is for the engine to judge, see `engine.standby`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from rms_console.contract.lease_port import UNREACHED, Grant, Holder, Seen
from rms_console.errors import ConfigError, LeaseError
from rms_console.locale import sentence

LONGEST_CALL_S: Final = 5.0
RUN_DIGITS: Final = 16
"""Of the name that Redis gives each of its lives."""
_NOBODY: Final = "-"
"""The value of no key."""
UNKNOWN: Final = Holder("?", "?", 0, "", datetime.fromisoformat("1970-01-01T00:00:00+00:00"))

_LOOK: Final = """
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1]),
        redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3]), redis.call('GET', KEYS[4])}
"""
_TAKE: Final = """
local now = redis.call('GET', KEYS[1])
if now and now ~= ARGV[1] and now ~= ARGV[5] then return {0} end
local number = tonumber(redis.call('GET', KEYS[2]) or '0') or 0
if now ~= ARGV[1] then
  number = math.max(number, tonumber(ARGV[4])) + 1
  redis.call('SET', KEYS[2], string.format('%d', number))
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[4], ARGV[3], 'NX')
local told = redis.pcall('INFO', 'server')
local run = type(told) == 'string' and string.match(told, 'run_id:(%w+)') or ''
return {1, number, redis.call('GET', KEYS[4]), run}
"""
_RENEW: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
_FREE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
local number = redis.call('GET', KEYS[2])
if number then redis.call('SET', KEYS[3], number) end
return 1
"""


class RedisLease:
    """`contract.lease_port.SharedLease`. The value of the key names its holder and ends in a secret of this process."""

    def __init__(self, url: str, shop: str, ttl_s: float) -> None:
        """Connects to nothing yet.

        Raises:
            ConfigError: the URL is none that Redis understands.
        """
        self.ttl_s = ttl_s
        self._patience_s = min(LONGEST_CALL_S, ttl_s / 6)
        self._secret = secrets.token_urlsafe(24)
        self._value = ""
        self._over: dict[str, str] = {}
        # Braces: in a cluster all keys of a shop lie on one node, as a script needs them.
        self._keys = [f"rms-console:{{{shop}}}:{name}" for name in ("lease", "number", "freed", "era")]
        try:
            self._redis: Any = Redis.from_url(
                url,
                decode_responses=True,
                socket_timeout=self._patience_s,
                socket_connect_timeout=self._patience_s,
                retry=Retry(NoBackoff(), 1),
            )
        except ValueError as error:
            raise ConfigError(sentence("redis.url is no address of a Redis ({error})", error=error)) from error

    def elapsed_s(self) -> float:
        return _elapsed_s()

    async def look(self) -> Seen:
        value, left_ms, number, freed, era = await self._run(_LOOK)
        holder = None if value is None else _holder_of(value)
        if holder is not None:
            self._over = {holder.boot_id: value}
        return Seen(
            holder=holder,
            is_ours=bool(value) and value == self._value,
            left_s=max(0, int(left_ms)) / 1000,
            number=int(number or 0),
            freed=int(freed or 0),
            era=era or "",
        )

    async def take(self, holder: Holder, era: str, floor: int, *, over_boot: str = "") -> Grant | None:
        plain = asdict(holder) | {"since_at": holder.since_at.isoformat(), "secret": self._secret}
        self._value = json.dumps(plain, sort_keys=True)
        over = (self._over.get(over_boot) if over_boot else None) or _NOBODY
        answer = await self._run(_TAKE, self._value, self._ttl_ms, era, floor, over)
        if not int(answer[0]):
            return None
        return Grant(int(answer[1]), str(answer[2]), self._keeper(str(answer[3])))

    async def renew(self) -> bool:
        return bool(await self._run(_RENEW, self._value, self._ttl_ms))

    async def free(self) -> None:
        if self._value:
            await self._run(_FREE, self._value)

    async def close(self) -> None:
        await self._redis.aclose()

    def _keeper(self, run: str) -> str:
        """Return the name of this life of this Redis and of our place in it; empty where it does not tell."""
        return f"{run[:RUN_DIGITS]}/{self._redis.get_connection_kwargs().get('db', 0)}" if run else ""

    @property
    def _ttl_ms(self) -> int:
        return round(self.ttl_s * 1000)

    async def _run(self, script: str, *arguments: object) -> Any:
        """Return what the script gives.

        Raises:
            LeaseError: no answer in time, or a refusal; the script may have run.
        """
        try:
            async with asyncio.timeout(2 * self._patience_s):
                return await self._redis.eval(script, len(self._keys), *self._keys, *arguments)
        except (RedisError, OSError, TimeoutError) as error:
            raise LeaseError(
                sentence("Redis does not answer ({error})", error=str(error) or type(error).__name__),
                code=UNREACHED,
                hint=sentence("start Redis, or check redis.url and the network; until then nothing is sent"),
            ) from error


def _clock() -> Callable[[], float]:
    """Return the clock of Linux that goes on while the machine sleeps; the plain one elsewhere."""
    number = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic if number is None else lambda: time.clock_gettime(number)


_elapsed_s: Final = _clock()


def _holder_of(value: str) -> Holder:
    """Return who a value names; whatever else stands there is held by somebody unknown."""
    try:
        plain = json.loads(value)
        return Holder(
            installation=str(plain["installation"]),
            host=str(plain["host"]),
            pid=int(plain["pid"]),
            boot_id=str(plain["boot_id"]),
            since_at=datetime.fromisoformat(plain["since_at"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return UNKNOWN
