"""The lock's file is removed while its process stands still: whoever wakes up finds that it is another's now."""

from __future__ import annotations

from pathlib import Path

from rms_console.adapters.lease.filelease import LOCK_NAME
from rms_console.errors import LeaseLost
from tests.engine.world import shoes
from tests.engine_detect.place import KeptPlace


class Stolen(KeptPlace):
    """Processes on one state folder, the first of which stands still while its lock is taken away."""

    def become(self, other: KeptPlace) -> None:
        """Run on the folder, the shop and the store of another, as a process started beside it."""
        self.shop, self.clock = other.shop, other.clock
        self.store, self.source, self.tills = other.store, other.source, other.tills
        self.folder, self.state = other.folder, other.state


async def robbed(tmp_path: Path) -> tuple[Stolen, Stolen]:
    """Return the process that stood still, and the one that began when its lock's file was gone."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    first, second = Stolen(tmp_path / "first"), Stolen(tmp_path / "second")
    second.source.close()
    second.become(first)
    first.store.add(shoes(1))
    await first.start()
    await first.converge()
    (first.state / LOCK_NAME).unlink()
    await second.start()
    await second.converge()
    return first, second


async def end(*places: Stolen) -> None:
    for place in places:
        await place.collect()
    places[0].close()


async def test_s8_who_lost_its_lock_sends_nothing_though_the_ledger_was_torn_meanwhile(tmp_path: Path) -> None:
    """S8, S5, G6: with the ledger everything is gone by which it could tell; it began a fresh one and wrote on."""
    first, second = await robbed(tmp_path)
    first.clock.advance(3600)
    first.store.change(11, Price=17000.0)
    assert isinstance((await first.cycle()).fault, LeaseLost)
    assert first.price(11)[0] == "15000.00"
    await second.engine.close()
    await second.collect()
    with first.file.open("r+b") as file:
        file.truncate(4096 * 2)
    first.clock.advance(60)
    assert isinstance((await first.cycle()).fault, LeaseLost), "lost is lost, whoever is gone by now"
    assert first.price(11)[0] == "15000.00"
    assert not first.put_aside(), "the ledger is the next process's to begin anew"
    await end(first)


async def test_s8_a_process_without_its_lock_leaves_the_names_of_others_alone(tmp_path: Path) -> None:
    """S8: it ends, and who holds the lock is told as before."""
    first, second = await robbed(tmp_path)
    first.lease.release()
    owner = second.lease.owner()
    assert owner is not None
    assert owner == second.lease._read()
    second.store.change(11, Price=17000.0)
    await second.converge()
    assert second.price(11)[0] == "17000.00"
    await end(first, second)
