"""SIGSTOP for one to ten times the lease in the middle of a push, while an engine on another machine takes over.

With a lease in Redis the other one goes on; without it (every fourth block) nobody may take over from a process that
merely sleeps, and the other engine sends nothing. After each stop: one writer, no older value, nothing twice (1.5).
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.campaign.judge import Judgement, apart, doubles, returns
from tests.campaign.place import Place, ending, until
from tests.campaign.shop import ShopProcess
from tests.campaign.telling import Tally
from tests.campaign.till import CampaignStore, Till
from tests.redis_lease.conftest import RedisServer

BLOCK = 10
TTL_S = 3.0
LEASE = '[redis]\nurl = "{url}"\n\n[lease]\nttl_s = 3\n'
TAKES_OVER_S = 10.0
"""Beyond the lease, for a loaded machine."""
FAULTS = {"lost_ratio": 0.02, "cut_ratio": 0.01}
LATENCY_S = 0.1


@dataclass
class Two:
    """Two machines on one store and one shop. `redis`: None where no lease is set up."""

    first: Place
    second: Place
    shop: ShopProcess
    till: Till
    redis: RedisServer | None

    def holder(self) -> Place | None:
        """Return whose engine holds the lease; without one, whose engine was started first."""
        if self.redis is None:
            return self.first
        with self.redis.client() as client:
            value = client.get("rms-console:{embedded-store.myshopify.com}:lease")
        pid = json.loads(str(value))["pid"] if value else 0
        return next((place for place in (self.first, self.second) if place.engines[-1].pid == pid), None)

    def other(self, place: Place) -> Place:
        return self.second if place is self.first else self.first

    def door(self, place: Place) -> str:
        return self.shop.origin if place is self.first else self.shop.other_origin


def run(tally: Tally, rounds: int) -> None:
    if shutil.which("redis-server") is None:
        raise SystemExit("stops: redis-server is not installed")
    for block in range(-(-rounds // BLOCK)):
        one_block(tally, f"{tally.seed}:{block}", min(BLOCK, rounds - block * BLOCK), with_lease=block % 4 != 3)
        tally.line(f"block {block}")


@contextlib.contextmanager
def two_machines(seed: str, with_lease: bool) -> Iterator[Two]:
    program = shutil.which("redis-server") or ""
    with tempfile.TemporaryDirectory(prefix="stops-") as name, ShopProcess(LATENCY_S) as shop:
        redis = RedisServer(program, Path(name)) if with_lease else None
        if redis is not None:
            redis.start()
        store = CampaignStore(Path(name) / "store.db")
        more = LEASE.format(url=redis.url) if redis is not None else ""
        first = Place(Path(name) / "a", store, shop, more)
        second = Place(Path(name) / "b", store, shop, more, shop.other_origin)
        till = Till(store, seed)
        with ending(first, second):
            try:
                yield Two(first, second, shop, till, redis)
            finally:
                till.end()
                if redis is not None:
                    redis.stop()


def one_block(tally: Tally, seed: str, stops: int, *, with_lease: bool, longest: float = 10.0) -> None:
    dice = random.Random(seed)
    with two_machines(seed, with_lease) as two:
        two.shop.ask("faults", seed=dice.randrange(1 << 30), **FAULTS)
        two.first.start()
        if not until(lambda: two.shop.ask("counts")["mutations"] > 0, 30):
            tally.wrong(f"block {seed}", ["the first engine does not write"])
            return
        two.second.start()
        if not until(lambda: two.second.is_ready(0), 60):
            tally.wrong(f"block {seed}", ["the second engine does not come up"])
            return
        two.till.begin(0.1)
        for number in range(stops):
            tally.wrong(f"block {seed} stop {number}", one_stop(tally, two, dice, longest))
            tally.rounds += 1
        two.till.end()
        two.shop.ask("faults")
        judgement = Judgement(two.first.store, two.shop, forgets=True)
        holder = two.holder() or two.first
        code = two.other(holder).stop(two.other(holder).engines[-1])
        if code != 0:
            judgement.told.append(f"SIGTERM of the standby: exit code {code}")
        judgement.after(holder, by=holder)
        tally.wrong(f"block {seed}", judgement.told, holder.folder.parent)
        tally.counts.update({f"listed {code}": count for code, count in judgement.listed.items()})
        tally.counts.update({f"till {act}": count for act, count in two.till.counts.items()})


def one_stop(tally: Tally, two: Two, dice: random.Random, longest: float) -> list[str]:
    """Stop whoever writes in the middle of a push; return what was wrong after it."""
    if not until(lambda: two.holder() is not None, TTL_S + TAKES_OVER_S):
        return ["nobody holds the lease"]
    holder = two.holder() or two.first
    other, engine = two.other(holder), holder.engines[-1]
    kind = dice.choice(("before a request", "after a request"))
    two.shop.ask(
        "trap", pid=engine.pid, at=dice.randint(1, 6), is_after=kind.startswith("after"), number=signal.SIGSTOP
    )
    is_stopped = until(lambda: is_asleep(engine.pid), 10)
    two.shop.ask("untrap")
    if not is_stopped:
        kind = "idle"
        os.kill(engine.pid, signal.SIGSTOP)
    stopped_at = time.monotonic()
    sleep_s = TTL_S * longest ** dice.random()
    tally.counts[f"stopped {kind}"] += 1
    until(lambda: False, sleep_s)
    goes_on = two.holder() is other if two.redis else False
    woken_at = time.monotonic()
    os.kill(engine.pid, signal.SIGCONT)
    told = after_waking(tally, two, holder, stopped_at, woken_at)
    tally.counts["taken over while it slept" if goes_on else "not taken over while it slept"] += 1
    if two.redis and sleep_s > TTL_S + TAKES_OVER_S and not goes_on:
        told.append(f"nobody took over in {sleep_s:.0f} s")
    return told


def after_waking(tally: Tally, two: Two, holder: Place, stopped_at: float, woken_at: float) -> list[str]:
    """Return what is wrong once the stopped engine runs again: it writes nothing while the other holds the lease."""
    other, told = two.other(holder), []
    if not until(lambda: two.holder() is not None, TTL_S + TAKES_OVER_S):
        return ["nobody holds the lease after the stop"]
    writer = two.holder()
    until(lambda: len(_of(two.shop.ask("writes", since=woken_at)["writes"], two.door(writer or other))) > 0, 15)
    writes = two.shop.ask("writes", since=stopped_at)["writes"]
    theirs, ours = _of(writes, two.door(other)), _of(writes, two.door(holder))
    if writer is other and theirs:
        late = [what for at, what in ours if at > theirs[0][0]]
        tally.counts["late writes"] += len(late)
        told += [f"the engine that slept wrote {what} after the other one had begun" for what in late]
    if two.redis is None and theirs:
        told.append(f"without a lease the other engine wrote {theirs[0][1]}")
    tally.counts["writes during and after stops"] += len(writes)
    state = two.shop.ask("state")
    older, lowered = apart(returns(two.first.store, state))
    # The ledger of whoever takes over is older than the shop: nobody can tell what the other one wrote from a sale.
    tally.counts["lowered at a takeover"] += len(lowered) if two.redis else 0
    return told + doubles(state) + older + ([] if two.redis else lowered)


def _of(writes: list[tuple[float, str, str]], door: str) -> list[tuple[float, str]]:
    """Return the writes of one engine; a bulk query is asked for by a mutation, and writes nothing."""
    return [(at, what) for at, origin, what in writes if origin == door and what != "bulkOperationRunQuery"]


def is_asleep(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return status.rpartition(")")[2].split()[0] == "T"
