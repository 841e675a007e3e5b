"""What receives alerts in these tests: a mail server and a web server on loopback, each on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, WORD = "alarms", "not-a-real-password"


@dataclass
class Received:
    """One mail as the server got it. `encrypted`: whether the connection was by then."""

    sender: str
    recipients: list[str]
    raw: bytes
    encrypted: bool
    user: str | None

    @property
    def mail(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def text(self) -> str:
        return str(self.mail.get_content()).replace("\r\n", "\n")


@dataclass
class _Handler:
    got: list[Received] = field(default_factory=list)
    refuse: Mapping[str, str] = field(default_factory=dict)
    """Recipient -> the server's reply."""
    answer: str = "250 OK"

    async def handle_RCPT(  # the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("2"):
            content = envelope.content
            raw = content if isinstance(content, bytes) else str(content).encode()
            user = cast("str | None", session.auth_data)
            encrypted = session.ssl is not None
            self.got.append(Received(str(envelope.mail_from), list(envelope.rcpt_tos), raw, encrypted, user))
        return self.answer


class MailServer:
    """A real SMTP server. `tls` is offered by STARTTLS, or spoken from the first byte where `implicit`."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, implicit: bool = False, login: bool = False, **replies: Any
    ) -> None:
        self.handler = _Handler(**replies)
        extras: dict[str, Any] = {}
        if tls is not None and implicit:
            extras["ssl_context"] = tls
        elif tls is not None:
            extras |= {"tls_context": tls, "require_starttls": True}
        if login:
            extras |= {"authenticator": _check, "auth_required": True}
        self._controller = _OnFreePort(self.handler, hostname="127.0.0.1", port=0, **extras)

    @property
    def port(self) -> int:
        server = self._controller.server
        assert isinstance(server, asyncio.base_events.Server)
        return int(server.sockets[0].getsockname()[1])

    @property
    def got(self) -> list[Received]:
        return self.handler.got

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


class _OnFreePort(Controller):
    """The library knocks at its own port once it listens, and must know which that is."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.base_events.Server)
        self.port = int(self.server.sockets[0].getsockname()[1])
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), WORD.encode())
    return AuthResult(success=right, handled=right, auth_data=USER if right else None)


@dataclass(frozen=True)
class Posted:
    """One request as the web server got it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(self.body))


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)


class WebServer:
    """A real HTTP server that answers as told: the next of `answers`, and 200 when none is left."""

    def __init__(self) -> None:
        self.got: list[Posted] = []
        self.answers: list[Answer] = []
        world = self

        class Handler(BaseHTTPRequestHandler):
            def handle(self) -> None:
                # A client may hang up in the middle.
                with contextlib.suppress(ConnectionError):
                    super().handle()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                world.got.append(Posted(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                answer = world.answers.pop(0) if world.answers else Answer()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST

            def log_message(self, format: str, *args: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/services/T000/B000/not-a-real-hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def free_port() -> int:
    """Return a port of loopback at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(is_so: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait, by the machine's own clock, until something is so."""
    end = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        await asyncio.sleep(0.005)


def wait_until(is_so: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait, on a thread that nobody else needs, until something is so."""
    end = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
