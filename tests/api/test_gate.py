"""What the server does with those who lie, push, or take their time: over real sockets."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from rms_console.control import gate, httpd
from rms_console.control.server import Told
from tests.api.served import MONITOR, Served, dial

JSON = {"Content-Type": "application/json"}


def read_all(line: socket.socket) -> bytes:
    """Read until the other side closes."""
    found = bytearray()
    try:
        while part := line.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return bytes(found)


def talk(api: Served, text: str) -> str:
    with dial(api) as line:
        line.sendall(text.encode())
        return read_all(line).decode()


def problem(answer: httpx.Response) -> str:
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "hint"}
    assert answer.headers["x-rms-contract"] == "1"
    assert not [name for name in answer.headers if name.startswith("access-control-") or name == "server"]
    return str(error["code"])


def test_every_error_has_the_one_form(api: Served, stranger: httpx.Client, friend: httpx.Client) -> None:
    page = {"Origin": "https://evil.example"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [
        (stranger.post(f"{MONITOR}/pause"), 401, "token-needed"),
        (stranger.get(f"{MONITOR}/status", headers=page), 403, "foreign-origin"),
        (stranger.get(f"{MONITOR}/status", headers={"Host": "evil.example"}), 421, "wrong-host"),
        (stranger.get("/api/v1/nothing"), 404, "not-found"),
        (stranger.get(f"{MONITOR}/status/"), 404, "not-found"),
        (friend.delete(f"{MONITOR}/status"), 405, "wrong-method"),
        (stranger.options(f"{MONITOR}/status"), 405, "wrong-method"),
        (friend.post(f"{MONITOR}/trigger", content=b"force=1", headers=form), 415, "not-json"),
        (stranger.get(f"{MONITOR}/logs?limit=0"), 422, "invalid"),
        (stranger.get(f"{MONITOR}/logs?limit=1001"), 422, "invalid"),
        (stranger.get(f"{MONITOR}/logs?level=loud"), 422, "invalid"),
        (friend.put(f"{MONITOR}/interval", content=b"{", headers=JSON), 422, "invalid"),
        (friend.put(f"{MONITOR}/interval", content=b"\xff", headers=JSON), 422, "invalid"),
        (friend.put(f"{MONITOR}/interval", content=b'{"interval_minutes": NaN}', headers=JSON), 422, "invalid"),
        (friend.post(f"{MONITOR}/pause", content=b'{"reason": "\\ud800"}', headers=JSON), 422, "invalid"),
    ]
    assert [(answer.status_code, problem(answer)) for answer, _, _ in answers] == [
        (status, code) for _, status, code in answers
    ]
    assert api.engine.sent == []


def test_who_asks_for_the_head_alone_gets_the_head_alone(stranger: httpx.Client) -> None:
    answer = stranger.head(f"{MONITOR}/status")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 100
    assert stranger.head("/api/v1/nothing").status_code == 404


def test_a_refusal_tells_no_value_and_no_token(api: Served, friend: httpx.Client) -> None:
    answer = friend.put(f"{MONITOR}/interval", json={"interval_minutes": "a-secret-value"})
    assert "a-secret-value" not in answer.text
    assert "interval_minutes" in answer.text
    assert api.token not in answer.text


def test_ten_megabytes_are_refused_and_the_asker_reads_why(friend: httpx.Client) -> None:
    body = b'{"reason": "' + b"x" * 10_000_000 + b'"}'
    answer = friend.post(f"{MONITOR}/pause", content=body, headers=JSON)
    assert (answer.status_code, problem(answer)) == (413, "too-large")
    streamed = friend.post(f"{MONITOR}/pause", content=iter([body[:1000], body[1000:]]), headers=JSON)
    assert (streamed.status_code, problem(streamed)) == (413, "too-large")
    assert friend.get(f"{MONITOR}/status").status_code == 200


def test_a_body_just_within_the_limit_is_read(friend: httpx.Client) -> None:
    room = gate.LARGEST_BODY_BYTES - len(json.dumps({"reason": ""}))
    answer = friend.post(f"{MONITOR}/pause", content=json.dumps({"reason": "x" * room}), headers=JSON)
    assert (answer.status_code, problem(answer)) == (422, "invalid")


def test_an_announced_size_is_refused_before_a_byte_of_it_came(api: Served) -> None:
    answer = talk(
        api,
        f"POST {MONITOR}/pause HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {api.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n",
    )
    assert answer.startswith("HTTP/1.1 413 ")


@pytest.mark.parametrize("text", ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_request_is_told_in_the_same_form_and_not_logged(
    api: Served, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    head, _, body = talk(api, text).partition("\r\n\r\n")
    assert caplog.records == []
    assert head.startswith("HTTP/1.1 400 ")
    assert "x-rms-contract: 1" in head
    assert json.loads(body)["error"]["code"] == "not-http"


def test_a_head_that_is_too_large_is_refused(api: Served) -> None:
    filler = "x" * (2 * httpd.LARGEST_HEAD_BYTES)
    assert talk(api, f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: {filler}").startswith("HTTP/1.1 400 ")


def test_two_hosts_are_none(api: Served) -> None:
    answer = talk(api, "GET /docs HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n")
    assert answer.startswith("HTTP/1.1 4")


def test_who_sends_the_head_drop_by_drop_is_let_go(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpd, "HEAD_WITHIN_S", 0.5)
    with dial(api) as line:
        line.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        begun, lines = time.monotonic(), 0
        try:
            while time.monotonic() - begun < 20:
                line.sendall(b"A: b\r\n")
                lines += 1
                line.settimeout(0.1)
                try:
                    if line.recv(1000):
                        break
                except TimeoutError:
                    continue
        except OSError:
            pass
        assert 0 < lines < 100
    with dial(api) as silent:
        assert read_all(silent) == b""


def test_on_a_connection_that_was_used_the_next_head_has_to_come_in_time_too(
    api: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpd, "HEAD_WITHIN_S", 0.5)
    with dial(api) as line:
        line.sendall(b"GET /api/v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 404 ")
        line.sendall(b"GET /do")
        assert b"HTTP/1.1 408 " in read_all(line)


def test_who_sends_the_body_drop_by_drop_is_let_go(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BODY_WITHIN_S", 0.5)
    with dial(api) as line:
        line.sendall(
            f"POST {MONITOR}/pause HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {api.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
        assert read_all(line).startswith(b"HTTP/1.1 408 ")
    assert api.engine.sent == []


def test_only_so_many_connections_are_kept(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpd, "MOST_CONNECTIONS", 5)
    with ExitStack() as stack:
        lines = [stack.enter_context(dial(api)) for _ in range(8)]
        refused = [line for line in lines[5:] if read_all(line).startswith(b"HTTP/1.1 503 ")]
        assert refused
    monkeypatch.undo()
    with api.client() as client:
        assert client.get(f"{MONITOR}/status").status_code == 200


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path, host="0.0.0.0") as served:
        yield served


def test_bound_to_every_address_everything_needs_the_token(outside: Served) -> None:
    with outside.client() as client:
        assert client.get(f"{MONITOR}/status").status_code == 401
        assert client.get("/docs").status_code == 401
        assert client.post(f"{MONITOR}/trigger").status_code == 401
    with outside.client(token=True) as client:
        assert client.get(f"{MONITOR}/status").status_code == 200
        assert client.get(f"{MONITOR}/status", headers={"Host": "evil.example"}).status_code == 421


def test_a_defect_is_told_to_the_log_and_nothing_of_it_to_the_asker(tmp_path: Path) -> None:
    fallen: list[Exception] = []
    with Served(tmp_path, told=Told(fell=fallen.append)) as served, served.client() as client:
        served.engine.now = None  # type: ignore[assignment]
        answer = client.get(f"{MONITOR}/status")
        assert (answer.status_code, problem(answer)) == (500, "unexpected")
        assert "NoneType" not in answer.text
    assert [type(error) for error in fallen] == [AttributeError]


def test_an_engine_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    with Served(tmp_path) as served, served.client() as client:
        served.engine.is_gone = True
        answer = client.get(f"{MONITOR}/status")
        assert (answer.status_code, problem(answer)) == (503, "engine-unreachable")
