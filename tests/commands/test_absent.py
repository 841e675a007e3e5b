"""No engine: what is still known is told with its date; what cannot be done says what to do."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rms_console.contract import api
from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe
from tests.commands.live import Live, a_site, run_away, until
from tests.commands.served import Stranger
from tests.commands.test_reading import READS

NEEDS_ENGINE = ("status", "health", "stats", "performance")
STEERS = (
    ("status", "--watch", "--plain"),
    ("pause",),
    ("resume",),
    ("trigger",),
    ("full-sync", "--yes"),
    ("interval", "5"),
    ("stop", "--wait"),
)


@pytest.fixture(scope="module")
def rested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose engine has run once and is gone."""
    with a_site(tmp_path_factory.mktemp("rested")) as site:
        site.store.add([Shoe(1, "24YM0101"), Shoe(2, "24YM0102", price=0.0)])
        site.once()
        yield site


@pytest.mark.parametrize("command", READS)
def test_the_memory_answers_and_says_that_it_is_only_that(rested: Site, command: str) -> None:
    ran = rested.inside(command, "--json")
    assert (ran.code, ran.err) == (3 if command in NEEDS_ENGINE else 0, "")
    body = json.loads(ran.out)
    READS[command][1].model_validate(body)
    assert body["engine"] == "not running"
    assert body["as_of"].endswith("Z")


@pytest.mark.parametrize("command", READS)
def test_people_are_told_since_when_and_what_to_do(rested: Site, command: str) -> None:
    for lang, told, hint in (("en", "as of 20", "start it"), ("es", "datos al 20", "arránquelo")):
        ran = rested.inside(command, lang=lang)
        assert ran.code == (3 if command in NEEDS_ENGINE else 0)
        assert told in ran.out
        assert str(rested.state) in ran.err
        assert hint in ran.err


@pytest.mark.parametrize(("lang", "told"), [("en", "Engine    STOPPED, NOT WELL"), ("es", "Motor    STOPPED, MAL")])
def test_health_names_the_state_of_an_engine_that_is_gone(rested: Site, lang: str, told: str) -> None:
    assert told.split() == rested.inside("health", lang=lang).out.splitlines()[1].split()


@pytest.mark.parametrize(("lang", "told"), [("en", "no engine runs"), ("es", "no corre ningún motor")])
def test_nothing_is_proven_where_no_engine_runs(rested: Site, lang: str, told: str) -> None:
    assert told in rested.inside("status", lang=lang).out


def test_what_the_ledger_counts_is_not_lost(rested: Site) -> None:
    status = json.loads(rested.inside("status", "--json").out)
    assert (status["status"], status["is_healthy"], status["lock_status"]) == ("STOPPED", False, "available")
    assert (status["items_processed_today"], status["queue"]["quarantined"]) == (1, 1)
    stats = json.loads(rested.inside("stats", "--json").out)
    assert (stats["summary"]["total_runs_today"], stats["health"]["memory_usage"]) == (1, None)
    activity = json.loads(rested.inside("activity", "--json").out)
    assert [row["products_synced"] for row in activity["activities"]] == [1]
    assert "[READY]" not in rested.inside("logs", "--level", "error").out
    assert "Sync cycle" in rested.inside("logs").out


@pytest.mark.parametrize("command", STEERS)
@pytest.mark.parametrize("lang", ["en", "es"])
def test_nothing_is_steered_or_watched_without_an_engine(rested: Site, command: tuple[str, ...], lang: str) -> None:
    ran = rested.inside(*command, lang=lang)
    assert (ran.code, ran.out) == (3, "")
    assert "--attach" in ran.err


@pytest.mark.parametrize("command", READS)
def test_before_any_engine_has_worked_nothing_is_made(site: Site, command: str) -> None:
    ran = site.inside(command)
    assert ran.code == (3 if command in NEEDS_ENGINE else 0)
    assert "has not worked for this shop yet" in ran.out
    assert json.loads(site.inside(command, "--json").out)["as_of"] is None
    assert not site.state.exists()


def test_the_demo_is_met_by_no_command(site: Site) -> None:
    ran = site.inside("--demo", "status")
    assert (ran.code, ran.out) == (3, "")
    assert "--demo" in ran.err


def test_a_killed_engine_is_not_asked_and_its_port_gets_no_token(site: Site) -> None:
    site.store.add([Shoe(1, "24YM0201")])
    with Live(site) as live, Stranger(200, b"{}", {"X-RMS-Contract": "1"}) as stranger:
        live.begin()
        live.kill()
        endpoint = json.loads((site.state / "endpoint.json").read_text("utf-8"))
        (site.state / "endpoint.json").write_text(json.dumps(endpoint | {"url": stranger.url}), "utf-8")
        assert site.inside("pause").code == 3
        assert live.json("status", code=3)["lock_status"] == "orphan"
        assert "its owner is gone" in site.inside("lock").out
        assert stranger.heard == []


def test_an_engine_without_api_says_why(site: Site) -> None:
    with Live(site, "enabled = false") as live:
        live.process = site.start()
        until(lambda: (site.state / "endpoint.json").exists(), "an engine")
        ran = site.inside("status", lang="es")
        assert ran.code == 3
        assert "api.enabled = false" in ran.err
        assert "corre, pero no responde" in ran.out
        assert live.json("health", code=3)["engine"] == "running, but not answering"
        assert live.json("status", code=3)["status"] == "UNKNOWN"
        refused = site.inside("pause")
        assert (refused.code, "serves no API" in refused.err) == (3, True)


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (200, b"<html>hello</html>", {}),
        (200, b"{}", {}),
        (404, b"not here", {}),
        (302, b"", {"Location": "http://127.0.0.1:9/"}),
        (503, b'{"error": {"code": "stopping", "message": "the engine stops"}}', {"X-RMS-Contract": "1"}),
    ],
)
def test_what_is_no_engine_is_told_from_one(status: int, body: bytes, headers: dict[str, str]) -> None:
    with Stranger(status, body, headers) as stranger:
        for command in (("status", "--json"), ("pause",)):
            ran = run_away(stranger.url, *command)
            assert (ran.code, ran.out) == (3, "")
            assert stranger.url in ran.err


def test_an_engine_of_another_version_is_told_apart() -> None:
    with Stranger(200, b'{"kind": "Accepted", "command_id": "1", "message": "m"}', {"X-RMS-Contract": "99"}) as other:
        ran = run_away(other.url, "resume", lang="es")
    assert (ran.code, "otra versión" in ran.err) == (3, True)


def test_nobody_at_the_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    for lang, told in (("en", "no engine answers at"), ("es", "ningún motor responde en")):
        ran = run_away(url, "status", lang=lang)
        assert (ran.code, ran.out) == (3, "")
        assert told in ran.err


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1", "nonsense", "http://127.0.0.1:99999", "http://a:b@c"])
def test_what_is_no_address_is_wrong_use(url: str) -> None:
    ran = run_away(url, "status", lang="es")
    assert (ran.code, ran.out) == (2, "")
    assert "--attach" in ran.err


def test_ports_body_models_are_those_of_the_contract() -> None:
    assert set(READS) >= {"status", "health", "stats", "activity", "performance", "lock", "config", "logs"}
    assert all(issubclass(kind, api.Body) for _, kind in READS.values())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["full-sync"], "una sincronización completa necesita un sí"),
        (["pause", "--for", "30m", "--until", "18:30"], "no ambos"),
        (["queue", "retry"], "nombre los artículos"),
        (["--once"], "--once va con --no-ui"),
    ],
)
def test_wrong_use_is_told_in_the_persons_language(arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rms_console", "--lang", "es", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
