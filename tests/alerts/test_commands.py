"""`alerts list`, `ack`, `test`: without an engine, on what it left behind, and over real servers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rms_console.adapters.logs import LogWriter
from rms_console.adapters.store import open_ledger
from rms_console.contract.alert_port import AlertRecord, Sending
from rms_console.engine.alerts import kinds, texts
from rms_console.locale import sentence
from rms_console.wiring import Options, site_as_it_is
from rms_console.wiring.alerts import outlets_of
from rms_console.wiring.ends import Nowhere
from tests.acceptance.site import Ran, Site
from tests.alerts.receivers import Answer, MailServer, WebServer, free_port

SINCE = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


def wording(kind: str, detail: str) -> str:
    known = kinds.KINDS[kind]
    return texts.pack(
        {"title": sentence(known.title), "detail": detail, "what_to_do": sentence(known.what_to_do), "over": ""}
    )


@pytest.fixture
def left(site: Site) -> Site:
    """Return a site on which an engine has left two alerts, and one that is over."""
    detail = sentence("Paused by {by} for {hours} h", by="ana\x1b[2J", hours=2)
    over = SINCE + timedelta(hours=1)
    ledger = open_ledger(site.state)
    ledger.save_alerts(
        [
            AlertRecord(1, kinds.MEMORY, "WARN", wording(kinds.MEMORY, "d"), SINCE, over, sending=Sending.SENT),
            AlertRecord(2, kinds.PAUSED, "WARN", wording(kinds.PAUSED, detail), SINCE),
            AlertRecord(
                3,
                kinds.CONNECTION_RMS,
                "CRITICAL",
                wording(kinds.CONNECTION_RMS, "gone"),
                SINCE,
                sending=Sending.FAILED,
            ),
        ]
    )
    ledger.close()
    return site


def rows(site: Site, *more: str) -> list[dict[str, Any]]:
    ran = site.inside("alerts", "list", "--json", *more)
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def test_without_a_ledger_there_is_nothing(site: Site) -> None:
    assert rows(site) == []
    assert "No ledger" in site.inside("alerts", "list").out
    assert site.inside("alerts", "ack", "--all").code == 0


def test_the_list_says_what_since_when_and_what_to_do(left: Site) -> None:
    ran = left.inside("alerts", "list", lang="es")
    assert ran.code == 0
    assert "paused-2  Sigue en pausa" in ran.out
    assert "En pausa por ana [2J hace 2 h" in ran.out
    assert "\x1b" not in ran.out
    assert "desde 2026-11-02 09:00, sin ver; solo en pantalla" in ran.out
    assert "desde 2026-11-02 09:00, sin ver; no se pudo enviar" in ran.out
    assert "de 2026-11-02 09:00 a 2026-11-02 10:00; enviado" in ran.out
    assert ran.out.index("connection_rms-3") < ran.out.index("paused-2") < ran.out.index("memory-1")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert [row["alert_id"] for row in rows(left)] == ["paused-2", "connection_rms-3", "memory-1"]
    assert [row["alert_id"] for row in rows(left, "--limit", "0")] == ["paused-2", "connection_rms-3"]
    assert rows(left)[0]["state"] == "present"


def test_marking_names_what_is_not_there(left: Site) -> None:
    assert left.inside("alerts", "ack").code == 2
    assert left.inside("alerts", "ack", "--all", "paused-2").code == 2
    ran = left.inside("alerts", "ack", "paused-9", lang="es")
    assert ran.code == 4
    assert "alerts list" in ran.err
    assert json.loads(left.inside("alerts", "ack", "paused-2", "--json").out) == {"alerts": 1}
    assert "1" in left.inside("alerts", "ack", "--all").out
    assert all(row["acked_by"] for row in rows(left) if row["state"] == "present")
    assert left.inside("alerts", "ack", "--all").code == 0
    listed = json.loads(left.inside("audit", "list", "--json").out)
    assert [entry["action"] for entry in listed] == ["AckAlerts"] * 4


# test


def channels(site: Site, mail_port: int, hook: str) -> None:
    site.configure(
        f"""
