"""kill -9 at random moments and at counted ones, while a till goes on and the shop loses answers (S1, S2, S9, G6)."""

from __future__ import annotations

import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.campaign.judge import Judgement
from tests.campaign.place import Place, ending, until
from tests.campaign.shop import ShopProcess
from tests.campaign.telling import Tally
from tests.campaign.till import CampaignStore, Till

BLOCK = 20
"""Kills between two judgements; each block begins with a new store and an empty shop."""
FAULTS = {"lost_ratio": 0.04, "cut_ratio": 0.02, "reset_ratio": 0.02, "error_ratio": 0.02, "slow_ratio": 0.05}
SLOW = {"slow_s": 0.4}
LATENCY_S = 0.04
START_S = 1.2
RUN_S = 2.5
COUNTED_S = 12.0
READY_S = 20.0


def run(tally: Tally, rounds: int) -> None:
    for block in range(-(-rounds // BLOCK)):
        one_block(tally, f"{tally.seed}:{block}", min(BLOCK, rounds - block * BLOCK))
        tally.line(f"block {block}")


@contextmanager
def living(seed: str) -> Iterator[tuple[Place, ShopProcess, Till]]:
    """A store whose till works, a shop that loses answers, and a machine for the engine."""
    with tempfile.TemporaryDirectory(prefix="rms-kills-") as name, ShopProcess(LATENCY_S) as shop:
        store = CampaignStore(Path(name) / "store.db")
        till = Till(store, seed)
        place = Place(Path(name) / "machine", store, shop)
        shop.ask("faults", seed=random.Random(seed).randrange(1 << 30), **FAULTS, **SLOW)
        with ending(place):
            till.begin()
            try:
                yield place, shop, till
            finally:
                till.end()


def one_block(tally: Tally, seed: str, kills: int) -> None:
    dice = random.Random(seed)
    with living(seed) as (place, shop, till):
        for _ in range(kills):
            how = one_kill(place, shop, dice)
            tally.counts[how] += 1
            tally.rounds += 1
        till.end()
        counts = shop.ask("counts")
        shop.ask("faults")
        judgement = Judgement(place.store, shop)
        begun = time.monotonic()
        judgement.after(place)
        tally.took("settled after the last kill", time.monotonic() - begun)
        tally.wrong(f"block {seed}", judgement.told, place.folder.parent)
        tally.counts.update({f"listed {code}": count for code, count in judgement.listed.items()})
        tally.counts.update({f"till {act}": count for act, count in till.counts.items()})
        tally.counts.update({f"shop {kind}": count for kind, count in counts["faults"].items()})
        tally.counts.update({"shop mutations": counts["mutations"], "shop requests": counts["requests"]})


def one_kill(place: Place, shop: ShopProcess, dice: random.Random) -> str:
    """Start an engine and kill it; return at what kind of moment."""
    said = place.log_size()
    engine = place.start()
    kind = dice.choices(("starting", "running", "before a request", "after a request"), (25, 35, 20, 20))[0]
    if kind in ("starting", "running"):
        if kind == "running":
            until(lambda: place.is_ready(said), READY_S)
        time.sleep(dice.uniform(0, START_S if kind == "starting" else RUN_S))
    else:
        shop.ask("trap", pid=engine.pid, at=dice.randint(1, 25), is_after=kind.startswith("after"))
        until(lambda: engine.poll() is not None, COUNTED_S)
        shop.ask("untrap")
    return killed(place, engine, kind)


def killed(place: Place, engine: subprocess.Popen[bytes], kind: str) -> str:
    if engine.poll() is None and not kind.endswith("ing"):
        kind = "idle"
    place.kill()
    return kind if engine.returncode == -signal.SIGKILL else f"ended by itself ({engine.returncode})"
