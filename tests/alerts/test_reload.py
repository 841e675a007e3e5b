"""Channels that change while the engine runs: who gets mail is no reason for a restart."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from rms_console.contract.commands import Accepted, Reload
from rms_console.contract.notify_port import Outlets
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.raising import put
from rms_console.errors import NotifyError
from rms_console.locale import sentence
from tests.acceptance.site import Site
from tests.alerts.conftest import SendingMake
from tests.alerts.receivers import MailServer, wait_until
from tests.alerts.sending import Postbox, SendingWorld
from tests.engine.world import SETTINGS, tuned

CALM = tuned(SETTINGS, health_interval_s=1e6, recovery_check_interval_s=1e6)
GONE = NotifyError(sentence("too many alerts wait"), code="test")


@pytest.fixture
def world(make: SendingMake) -> SendingWorld:
    return make(Outlets((Postbox("email"),)), settings=CALM)


async def reloaded(world: SendingWorld, outlets: Outlets) -> None:
    world.engine.deps.load_settings = lambda: CALM
    world.engine.deps.new_outlets = lambda: outlets
    assert isinstance(await world.send(Reload()), Accepted)
    await world.idle()


async def test_a_channel_that_is_new_tells_what_nobody_was_told_of(make: SendingMake) -> None:
    world, box = make(Outlets(), settings=CALM), Postbox("slack")
    async with world.service() as engine:
        put(engine, kinds.MEMORY, "d")
        await world.idle()
        await reloaded(world, Outlets((box,)))
        assert len(box.got) == 1
        engine.alerts.clear(kinds.MEMORY)
        await world.idle()
        assert len(box.got) == 2


async def test_what_was_told_already_is_not_told_again_and_its_end_goes_by_the_new_way(world: SendingWorld) -> None:
    new = Postbox("email")
    async with world.service() as engine:
        put(engine, kinds.MEMORY, "d")
        await world.idle()
        await reloaded(world, Outlets((new,)))
        assert new.got == []
        engine.alerts.clear(kinds.MEMORY)
        await world.idle()
        assert [message.is_over for message in new.got] == [True]


async def test_a_message_that_waits_for_another_try_goes_by_the_mended_way_at_once(make: SendingMake) -> None:
    broken, mended = Postbox("email"), Postbox("email")
    broken.errors = [GONE] * 9
    world = make(Outlets((broken,)), settings=CALM)
    async with world.service() as engine:
        put(engine, kinds.MEMORY, "d")
        await world.wait(1.0)
        assert engine.alert_desk.courier.failing
        tries = broken.tries
        await reloaded(world, Outlets((mended,)))
        assert len(mended.got) == 1
        assert not engine.alert_desk.courier.failing
        await world.wait(600.0)
        assert (broken.tries, len(mended.got)) == (tries, 1)


async def test_a_channel_that_is_gone_is_sent_nothing_and_the_other_takes_over(make: SendingMake) -> None:
    broken, other = Postbox("email"), Postbox("slack")
    broken.errors = [GONE] * 9
    world = make(Outlets((broken,)), settings=CALM)
    async with world.service() as engine:
        put(engine, kinds.MEMORY, "d")
        await world.wait(1.0)
        tries = broken.tries
        await reloaded(world, Outlets((other,)))
        await world.wait(600.0)
        assert broken.tries == tries
        assert len(other.got) == 1
        assert engine.alert_desk.courier.channels == ("slack",)


MAIL = """
[api]
port = {api}
[alerts.email]
enabled = {enabled}
to = ["ana@example.com"]
sender = "motor@example.com"
smtp_host = "127.0.0.1"
smtp_port = {port}
smtp_security = "none"
"""


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")
def test_sighup_begins_to_mail(site: Site, mail_server: MailServer) -> None:
    log = site.logs / "app.log"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"api": taken.getsockname()[1], "port": mail_server.port}
        site.configure(MAIL.format(enabled="false", **ports))
        process = site.start()
        try:
            wait_until(lambda: log.exists() and "Sync cycle completed" in log.read_text(encoding="utf-8"))
            assert not mail_server.got
            site.configure(MAIL.format(enabled="true", **ports))
            os.kill(process.pid, signal.SIGHUP)
            wait_until(lambda: bool(mail_server.got))
        finally:
            process.terminate()
            out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, out
    assert mail_server.got[0].mail["Subject"] == "[RMS-Shopify] [CRITICAL] The control API is not served"
    assert "Alerts go by: email" in log.read_text(encoding="utf-8")