[alerts.email]
enabled = true
to = ["ana@example.com"]
sender = "motor@example.com"
smtp_host = "127.0.0.1"
smtp_port = {mail_port}
smtp_security = "none"
[alerts.slack]
webhook_url = "{hook}"
"""
    )


def tried(ran: Ran) -> dict[str, dict[str, str]]:
    return {one["channel"]: one for one in json.loads(ran.out)}


def test_the_test_really_sends(site: Site, mail_server: MailServer, web_server: WebServer) -> None:
    channels(site, mail_server.port, web_server.url)
    ran = site.inside("alerts", "test", lang="es")
    assert ran.code == 0, ran.out + ran.err
    assert "email: enviado" in ran.out
    assert "slack: enviado" in ran.out
    assert mail_server.got[0].mail["Subject"] == "[RMS-Shopify] [TEST] Las alertas llegan aquí"
    assert "Las alertas llegan aquí" in web_server.got[0].json["text"]
    assert tried(site.inside("alerts", "test", "--channel", "slack", "--json")).keys() == {"slack"}
    assert (len(mail_server.got), len(web_server.got)) == (1, 2)


def test_what_fails_is_told_and_the_others_are_sent(site: Site, web_server: WebServer) -> None:
    channels(site, free_port(), web_server.url)
    ran = site.inside("alerts", "test", "--json")
    assert ran.code == 1
    found = tried(ran)
    assert (found["email"]["result"], found["email"]["code"]) == ("failed", "mail-unreachable")
    assert found["slack"]["result"] == "sent"
    web_server.answers = [Answer(404, b"no_service")]
    ran = site.inside("alerts", "test", "--channel", "slack")
    assert ran.code == 1
    assert "no_service" in ran.out
    assert "webhook_url" in ran.out
    assert "not-a-real-hook" not in ran.out + ran.err


def test_what_is_not_set_up_is_named(site: Site) -> None:
    ran = site.inside("alerts", "test")
    assert ran.code == 1, "nobody was reached"
    assert "email: not set up: fill in [alerts.email]" in ran.out
    assert "slack: not set up" in ran.out
    assert site.inside("alerts", "test", "--channel", "email").code == 1
    assert tried(site.inside("alerts", "test", "--channel", "log", "--json"))["log"]["result"] == "by-the-engine"
    site.configure('\n[alerts]\nchannels = ["log"]\nenabled = false\n')
    ran = site.inside("alerts", "test", "--channel", "slack")
    assert ran.code == 1
    assert "alerts.enabled is off" in ran.out


def test_no_secret_of_the_settings_comes_through_an_outlet(site: Site) -> None:
    channels(site, 25, "https://hooks.slack.com/services/T/B/canary-hook")
    text = site.config.read_text("utf-8").replace("smtp_port", 'smtp_password = "canary-smtp"\nsmtp_port')
    site.config.write_text(text, "utf-8")
    here = site_as_it_is(Options({}, config=site.config, state_dir=site.state, log_dir=site.logs))
    token = here.settings.shopify.token.get_secret_value()
    log = LogWriter(site.logs, secrets=here.settings.secrets())
    try:
        log.add_secrets(["granted-later-canary"])
        for outlets in (outlets_of(here, Nowhere()), outlets_of(here, log, log.redacted)):
            told = outlets.harmless(
                f"{token} canary-smtp https://hooks.slack.com/services/T/B/canary-hook granted-later-canary"
            )
            assert token not in told
            assert "canary-smtp" not in told
            assert "canary-hook" not in told
        assert "granted-later-canary" not in told
    finally:
        log.close()
    assert "canary" not in repr(outlets.channels) + str(vars(outlets.channels[0]))
