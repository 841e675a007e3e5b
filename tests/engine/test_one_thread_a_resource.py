"""C3: a connection is never shared by threads: all reads of RMS go through one thread, whoever asks for them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from rms_console.adapters.rms import open_source
from rms_console.domain.rows import RowsRead
from rms_console.engine.offload import ThreadOffload
from tests.acceptance.store_file import ZONE, StoreFile
from tests.engine.world import shoes

ASKERS, READS = 8, 250


async def test_c3_eight_askers_share_one_thread_and_every_read_is_whole(tmp_path: Path) -> None:
    store = StoreFile(tmp_path / "store.db")
    store.add(shoes(5, sizes=2))
    ids = [shoe.item_id for shoe in shoes(5, sizes=2)]
    source = open_source(store.url, zone=ZONE)
    offload = ThreadOffload("rms")
    threads: set[int] = set()
    at_once = 0

    def read() -> RowsRead:
        nonlocal at_once
        threads.add(threading.get_ident())
        at_once += 1
        assert at_once == 1, "two reads at once"
        rows = source.read_items(ids)
        at_once -= 1
        return rows

    async def asker() -> int:
        return sum([len((await offload(read)).rows) for _ in range(READS)])

    try:
        counts = await asyncio.gather(*(asker() for _ in range(ASKERS)))
    finally:
        await offload(source.close)
        offload.close()
    assert counts == [READS * len(ids)] * ASKERS
    assert len(threads) == 1
    assert threading.get_ident() not in threads
