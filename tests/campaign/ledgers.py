"""Ledgers that were damaged, lost or put back from an older copy while nobody ran (S4, S5).

Each is opened or found out, moved aside and rebuilt: nothing is made twice, no older value wins.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.campaign.judge import Judgement
from tests.campaign.place import Place, ending, until
from tests.campaign.shop import ShopProcess
from tests.campaign.telling import Tally
from tests.campaign.till import CampaignStore, Till

BLOCK = 10
"""Damages of one store, one after the other: later ones meet what earlier ones left."""
ACTS = 12
"""What happens in the store between one engine and the next."""


def run(tally: Tally, rounds: int) -> None:
    for block in range(-(-rounds // BLOCK)):
        one_block(tally, f"{tally.seed}:{block}", min(BLOCK, rounds - block * BLOCK))
        tally.line(f"block {block}")


def one_block(tally: Tally, seed: str, damages: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="rms-ledgers-") as name, ShopProcess() as shop:
        store = CampaignStore(Path(name) / "store.db")
        till = Till(store, seed)
        place = Place(Path(name) / "machine", store, shop)
        damaging = Damaging(place, dice)
        with ending(place):
            judgement = Judgement(store, shop, forgets=True)
            judgement.after(place)
            for number in range(damages):
                damaging.copy()
                work(place, till, dice)
                kind = damaging.damage()
                for _ in range(ACTS):
                    till.act()
                since = place.log_size()
                begun = time.monotonic()
                judgement.after(place)
                tally.took("started, rebuilt where needed, settled and stopped", time.monotonic() - begun)
                tally.counts[f"{kind}: {outcome(place, since)}"] += 1
                tally.wrong(f"block {seed} number {number} {kind}", judgement.told, place.folder.parent)
                judgement.told.clear()
                tally.rounds += 1
            tally.counts.update({f"listed {code}": count for code, count in judgement.listed.items()})


def work(place: Place, till: Till, dice: random.Random) -> None:
    """Let an engine work for a moment, and be killed: so that there is a log of the ledger beside it."""
    since = place.log_size()
    place.start()
    until(lambda: place.is_ready(since), 60)
    for _ in range(ACTS):
        till.act()
    time.sleep(dice.uniform(0.2, 1.0))
    place.kill()


def outcome(place: Place, since: int) -> str:
    log = place.log(since)
    for text, name in (
        ("The ledger was damaged", "rebuilt"),
        ("The ledger is gone", "rebuilt as lost"),
        ("The ledger is an older copy", "read up as an older copy"),
    ):
        if text in log:
            return name
    return "opened"


class Damaging:
    """The ways in which a ledger comes to harm."""

    def __init__(self, place: Place, dice: random.Random) -> None:
        self._place = place
        self._dice = dice
        self._copies = place.folder / "copies"
        self._number = 0

    def copy(self) -> None:
        """Keep the whole state folder as it is, for another day."""
        self._number += 1
        shutil.copytree(self._place.site.state, self._copies / str(self._number))

    def damage(self) -> str:
        """Do one kind of harm; return its name."""
        kinds: dict[Callable[[], None], int] = {
            self.flip_bytes: 6,
            self.flip_bytes_of_the_log: 3,
            self.flip_a_page: 2,
            self.truncate: 3,
            self.truncate_the_log: 2,
            self.delete: 2,
            self.delete_all: 1,
            self.delete_the_log: 2,
            self.older_ledger: 3,
            self.older_folder: 3,
            self.garbage_log: 2,
            self.log_of_another_day: 2,
            self.text_instead: 1,
            self.emptied: 1,
        }
        kind = self._dice.choices(list(kinds), list(kinds.values()))[0]
        kind()
        return kind.__name__

    def flip_bytes(self) -> None:
        self._flip(self._place.ledger, self._dice.choice((1, 3, 20, 200)))

    def flip_bytes_of_the_log(self) -> None:
        self._flip(self._log, self._dice.choice((1, 3, 20)))

    def flip_a_page(self) -> None:
        data = bytearray(self._place.ledger.read_bytes())
        at = self._dice.randrange(max(1, len(data) // 4096)) * 4096
        data[at : at + 4096] = self._dice.randbytes(len(data[at : at + 4096]))
        self._place.ledger.write_bytes(data)

    def truncate(self) -> None:
        self._cut(self._place.ledger)

    def truncate_the_log(self) -> None:
        self._cut(self._log)

    def delete(self) -> None:
        for ending_ in ("", "-wal", "-shm"):
            Path(f"{self._place.ledger}{ending_}").unlink(missing_ok=True)

    def delete_all(self) -> None:
        shutil.rmtree(self._place.site.state)

    def delete_the_log(self) -> None:
        self._log.unlink(missing_ok=True)

    def older_ledger(self) -> None:
        """Last week's copy of the ledger, in the folder of today."""
        self.delete()
        source = self._older()
        for file in source.glob("ledger.db*"):
            shutil.copy(file, self._place.site.state / file.name)

    def older_folder(self) -> None:
        self.delete_all()
        shutil.copytree(self._older(), self._place.site.state)

    def garbage_log(self) -> None:
        self._log.write_bytes(self._dice.randbytes(self._dice.randint(1, 50_000)))

    def log_of_another_day(self) -> None:
        """The log of the ledger from one day beside the ledger of another."""
        source = self._older() / "ledger.db"
        shutil.copy(source, self._place.ledger)

    def text_instead(self) -> None:
        self._place.ledger.write_text("this is no database " * 500, encoding="utf-8")

    def emptied(self) -> None:
        self._place.ledger.write_bytes(b"")

    @property
    def _log(self) -> Path:
        return Path(f"{self._place.ledger}-wal")

    def _older(self) -> Path:
        return self._copies / str(self._dice.randint(1, self._number))

    def _flip(self, file: Path, count: int) -> None:
        data = bytearray(file.read_bytes()) if file.exists() else bytearray()
        for _ in range(count if data else 0):
            data[self._dice.randrange(len(data))] ^= 1 << self._dice.randrange(8)
        file.write_bytes(data)

    def _cut(self, file: Path) -> None:
        if file.exists() and file.stat().st_size:
            with file.open("r+b") as opened:
                opened.truncate(self._dice.randrange(file.stat().st_size))
