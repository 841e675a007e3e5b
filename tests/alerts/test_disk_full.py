"""S6: a disk that is full keeps no record of the alert, and keeps nobody from being told."""

from __future__ import annotations

from typing import Any

from rms_console.contract.notify_port import Outlets
from rms_console.errors import StoreFull
from tests.acceptance.store_file import Shoe
from tests.alerts.conftest import SendingMake
from tests.alerts.sending import Postbox

WRITES = ("save_alerts", "settle", "enqueue", "set_fact", "record_cycle", "next_cycle_number", "append_audit")


async def test_s6_an_alert_is_sent_although_the_ledger_cannot_keep_it(make: SendingMake, monkeypatch: Any) -> None:
    box = Postbox()
    world = make(Outlets((box,)))
    async with world.service():
        await world.wait(1.0)

        def full(*_: object, **__: object) -> None:
            raise StoreFull("the disk is full", hint="free space")

        with monkeypatch.context() as patched:
            for name in WRITES:
                patched.setattr(world.real_ledger, name, full)
            world.store.add([Shoe(1, "24YM0001")])
            await world.wait(900.0)
            assert "[CRITICAL] Nothing is synced" in box.titles
            assert any("the disk is full" in line for message in box.got for line in message.lines)
            assert len(box.titles) == len(set(box.titles)), "told once"
        await world.wait(900.0)
        assert any(message.is_over for message in box.got)
        assert len(world.shop.products()) == 1
        assert "Nothing is synced" in str([record.texts for record in world.real_ledger.alerts(50)])
