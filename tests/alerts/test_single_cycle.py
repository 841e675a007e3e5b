"""`--no-ui --once`: what one cycle knows is told by mail, and stdout stays one JSON object."""

from __future__ import annotations

import json

from tests.acceptance.site import Ran, Site
from tests.acceptance.store_file import Shoe
from tests.alerts.receivers import MailServer

MAIL = """
price_jump_percent = {jump}
[alerts]
channels = ["email", "log"]
consecutive_errors = {limit}
[alerts.email]
enabled = true
to = ["ana@example.com"]
sender = "motor@example.com"
smtp_host = "127.0.0.1"
smtp_port = {port}
smtp_security = "none"
"""


def configure(site: Site, server: MailServer, **changes: object) -> None:
    facts: dict[str, object] = {"port": server.port, "jump": 0, "limit": 5} | changes
    more = MAIL.format(**facts)
    url = str(facts.pop("url", ""))
    site.configure(more, url=url)


def subjects(server: MailServer) -> list[str]:
    return [str(got.mail["Subject"]).removeprefix("[RMS-Shopify] ") for got in server.got]


def once(site: Site) -> Ran:
    ran = site.run("--no-ui", "--once")
    assert len(ran.out.splitlines()) == 1
    assert isinstance(json.loads(ran.out), dict)
    return ran


def test_a_cycle_that_fails_is_told_once_and_so_is_the_one_that_works_again(
    site: Site, mail_server: MailServer
) -> None:
    configure(site, mail_server, url=f"sqlite:///{site.folder}/nowhere/store.db")
    assert once(site).code == 1
    assert subjects(mail_server) == ["[CRITICAL] RMS does not answer"]
    once(site)
    assert len(mail_server.got) == 1, "what people know is not told again"
    configure(site, mail_server)
    assert once(site).code == 0
    assert subjects(mail_server)[1:] == ["[INFO] RMS answers again"]


def test_a_change_that_the_guard_holds_is_told(site: Site, mail_server: MailServer) -> None:
    configure(site, mail_server, jump=30)
    site.store.add([Shoe(1, "24YM0001", price=10_000.0)])
    assert once(site).code == 0
    assert subjects(mail_server) == []
    site.store.change(1, Price=90_000.0)
    assert once(site).summary["held"] == 1
    assert subjects(mail_server) == ["[WARNING] Changes wait for your yes"]
    once(site)
    assert len(mail_server.got) == 1


def test_a_quiet_cycle_tells_nobody_anything(site: Site, mail_server: MailServer) -> None:
    configure(site, mail_server)
    site.store.add([Shoe(1, "24YM0001")])
    assert once(site).code == 0
    assert once(site).code == 0
    assert subjects(mail_server) == []


def test_a_mail_server_that_is_down_fails_no_cycle_and_the_next_one_tells(site: Site, mail_server: MailServer) -> None:
    configure(site, mail_server, port=1, jump=30)
    site.store.add([Shoe(1, "24YM0001", price=10_000.0)])
    once(site)
    site.store.change(1, Price=90_000.0)
    ran = once(site)
    assert (ran.code, ran.summary["held"]) == (0, 1)
    configure(site, mail_server, jump=30)
    assert once(site).code == 0
    assert "[WARNING] Changes wait for your yes" in subjects(mail_server)
