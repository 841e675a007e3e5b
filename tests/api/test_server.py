"""The life of the server: where it can be found, what it keeps to itself, how it ends, what is in its way."""

from __future__ import annotations

import concurrent.futures
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from rms_console.contract.endpoint import ENDPOINT_FILE, TOKEN_FILE
from rms_console.control.endpoint_file import read_endpoint, read_token
from rms_console.control.listener import listen, url_of
from rms_console.control.server import OFF, Told
from rms_console.control.token_file import keep_token
from rms_console.errors import ConfigError
from tests.api.served import BOOT, MONITOR, PATIENCE_S, Served, dial

posix = pytest.mark.skipif(os.name == "nt", reason="rights of files are lists there, set by icacls")


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A port that another program has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other


def test_it_is_found_while_it_serves_and_not_after(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        endpoint = read_endpoint(tmp_path)
        assert endpoint is not None
        assert (endpoint.url, endpoint.pid, endpoint.boot_id, endpoint.shop, endpoint.problem) == (
            served.url,
            os.getpid(),
            BOOT,
            "tienda",
            "",
        )
        assert urlsplit(served.url).hostname == "127.0.0.1"
        with served.client() as client:
            assert client.get(f"{MONITOR}/status").status_code == 200
    assert not (tmp_path / ENDPOINT_FILE).exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{served.url}{MONITOR}/status", trust_env=False)


def test_switched_off_it_says_so_and_loads_nothing(tmp_path: Path) -> None:
    with Served(tmp_path, enabled=False):
        endpoint = read_endpoint(tmp_path)
        assert endpoint is not None
        assert (endpoint.url, endpoint.problem) == ("", OFF)
        assert not (tmp_path / TOKEN_FILE).exists()
    assert not (tmp_path / ENDPOINT_FILE).exists()


def test_a_taken_port_is_told_and_served_once_it_is_free(tmp_path: Path, taken: socket.socket) -> None:
    served_at: list[str] = []
    problems: list[str] = []
    told = Told(served=lambda url, token: served_at.append(url), not_served=problems.append)
    number = taken.getsockname()[1]
    with Served(tmp_path, told=told, port=number, try_again_s=0.05):
        endpoint = read_endpoint(tmp_path)
        assert endpoint is not None
        assert endpoint.url == ""
        assert endpoint.problem == f"port {number} of 127.0.0.1 is taken by another program"
        assert (served_at, problems) == ([], [endpoint.problem])
        taken.close()
        until(lambda: served_at, "it is tried again")
        assert problems == [endpoint.problem]
        assert served_at == [f"http://127.0.0.1:{number}"]
        assert httpx.get(f"{served_at[0]}{MONITOR}/status", trust_env=False).status_code == 200
        now = read_endpoint(tmp_path)
        assert now is not None
        assert (now.url, now.problem) == (served_at[0], "")


def test_an_end_does_not_wait_for_a_taken_port(tmp_path: Path, taken: socket.socket) -> None:
    served = Served(tmp_path, port=taken.getsockname()[1], try_again_s=3600)
    with served:
        pass
    assert not (tmp_path / ENDPOINT_FILE).exists()


def test_a_host_that_is_not_ours_is_told(tmp_path: Path) -> None:
    problems: list[str] = []
    with Served(tmp_path, told=Told(not_served=problems.append), host="192.0.2.1"):
        assert problems[0].startswith("192.0.2.1:0 cannot be served: ")


def test_the_file_of_another_engine_is_left_alone(tmp_path: Path) -> None:
    with Served(tmp_path):
        file = tmp_path / ENDPOINT_FILE
        file.write_text(file.read_text("utf-8").replace(BOOT, "boot-2"), "utf-8")
    assert (tmp_path / ENDPOINT_FILE).exists()


def test_an_end_lets_go_of_everybody_who_waits(tmp_path: Path) -> None:
    with (
        Served(tmp_path) as served,
        served.client() as client,
        concurrent.futures.ThreadPoolExecutor(4) as pool,
        client.stream("GET", f"{MONITOR}/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        polls = [pool.submit(httpx.get, f"{served.url}/api/v1/port/events?wait_s=30", timeout=60) for _ in range(3)]
        idle = dial(served)
        until(lambda: served.engine.waiting == 4, "all four wait")
        begun = time.monotonic()
        served.stop()
        # A second is the promise; the rest is for a loaded machine.
        assert time.monotonic() - begun < 5
        assert list(lines) == [""]
        assert {poll.result().status_code for poll in polls} == {503}
        idle.close()


def test_who_does_not_read_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with Served(tmp_path) as served, dial(served) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(f"GET {MONITOR}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        until(lambda: served.engine.waiting, "the stream is open")
        for _ in range(300):
            served.on_loop(lambda: served.engine.tell("cycle.started", text="x" * 20_000))
        begun = time.monotonic()
        served.stop()
        assert time.monotonic() - begun < 8


def test_only_so_many_may_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rms_console.control.face.MOST_WAITING", 1)
    with Served(tmp_path) as served, served.client() as client, client.stream("GET", f"{MONITOR}/events"):
        until(lambda: served.engine.waiting, "the stream is open")
        with served.client() as other:
            assert other.get("/api/v1/port/events?wait_s=1").status_code == 503
            assert other.get(f"{MONITOR}/status").status_code == 200


def test_who_has_no_token_takes_no_place_from_who_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rms_console.control.face.MOST_WAITING", 1)
    with (
        Served(tmp_path) as served,
        served.client(token=True) as console,
        served.client() as stranger,
        stranger.stream("GET", f"{MONITOR}/events"),
    ):
        until(lambda: served.engine.waiting, "the stream is open")
        assert stranger.get("/api/v1/port/events?wait_s=0").status_code == 503
        assert console.get("/api/v1/port/events?wait_s=0").status_code == 200


def test_a_question_whose_asker_is_gone_is_given_up(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        with dial(served) as line:
            line.sendall(b"GET /api/v1/port/events?wait_s=30 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            until(lambda: served.engine.waiting == 1, "it waits")
        until(lambda: served.engine.waiting == 0, "it is given up")


def test_the_token_stays_over_restarts(tmp_path: Path) -> None:
    with Served(tmp_path) as first:
        token = first.token
    assert len(token) == 43
    with Served(tmp_path) as second:
        assert second.token == token


@posix
def test_only_the_owner_reads_the_token(tmp_path: Path) -> None:
    keep_token(tmp_path)
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_token_that_others_could_read_is_made_anew(tmp_path: Path, mode: int) -> None:
    before = keep_token(tmp_path)
    (tmp_path / TOKEN_FILE).chmod(mode)
    after = keep_token(tmp_path)
    assert after != before
    assert read_token(tmp_path) == after
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("text", ["", "short", "x" * 44, "ñ" * 43, "a b" * 20])
def test_what_is_no_token_is_made_anew(tmp_path: Path, text: str) -> None:
    file = tmp_path / TOKEN_FILE
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    assert keep_token(tmp_path) == read_token(tmp_path) != text


@posix
def test_a_token_file_that_has_a_second_name_is_made_anew(tmp_path: Path) -> None:
    before = keep_token(tmp_path)
    os.link(tmp_path / TOKEN_FILE, tmp_path / "kept-elsewhere")
    assert keep_token(tmp_path) != before
    assert (tmp_path / "kept-elsewhere").read_text("ascii").strip() == before


@posix
def test_a_link_in_place_of_the_token_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("x" * 43, "ascii")
    elsewhere.chmod(0o600)
    (tmp_path / TOKEN_FILE).symlink_to(elsewhere)
    assert keep_token(tmp_path) != "x" * 43
    assert not (tmp_path / TOKEN_FILE).is_symlink()
    assert elsewhere.read_text("ascii") == "x" * 43


@posix
def test_a_group_that_is_named_may_read_it(tmp_path: Path) -> None:
    import grp

    group = grp.getgrgid(os.getegid()).gr_name
    token = keep_token(tmp_path, group)
    found = (tmp_path / TOKEN_FILE).stat()
    assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o640, os.getegid())
    assert keep_token(tmp_path, group) == token
    assert keep_token(tmp_path) != token


@posix
def test_a_group_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no-such-group"):
        keep_token(tmp_path, "no-such-group")
    problems: list[str] = []
    with Served(tmp_path, told=Told(not_served=problems.append), group="no-such-group"):
        assert problems == ["api.group: this machine has no group no-such-group"]


def test_the_address_of_a_listener_is_one_that_can_be_asked() -> None:
    for host, name in (("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("localhost", "127.0.0.1")):
        with listen(host, 0) as listener:
            url = url_of(listener)
            assert url == f"http://{name}:{listener.getsockname()[1]}" or (host == "localhost" and "[::1]" in url)


def test_a_small_answer_is_not_held_back_for_an_acknowledgement() -> None:
    """asyncio switches Nagle's algorithm off where a socket says that it is TCP; on, it costs 40 ms a request."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP


def test_an_engine_alone_loads_no_web_framework() -> None:
    code = (
        "import sys, rms_console.headless, rms_console.hosting.enginehost, rms_console.wiring.serving; "
        "print(sorted({'fastapi', 'starlette', 'prometheus_client', 'textual'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
