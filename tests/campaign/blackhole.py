"""A line that swallows what passes between engine and shop, or engine and Redis, in the middle of it (C1, W12, W17).

Nothing is made twice, nothing older wins, the trouble is told within the time that a request may take, and the first
write after the line is whole again comes within a minute. The line to RMS is covered where a driver can be reached.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from pathlib import Path

from tests.campaign.judge import Judgement, doubles, returns
from tests.campaign.place import Place, ending, until
from tests.campaign.proxy import Proxy, Trouble
from tests.campaign.shop import ShopProcess
from tests.campaign.telling import Tally
from tests.campaign.till import CampaignStore, Till
from tests.redis_lease.conftest import RedisServer

KINDS = [("shop", trouble) for trouble in Trouble if trouble is not Trouble.NONE]
KINDS += [("redis", trouble) for trouble in (Trouble.BOTH, Trouble.ANSWERS, Trouble.REFUSED)]
LEASE = '[redis]\nurl = "redis://127.0.0.1:{port}"\n\n[lease]\nttl_s = 3\n'
TOLD_S = 60.0
"""A write may wait three quarters of a minute for its answer; nobody knows before that it will not come."""
FIRST_WRITE_S = 60.0
LATENCY_S = 0.05


def run(tally: Tally, rounds: int) -> None:
    for number in range(rounds):
        line, trouble = KINDS[number % len(KINDS)]
        one_round(tally, f"{tally.seed}:{number}", line, trouble)
        tally.line(f"{number} {line}: {trouble}")


def one_round(tally: Tally, seed: str, line: str, trouble: Trouble, longest_s: float = 80.0) -> None:
    dice = random.Random(seed)
    redis_program = shutil.which("redis-server")
    if line == "redis" and redis_program is None:
        tally.counts["redis-server is not installed"] += 1
        return
    with tempfile.TemporaryDirectory(prefix="hole-") as name, ShopProcess(LATENCY_S) as shop:
        redis = RedisServer(redis_program or "", Path(name)) if line == "redis" else None
        if redis is not None:
            redis.start()
        proxy = Proxy(shop.port if redis is None else str(redis.socket))
        store = CampaignStore(Path(name) / "store.db")
        till = Till(store, seed)
        more = "" if redis is None else LEASE.format(port=proxy.port)
        origin = f"http://127.0.0.1:{proxy.port}" if redis is None else ""
        place = Place(Path(name) / "machine", store, shop, more, origin)
        judgement = Judgement(store, shop)
        try:
            with ending(place):
                told = swallow(tally, place, shop, till, proxy, dice.uniform(2, longest_s), (line, trouble))
                judgement.after(place, by=place)
                tally.wrong(f"round {seed} {line} {trouble}", told + judgement.told, place.folder.parent)
        finally:
            till.end()
            proxy.close()
            if redis is not None:
                redis.stop()
    tally.rounds += 1


def swallow(
    tally: Tally, place: Place, shop: ShopProcess, till: Till, proxy: Proxy, hole_s: float, kind: tuple[str, Trouble]
) -> list[str]:
    """Let an engine work, break its line while the till goes on, mend it; return what was wrong."""
    line, trouble = kind
    place.start()
    if not until(lambda: shop.ask("counts")["mutations"] > 3, 60):
        return [f"the engine does not write: {place.last_words()}"]
    till.begin(0.1)
    said, begun = place.log_size(), time.monotonic()
    proxy.begin(trouble)
    proxy.swallowed.wait(20)
    is_told = until(lambda: tells(place, said, line), min(hole_s, TOLD_S))
    if is_told:
        tally.took(f"{line}, told after it broke", time.monotonic() - begun)
    until(lambda: time.monotonic() - begun > hole_s, hole_s)
    proxy.end()
    whole_at = time.monotonic()
    told: list[str] = []
    if not until(lambda: bool(shop.ask("writes", since=whole_at)["writes"]), 2 * FIRST_WRITE_S):
        told.append(f"no write within {2 * FIRST_WRITE_S:g} s after the line was whole again")
    else:
        first = shop.ask("writes", since=whole_at)["writes"][0][0] - whole_at
        tally.took(f"{line}, first write after {trouble}", first)
        if first > FIRST_WRITE_S:
            told.append(f"the first write came {first:.1f} s after the line was whole again")
    if not is_told and not until(lambda: tells(place, said, line), max(0.0, begun + TOLD_S - time.monotonic())):
        told.append(f"nothing was said of the line to {line} within {TOLD_S:g} s")
    until(lambda: False, 2)
    till.end()
    state = shop.ask("state")
    return told + doubles(state) + returns(place.store, state)


def tells(place: Place, since: int, line: str) -> bool:
    """Whether the log tells that the line is in trouble, or of a request without an answer."""
    log = place.log(since)
    words = ("Redis does not answer",) if line == "redis" else ("shop-unavailable", "Timeout", "ConnectError", "answer")
    return any(word in log for word in words)
