"""From what is wrong in the engine to what a person reads: over a real mail server and a real web server."""

from __future__ import annotations

import json
import socket

from rms_console.adapters.notify import MailChannel, SlackChannel
from rms_console.contract.notify_port import Outlets
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.raising import put
from rms_console.locale import sentence
from tests.acceptance.site import Site
from tests.alerts.conftest import SendingMake
from tests.alerts.receivers import MailServer, WebServer, until, wait_until
from tests.alerts.sending import mailbox


async def test_an_alert_and_its_end_arrive_by_mail_and_in_slack(
    make: SendingMake, mail_server: MailServer, web_server: WebServer
) -> None:
    channels = (MailChannel(mailbox(mail_server.port)), SlackChannel(web_server.url, channel="#alerts"))
    world = make(outlets=Outlets(channels, "es"))
    async with world.service() as engine:
        put(
            engine,
            kinds.MEMORY,
            sentence("This process uses {used} MB of {total} MB ({percent} %)", used=1, total=2, percent=50),
        )
        await until(lambda: mail_server.got and web_server.got)
        engine.alerts.clear(kinds.MEMORY)
        await until(lambda: len(mail_server.got) == 2 and len(web_server.got) == 2)
    first, last = (got.mail for got in mail_server.got)
    assert first["Subject"] == "[RMS-Shopify] [WARNING] Queda poca memoria"
    assert "Este proceso usa 1 MB de 2 MB (50 %)" in mail_server.got[0].text
    assert last["Subject"] == "[RMS-Shopify] [INFO] Ya hay memoria suficiente"
    assert "Queda poca memoria" in web_server.got[0].json["text"]
    assert web_server.got[0].json["channel"] == "#alerts"


def test_a_real_engine_mails_what_is_wrong_from_its_first_second(site: Site, mail_server: MailServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site.configure(
            f"""
[api]
port = {port}
[alerts.email]
enabled = true
to = ["ana@example.com"]
sender = "motor@example.com"
smtp_host = "127.0.0.1"
smtp_port = {mail_server.port}
smtp_security = "none"
"""
        )
        process = site.start()
        try:
            wait_until(lambda: bool(mail_server.got))
        finally:
            process.terminate()
            out, _ = process.communicate(timeout=20)
    assert process.returncode == 0, out
    (got,) = mail_server.got
    assert got.mail["Subject"] == "[RMS-Shopify] [CRITICAL] The control API is not served"
    assert f"port {port} of 127.0.0.1 is taken by another program" in got.text
    assert "Shop: embedded-store.myshopify.com" in got.text
    (row,) = json.loads(site.inside("alerts", "list", "--json").out)
    assert (row["kind"], row["sending"], row["state"]) == ("api_not_served", "sent", "present")


def test_an_engine_that_was_killed_is_told_of_by_the_next_one(site: Site, mail_server: MailServer) -> None:
    site.configure(
        f"""
[api]
port = 0
[alerts.email]
enabled = true
to = ["ana@example.com"]
sender = "motor@example.com"
smtp_host = "127.0.0.1"
smtp_port = {mail_server.port}
smtp_security = "none"
"""
    )
    killed = site.start()
    assert killed.stdout is not None
    wait_until(lambda: "[READY]" in str(killed.stdout and killed.stdout.readline()))
    killed.kill()
    killed.communicate(timeout=20)
    assert mail_server.got == []
    process = site.start()
    try:
        wait_until(lambda: len(mail_server.got) == 2)
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert [got.mail["Subject"] for got in mail_server.got] == [
        "[RMS-Shopify] [WARNING] A lock was left behind",
        "[RMS-Shopify] [INFO] The lock that was left behind is gone",
    ]
    assert f"process {killed.pid} on " in mail_server.got[0].text
