"""A disk that is full under the state or the logs: by a limit on file sizes, and by a small file system (S6).

What cannot be recorded is not pushed, and is told; after space is back everything converges; logs stay bounded.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaign.judge import Judgement, doubles, returns
from tests.campaign.place import Place, ending, until
from tests.campaign.shop import ShopProcess
from tests.campaign.telling import Tally
from tests.campaign.till import CampaignStore, Till

KINDS = ("limit on the state", "limit from the start", "tmpfs under the state", "tmpfs under the logs")
TMPFS = "size=4m"
LOG_MB = 1
FULL_S = 6.0
"""How long the disk stays full while the till goes on."""
SETTLING_S = 3.0
"""How long after the disk is full what was under way may still be sent; from then on, nothing."""


def run(tally: Tally, rounds: int) -> None:
    for number in range(rounds):
        one_round(tally, f"{tally.seed}:{number}", KINDS[number % len(KINDS)])
        tally.line(f"{number} {KINDS[number % len(KINDS)]}")


@dataclass
class Scarce:
    """How one round makes the disk full, and free again."""

    fill: Callable[[], None]
    free: Callable[[], None]
    setup: Callable[[], None] | None = None
    engine: list[subprocess.Popen[bytes]] = field(default_factory=list)


def one_round(tally: Tally, seed: str, kind: str) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="rms-disk-") as name, ShopProcess() as shop:
        store = CampaignStore(Path(name) / "store.db")
        till = Till(store, seed)
        place = Place(Path(name) / "machine", store, shop, f"\n[log]\nmax_mb = {LOG_MB}\n")
        judgement = Judgement(store, shop)
        with ending(place), made_scarce(place, kind, dice) as scarce:
            if scarce is None:
                tally.counts[f"{kind}: not permitted here"] += 1
                return
            told = starve(tally, place, shop, till, scarce, kind)
            begun = time.monotonic()
            judgement.after(place, by=place if place.engines and place.engines[-1].poll() is None else None)
            tally.took("settled after space came back", time.monotonic() - begun)
            told += judgement.told + bounded(place)
            tally.wrong(f"round {seed} {kind}", told, place.folder.parent)
        tally.rounds += 1


def starve(tally: Tally, place: Place, shop: ShopProcess, till: Till, scarce: Scarce, kind: str) -> list[str]:
    """Let an engine work, take its space away while the till goes on, give it back; return what was wrong."""
    since = place.log_size()
    engine = place.start(setup=scarce.setup)
    scarce.engine.append(engine)
    is_up = until(lambda: place.is_ready(since) or engine.poll() is not None, 60) and engine.poll() is None
    if is_up:
        until(lambda: shop.ask("counts")["mutations"] > 0, 30)
    scarce.fill()
    full_at = time.monotonic()
    till.begin(0.1)
    until(lambda: False, SETTLING_S)
    before = len(shop.ask("writes")["writes"])
    until(lambda: False, FULL_S - SETTLING_S)
    pushed = len(shop.ask("writes")["writes"]) - before
    till.end()
    told = doubles(shop.ask("state")) + returns(place.store, shop.ask("state"))
    is_state = kind != "tmpfs under the logs"
    if is_state and pushed:
        told.append(f"{pushed} writes to the shop while nothing could be recorded")
    if not is_state and not pushed:
        told.append("a full disk under the logs alone stops the sync")
    if is_state and is_up and not alarmed(place):
        told.append(f"nothing was said of the full disk: {place.last_words()}")
    tally.counts[f"{kind}: {'lives on' if engine.poll() is None else f'ended with {engine.returncode}'}"] += 1
    tally.counts[f"{kind}: writes while full"] += pushed
    tally.took("full", time.monotonic() - full_at)
    scarce.free()
    return told


def alarmed(place: Place) -> bool:
    """Whether the full disk was told, in the log or where the log goes when there is no space for it."""
    said = place.log() + (place.folder / "out.txt").read_text("utf-8", "replace")
    return any(word in said for word in ("cannot be written", "cannot be read or written", "disk is full"))


def bounded(place: Place) -> list[str]:
    """Return what is wrong with the size of the logs."""
    largest = max((file.stat().st_size for file in place.site.logs.glob("*")), default=0)
    return [f"a log of {largest} bytes"] if largest > 2 * LOG_MB * 1_000_000 else []


@contextlib.contextmanager
def made_scarce(place: Place, kind: str, dice: random.Random) -> Iterator[Scarce | None]:
    if kind.startswith("limit"):
        yield limited(place, from_the_start=kind == "limit from the start", dice=dice)
        return
    folder = place.site.state if kind == "tmpfs under the state" else place.site.logs
    folder.mkdir(parents=True, exist_ok=True)
    if not mounted(folder):
        yield None
        return
    try:
        filler = folder / "filler"
        yield Scarce(lambda: _fill(filler), filler.unlink)
    finally:
        place.kill()
        subprocess.run(["umount", "-l", str(folder)], check=False)


def limited(place: Place, *, from_the_start: bool, dice: random.Random) -> Scarce:
    """A limit on the size of files, as a quota is; lifted from outside, as an administrator would."""
    small = dice.randrange(8_192, 120_000)

    def soft(limit: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def of_the_engine(limit: int) -> None:
        engine = scarce.engine[-1]
        if engine.poll() is None:
            resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def fill() -> None:
        if not from_the_start:
            of_the_engine(8_192)

    scarce = Scarce(fill, lambda: of_the_engine(resource.RLIM_INFINITY))
    if from_the_start:
        scarce.setup = lambda: soft(small)
    return scarce


def mounted(folder: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", TMPFS, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _fill(filler: Path) -> None:
    """Take what is left, to the last byte."""
    with filler.open("wb", buffering=0) as opened, contextlib.suppress(OSError):
        for size in (65_536, 4_096, 1):
            with contextlib.suppress(OSError):
                while True:
                    opened.write(b"\0" * size)
