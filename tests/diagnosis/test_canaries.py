"""Secrets planted wherever a store has some are in nothing that the program hands out."""

from __future__ import annotations

import contextlib
import json
import shutil
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock
from urllib.parse import urlencode

import pytest

from rms_console.config.tree import SECRET_KEYS
from rms_console.contract.queries import Subject
from rms_console.demo.shopify import EmbeddedShop, RunningShop, ShopSettings, serve
from tests.acceptance import site as acceptance
from tests.acceptance.site import Ran, Site
from tests.acceptance.store_file import Shoe, StoreFile
from tests.commands.live import Live
from tests.redis_lease.conftest import RedisServer

TOKEN = "shpat_" + "canary0a1b2c3d4e"
PLANTED = {
    "shopify.token": TOKEN,
    "shopify.client_secret": "canary-client-7f7f",
    "rms.password": 'canary "rms" ñ\\ pass',
    "redis.url": "canary-redis-5566",
    "alerts.email.smtp_password": "canary-smtp-9911",
    "alerts.slack.webhook_url": "CANARYWEBHOOK42",
    "rms.url": "",  # a file has no password; `test_bundle` plants one
}
IN_ENVIRONMENT = {"RMS_CONSOLE_TOKEN": "", "MY_BACKUP_PASSWORD": "canary-env-3344", "DEPLOY_TOKEN": "canary-env-8877"}
IN_RMS = "shpat_" + "canaryinrms99887766"
MORE = f"""
[redis]
url = "unix://caja:{PLANTED["redis.url"]}@SOCKET"

[alerts.email]
smtp_password = "{PLANTED["alerts.email.smtp_password"]}"

[alerts.slack]
webhook_url = "https://hooks.slack.com/services/T00/B00/{PLANTED["alerts.slack.webhook_url"]}"
"""


