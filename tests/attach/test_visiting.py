"""`rms-console --attach` on a real terminal: what it draws, what it refuses, and how it ends."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rms_console.contract.commands import Pause
from rms_console.contract.snapshot import CONTRACT_VERSION
from rms_console.errors import ConfigError
from rms_console.hosting.attach import is_open_to_listeners
from rms_console.wiring.reach import checked_url
from tests.attach.loopback import TOKEN, Server, serving
from tests.hosting.seat import Seat, until
from tests.tui.fakeport import FakePort, a_snapshot

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a POSIX matter")


@pytest.fixture
def engine() -> FakePort:
    return FakePort()


@pytest.fixture
def server(engine: FakePort) -> Iterator[Server]:
    with serving(engine) as running:
        yield running


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "a-token"
    file.write_text(TOKEN + "\n", encoding="ascii")
    return file


def a_seat(url: str, token_file: Path | None, **how: Any) -> Seat:
    token = ["--token-file", str(token_file)] if token_file else []
    return Seat(["-m", "rms_console", "--lang", "en", "--attach", url, *token], **how)


def test_it_shows_acts_and_leaves_without_stopping_anything(server: Server, engine: FakePort, token_file: Path) -> None:
    with a_seat(server.url, token_file, columns=100) as seat:
        seat.shows(f"attached {server.url} (store01)")
        seat.shows("IDLE")
        seat.press("p")
        seat.shows("Pause the engine")
        seat.press("y")
        until(lambda: [command.request for command in engine.sent] == [Pause("")], what="the pause arrives")
        assert engine.sent[0].actor.via == "console"
        seat.press("q")
        assert seat.ends() == 0
        until(lambda: f"The engine goes on at {server.url}" in seat.text, 5, "it says so")
        assert seat.is_restored()
    assert len(engine.sent) == 1


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_end_the_console_alone(
    server: Server, engine: FakePort, token_file: Path, name: str, code: int
) -> None:
    with a_seat(server.url, token_file) as seat:
        seat.shows("IDLE")
        seat.signal(name)
        assert seat.ends() == code
        assert seat.is_restored()
    assert engine.sent == []


def test_a_lost_terminal_ends_the_console(server: Server, token_file: Path) -> None:
    with a_seat(server.url, token_file) as seat:
        seat.shows("IDLE")
        seat.hang_up()
        assert seat.ends() == 129


def test_a_lost_engine_is_shown_and_found_again(token_file: Path) -> None:
    with serving(FakePort()) as first:
        port = first.port
        seat = a_seat(first.url, token_file)
        seat.shows("IDLE")
    with seat:
        seat.shows("DETACHED from engine")
        seat.shows("retrying (3)")
        seat.press("t")
        seat.shows("Not now")
        with serving(FakePort(a_snapshot(boot_id="boot-2")), port):
            seat.shows("The engine was started anew")
            seat.shows("IDLE")
            seat.press("q")
            assert seat.ends() == 0


def test_leaving_a_lost_engine_says_that_it_did_not_answer(token_file: Path) -> None:
    with serving(FakePort()) as first:
        seat = a_seat(first.url, token_file)
        seat.shows("IDLE")
    with seat:
        seat.shows("DETACHED from engine")
        seat.press("q")
        assert seat.ends() == 0
        until(lambda: "did not answer" in seat.text, 5)


def test_a_wrong_token_is_told_where_it_matters(server: Server, engine: FakePort, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("something-else", encoding="ascii")
    server.asks_for_token = True
    with a_seat(server.url, wrong) as seat:
        assert seat.ends() == 4
        until(lambda: "does not take this token" in seat.text, 5)
        assert b"\x1b[?1049h" not in bytes(seat.raw), "no screen was drawn"
        assert b"something-else" not in bytes(seat.raw)
    assert engine.sent == []


def test_without_a_token_one_can_look_and_is_told_so(server: Server, engine: FakePort) -> None:
    with a_seat(server.url, None, columns=140) as seat:
        seat.shows("IDLE")
        assert bytes(seat.raw).count(b"console can look") >= 2, "before the screen, and on it"
        seat.press("t")
        seat.shows("asks for its token")
    assert engine.sent == []


def test_another_version_is_refused_before_anything_is_drawn(server: Server, token_file: Path) -> None:
    server.contract = str(CONTRACT_VERSION + 1)
    with a_seat(server.url, token_file) as seat:
        assert seat.ends() == 3
        until(lambda: "this console is older than the engine" in seat.text, 5)
        assert b"\x1b[?1049h" not in bytes(seat.raw)


def test_nobody_there_is_told_before_anything_is_drawn(token_file: Path) -> None:
    with serving(FakePort()) as gone:
        url = gone.url
    with a_seat(url, token_file, columns=160) as seat:
        assert seat.ends() == 3
        until(lambda: f"no engine answers at {url}: the connection is refused" in seat.text, 5)
        assert b"\x1b[?1049h" not in bytes(seat.raw)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://a:b@host", "http://h:99999"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="not the address of an engine") as caught:
        checked_url(url)
    assert "a:b" not in str(caught.value)


def test_a_bad_address_ends_with_two() -> None:
    with a_seat("localhost:8080", None) as seat:
        assert seat.ends() == 2
        until(lambda: re.search("not the address\\s+of an engine", seat.text), 5)


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("http://127.0.0.1:8080", False),
        ("http://[::1]:8080", False),
        ("http://localhost:8080", False),
        ("https://store.example", False),
        ("http://192.168.1.20:8080", True),
        ("http://store01", True),
        ("http://localhost.example", True),
    ],
)
def test_an_unencrypted_way_through_a_network_is_seen(url: str, is_open: bool) -> None:
    assert checked_url(url) == url
    assert is_open_to_listeners(url) is is_open
