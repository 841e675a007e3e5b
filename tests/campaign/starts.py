"""Two engines started within ten milliseconds on one state folder: one runs, the other one exits with 4 (S8)."""

from __future__ import annotations

import random
import signal
import tempfile
import time
from pathlib import Path

from tests.campaign.judge import Judgement
from tests.campaign.place import Place, ending, until
from tests.campaign.shop import ShopProcess, Steered
from tests.campaign.telling import Tally
from tests.campaign.till import CampaignStore, Till

BLOCK = 50
APART_S = 0.01
REFUSED = 4
DECIDED_S = 60.0
REAL_EVERY = 10
KILLED = 0.7


def run(tally: Tally, rounds: int) -> None:
    for block in range(-(-rounds // BLOCK)):
        one_block(tally, f"{tally.seed}:{block}", min(BLOCK, rounds - block * BLOCK))
        tally.line(f"block {block}")


def one_block(tally: Tally, seed: str, starts: int) -> None:
    """Start pairs on one place, judged at the end; the first pair finds no state folder at all."""
    dice = random.Random(seed)
    with (
        tempfile.TemporaryDirectory(prefix="rms-starts-") as name,
        ShopProcess() as shop,
        Steered("tests.campaign.fork_program") as nursery,
    ):
        store = CampaignStore(Path(name) / "store.db")
        till = Till(store, seed)
        place = Place(Path(name) / "machine", store, shop)
        with ending(place):
            for number in range(starts):
                till.act()
                is_real = number % REAL_EVERY == 0
                told = real_pair(tally, place, dice) if is_real else forked_pair(tally, place, nursery, dice)
                tally.wrong(f"block {seed} start {number}", told, place.folder.parent)
                tally.rounds += 1
            judgement = Judgement(store, shop)
            judgement.after(place)
            tally.wrong(f"block {seed}", judgement.told, place.folder.parent)


def forked_pair(tally: Tally, place: Place, nursery: Steered, dice: random.Random) -> list[str]:
    """Start two engines from a process that has the program imported; return what was wrong."""
    arguments, since = place.site.command("--no-ui")[3:], place.log_size()
    nursery.ask("pair", arguments=arguments, out=str(place.folder / "out.txt"), apart_s=dice.uniform(0, APART_S))
    is_decided = until(lambda: any(code is not None for code in nursery.ask("poll")["codes"]), DECIDED_S)
    # Killed at a moment of its own, before or after it is ready, or told to end once it is.
    is_killed = dice.random() < KILLED
    if is_killed:
        time.sleep(dice.uniform(0, 0.3))
    else:
        until(lambda: place.is_ready(since), DECIDED_S)
    codes = nursery.ask("poll")["codes"]
    nursery.ask("end", number=signal.SIGKILL if is_killed or not is_decided else signal.SIGTERM)
    is_over = until(lambda: None not in nursery.ask("poll")["codes"], DECIDED_S)
    ends = nursery.ask("poll")["codes"]
    tally.counts["forked, killed" if is_killed else "forked, ended"] += 1
    if sorted(codes, key=str) != [REFUSED, None]:
        return [f"exit codes {codes} within {DECIDED_S:g} s: {place.last_words()}"]
    tally.counts["first refused" if codes[0] == REFUSED else "second refused"] += 1
    wanted = -signal.SIGKILL if is_killed else 0
    return [] if is_over and sorted(ends) == sorted((REFUSED, wanted)) else [f"ended with {ends}"]


def real_pair(tally: Tally, place: Place, dice: random.Random) -> list[str]:
    """Start two interpreters; return what was wrong."""
    since = place.log_size()
    place.start()
    time.sleep(dice.uniform(0, APART_S))
    place.start()
    until(lambda: any(engine.poll() is not None for engine in place.engines), DECIDED_S)
    codes = [engine.poll() for engine in place.engines]
    tally.counts["real pairs"] += 1
    if sorted(codes, key=str) != [REFUSED, None]:
        place.kill()
        return [f"exit codes {codes} within {DECIDED_S:g} s: {place.last_words()}"]
    tally.counts["first refused" if codes[0] == REFUSED else "second refused"] += 1
    until(lambda: place.is_ready(since), DECIDED_S)
    code = place.stop(place.engines[codes.index(None)])
    told = [] if code == 0 else [f"SIGTERM: exit code {code}: {place.last_words()}"]
    left = place.left_over()
    return [*told, f"processes left over: {left}"] if left else told