@contextlib.contextmanager
def a_redis() -> Iterator[str]:
    """Lend the socket of a Redis that wants the planted password: an engine that does not reach it is not healthy."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with TemporaryDirectory(prefix="redis-") as folder:
        rights = ["on", f">{PLANTED['redis.url']}", "~*", "&*", "+@all"]
        redis = RedisServer(program, Path(folder), "--user", "caja", *rights)
        redis.start()
        try:
            yield str(redis.socket)
        finally:
            redis.stop()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("canaries")
    shop = EmbeddedShop(ShopSettings(locations=("Bodega",), access_token=TOKEN))
    environment = acceptance.clean_environment() | {name: value for name, value in IN_ENVIRONMENT.items() if value}
    with (
        a_redis() as socket,
        serve(shop) as server,
        mock.patch.object(acceptance, "clean_environment", return_value=environment),
    ):
        site = Site(folder, StoreFile(folder / "store.db"), server)
        site.configure(MORE.replace("SOCKET", socket))
        text = site.config.read_text("utf-8")
        password = json.dumps(PLANTED["rms.password"], ensure_ascii=False)
        text = text.replace("[rms]\n", f"[rms]\npassword = {password}\n")
        secret = PLANTED["shopify.client_secret"]
        text = text.replace("[shopify]\n", f'[shopify]\nclient_id = "app"\nclient_secret = "{secret}"\n')
        site.config.write_text(text, "utf-8")
        # One that passes and one that is set aside: both are told in the log.
        site.store.add([Shoe(1, "24YM0001", extra={"Description": f"Bota {IN_RMS}"})])
        site.store.add([Shoe(2, "24YM0002", price=0.0, extra={"Description": f"Bota password={IN_RMS}"})])
        live = Live(site)
        live.begin()
        yield live
        live.end()


def in_settings(text: str) -> list[str]:
    """Return the secrets of settings and environment that stand in a text, in any spelling that JSON may give them."""
    known = [value for value in (*PLANTED.values(), *IN_ENVIRONMENT.values()) if value]
    return [value for value in known if value in text or json.dumps(value)[1:-1] in text]


def planted(text: str) -> list[str]:
    return in_settings(text) + [IN_RMS for _ in [0] if IN_RMS in text]


def fetched(live: Live, path: str) -> str:
    request = urllib.request.Request(live.url + path, headers={"Authorization": f"Bearer {live.token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        text: str = answer.read().decode()
        return text


def whole(ran: Ran) -> str:
    return ran.out + ran.err


def test_every_secret_setting_has_a_canary() -> None:
    assert set(PLANTED) == SECRET_KEYS


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_diagnostics_tell_no_secret(live: Live, language: str, more: tuple[str, ...]) -> None:
    ran = live.run("diagnostics", *more, lang=language)
    assert ran.code in (0, 1), ran.err
    assert "Redis" in ran.out
    assert planted(whole(ran)) == []


@pytest.mark.parametrize(
    "command", [("config",), ("config", "--json"), ("logs",), ("logs", "--json"), ("status", "--json"), ("health",)]
)
def test_other_commands_tell_no_secret(live: Live, command: tuple[str, ...]) -> None:
    assert planted(whole(live.run(*command))) == []


def test_the_log_file_tells_no_secret(live: Live) -> None:
    text = (live.site.logs / "app.log").read_text("utf-8")
    assert "Bota shpat_***" in text
    assert planted(text) == []


def test_the_bundle_holds_no_secret_and_says_what_it_holds(live: Live, tmp_path: Path) -> None:
    log = live.site.logs / "app.log"
    # As an older version might have written it, before a secret was known.
    old = {"level": "ERROR", "message": f"login {PLANTED['rms.password']} at x://u:{PLANTED['redis.url']}@h"}
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(old, ensure_ascii=False) + "\n" + f"torn {IN_ENVIRONMENT['DEPLOY_TOKEN']} line\n")
    file_path = tmp_path / "support.zip"
    ran = live.run("diagnostics", "--bundle", str(file_path), "--yes")
    assert ran.code == 0, ran.err
    with zipfile.ZipFile(file_path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {name: planted(text) for name, text in texts.items() if planted(text)} == {}
    assert planted(file_path.read_bytes().decode("latin-1")) == []
    assert planted(whole(ran)) == []
    assert live.token not in "".join(texts.values())
    assert set(texts) == {
        *("about.json", "settings.json", "snapshot.json", "diagnostics.json", "cycles.json", "alerts.json"),
        *("counts.json", "lock.json", "lock-owner.json", "endpoint.json", "folders.json"),
        *("app-log-end.jsonl", "app-log-newest-error.jsonl"),
    }
    for name in texts:
        assert name in ran.out
        if name.endswith(".json"):
            json.loads(texts[name])
    assert "api-token" in ran.out
    told = {row["key"]: row for row in json.loads(texts["settings.json"])["rows"]}
    assert told["rms.password"]["value"] == "***"
    assert told["rms.password"]["source"].startswith(str(live.site.config))
    assert "***" in texts["app-log-newest-error.jsonl"]


@pytest.mark.parametrize("subject", list(Subject))
def test_no_page_of_the_port_tells_a_secret_of_the_settings(live: Live, subject: Subject) -> None:
    query = {"subject": subject.value, "limit": 500, "key": "1" if subject is Subject.CYCLE else "24YM0002"}
    query |= {"filters": json.dumps({"language": "es"})}
    assert in_settings(fetched(live, f"/api/v1/port/page?{urlencode(query)}")) == []


@pytest.mark.parametrize(
    "path",
    [
        *("status", "stats", "config", "health", "diagnostics", "logs?limit=1000", "lock-info", "performance-metrics"),
        "recent-activity",
    ],
)
def test_no_answer_of_the_api_tells_a_secret(live: Live, path: str) -> None:
    assert planted(fetched(live, f"/api/v1/sync/monitor/{path}")) == []


def test_the_snapshot_tells_no_secret(live: Live) -> None:
    assert planted(fetched(live, "/api/v1/port/snapshot")) == []
    assert planted(fetched(live, "/metrics")) == []


@pytest.mark.parametrize(
    "url",
    [
        "mssql+pyodbc://sa:canary%2Durl%2D7788@127.0.0.1:1/RMS",
        "mssql+pyodbc://sa:canary-url-7788@127.0.0.1:1/RMS",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3DFreeTDS%3BSERVER%3D127.0.0.1%3BUID%3Dsa%3BPWD%3Dcanary-url-7788",
    ],
)
def test_the_password_of_an_address_that_does_not_answer_is_told_nowhere(tmp_path: Path, url: str) -> None:
    server = mock.create_autospec(RunningShop, instance=True)
    server.shop, server.origin = EmbeddedShop(), "http://127.0.0.1:9"
    site = Site(tmp_path, StoreFile(tmp_path / "store.db"), server)
    site.configure(url=url)
    ran = site.inside("--no-ui", "--once")
    # 2 where this machine has no ODBC driver at all.
    assert ran.code in (1, 2), ran
    file = tmp_path / "support.zip"
    told = [whole(ran), whole(site.inside("diagnostics", "--json")), whole(site.inside("config", "--json"))]
    told.append(whole(site.inside("diagnostics", "--bundle", str(file), "--yes")))
    told += [path.read_text("utf-8") for path in site.logs.glob("*.log")]
    with zipfile.ZipFile(file) as archive:
        told += [archive.read(name).decode() for name in archive.namelist()]
    assert "127.0.0.1" in "".join(told)
    for text in told:
        assert "url-7788" not in text
        assert "url%2D7788" not in text
