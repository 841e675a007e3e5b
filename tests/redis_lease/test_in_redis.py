"""The scripts in a real Redis; the twin in memory goes by the same rules."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from rms_console.adapters.lease.redislease import RedisLease
from rms_console.contract.lease_port import UNREACHED, Holder
from rms_console.errors import ConfigError, LeaseError
from tests.redis_lease.conftest import RedisServer
from tests.twins.lease import MemoryLease, MemoryRedis

NOW = datetime(2026, 11, 2, tzinfo=UTC)
ONE, TWO = (Holder(name, name, 1, name, NOW) for name in ("one", "two"))


async def test_of_many_that_ask_at_once_one_gets_it(server: RedisServer) -> None:
    leases = [RedisLease(server.url, "shop", 5) for _ in range(12)]
    granted = await asyncio.gather(*(lease.take(ONE, "e", 0) for lease in leases))
    assert sum(grant is not None for grant in granted) == 1
    for lease in leases:
        await lease.close()


@pytest.mark.parametrize("is_real", [True, False])
async def test_only_the_holder_renews_and_frees_and_numbers_rise(server: RedisServer, is_real: bool) -> None:
    memory = MemoryRedis(time.monotonic)
    first, second = (RedisLease(server.url, "shop", 5) if is_real else MemoryLease(memory, 5) for _ in range(2))
    mine = await first.take(ONE, "e1", 0)
    assert mine is not None
    assert (mine.number, mine.era) == (1, "e1")
    assert await second.take(TWO, "e2", 0) is None
    assert not await second.renew()
    await second.free()
    assert await first.renew()
    again = await first.take(ONE, "e3", 0)
    assert again == mine
    assert mine.keeper.endswith("/0")
    seen = await second.look()
    assert (seen.holder, seen.is_ours, seen.number, seen.freed) == (ONE, False, 1, 0)
    assert 4 < seen.left_s <= 5
    await first.free()
    assert (await second.look()).freed == 1
    theirs = await second.take(TWO, "e2", 0)
    assert theirs is not None
    assert (theirs.number, theirs.era) == (2, "e1")
    assert await first.take(ONE, "e1", 1) is None
    await first.look()
    over = await first.take(ONE, "e1", 7, over_boot="two")
    assert over is not None
    assert over.number == 8
    assert not await second.renew()
    await first.close()
    await second.close()


async def test_what_is_given_back_after_its_end_takes_nothing_from_the_next_holder_and_raises_nothing(
    server: RedisServer,
) -> None:
    """redis-py's own lock raises LockNotOwnedError after the work was done; ours is asked before each write instead."""
    first, second = RedisLease(server.url, "shop", 0.05), RedisLease(server.url, "shop", 5)
    assert await first.take(ONE, "e", 0) is not None
    deadline = time.monotonic() + 10
    while await second.take(TWO, "e", 1) is None:
        assert time.monotonic() < deadline, "it does not end by itself"
    assert not await first.renew()
    await first.free()
    assert (await second.look()).is_ours
    for lease in (first, second):
        await lease.close()


async def test_a_life_of_redis_has_one_name_and_another_database_is_another_keeper(server: RedisServer) -> None:
    """What proves that a claim was made under this very Redis: the same after FLUSHALL, another after a restart."""
    lease = RedisLease(server.url, "shop", 5)
    elsewhere = RedisLease(f"{server.url}?db=1", "shop", 5)
    before = await lease.take(ONE, "e", 0)
    with server.client() as client:
        client.flushall()
    flushed = await lease.take(ONE, "e", 0)
    other = await elsewhere.take(ONE, "e", 0)
    server.stop()
    server.start()
    restarted = await lease.take(ONE, "e", 0)
    names = [grant.keeper for grant in (before, flushed, other, restarted) if grant is not None]
    assert len(names) == 4
    assert names[0] == names[1]
    assert len(set(names)) == 3
    await lease.close()
    await elsewhere.close()


async def test_a_redis_that_may_not_tell_its_name_gives_leases_all_the_same(server: RedisServer) -> None:
    with server.client() as client:
        client.acl_setuser(
            "poor", enabled=True, passwords=["+secret"], keys="*", commands=["+@all", "-info"], reset=True
        )
    lease = RedisLease(server.url.replace("unix://", "unix://poor:secret@"), "shop", 5)
    granted = await lease.take(ONE, "e", 0)
    assert granted is not None
    assert granted.keeper == ""
    await lease.close()


@pytest.mark.parametrize("value", ["", "[]", "{}", "x", '{"installation": 1}'])
async def test_what_nobody_understands_is_held_by_somebody(server: RedisServer, value: str) -> None:
    lease = RedisLease(server.url, "shop", 5)
    with server.client() as client:
        client.set("rms-console:{shop}:lease", value)
    seen = await lease.look()
    assert seen.holder is not None
    assert seen.holder.host == "?"
    assert not seen.is_ours
    assert await lease.take(ONE, "e", 0) is None
    await lease.close()


async def test_a_redis_that_is_gone_is_told_as_such_and_one_that_is_back_is_used(server: RedisServer) -> None:
    lease = RedisLease(server.url, "shop", 5)
    assert await lease.take(ONE, "e", 0) is not None
    server.stop()
    with pytest.raises(LeaseError) as told:
        await lease.renew()
    assert told.value.code == UNREACHED
    server.start()
    assert not await lease.renew()
    await lease.close()


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError):
        RedisLease("redis://host:port/0", "shop", 5)
