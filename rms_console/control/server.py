"""The control API of one engine: served on the engine's own loop from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import platform
import socket
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal

from rms_console.contract.endpoint import TOKEN_FILE, Endpoint
from rms_console.contract.engine_port import EnginePort
from rms_console.contract.snapshot import CONTRACT_VERSION
from rms_console.control.endpoint_file import remove_endpoint, write_endpoint
from rms_console.control.listener import is_loopback, listen, url_of
from rms_console.control.token_file import keep_token
from rms_console.errors import ConsoleError, LinkError
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.control.face import Face
    from rms_console.control.httpd import Httpd

END_WITHIN_S: Final = 0.6
CUT_WITHIN_S: Final = 0.3
TRY_AGAIN_S: Final = 15.0
OFF: Final = "api.enabled = false"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where and for whom to serve. `folder` is the state folder; port 0 takes a free one."""

    folder: Path
    boot_id: str
    shop: str
    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 8080
    token_for: Literal["actions", "all"] = "actions"
    group: str = ""
    try_again_s: float = TRY_AGAIN_S
    """How long to wait between attempts while the port is taken."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears how it goes, on the engine's loop."""

    served: Callable[[str, str], None] = lambda url, token: None
    """Requests are taken at this address, with this token."""
    not_served: Callable[[str], None] = lambda problem: None
    fell: Callable[[Exception], None] = lambda error: None
    """A route fell over something unforeseen; the API goes on."""


class ControlServer:
    """As a context: serves while inside. Whatever is wrong with the API, the engine works; `Told` and
    `endpoint.json` say what it is. A port that is taken is tried again, until it is free.

    At the end whoever waits for news is let go, and what is not answered within a second is cut off.
    """

    def __init__(self, port: EnginePort, options: ServerOptions, told: Told | None = None) -> None:
        self._port = port
        self._options = options
        self._told = told or Told()
        self._task: asyncio.Task[None] | None = None
        self._face: Face | None = None
        self._httpd: Httpd | None = None
        self.url = ""
        """Where it answers; empty while it does not."""

    async def __aenter__(self) -> ControlServer:
        if not self._options.enabled:
            self._write("", OFF)
            return self
        opened = await self._open()
        self._task = asyncio.create_task(self._live(opened), name="control-api")
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.url = ""
        try:
            await self._end()
        finally:
            remove_endpoint(self._options.folder, self._options.boot_id)

    async def _live(self, opened: _Opened | None) -> None:
        try:
            while opened is None:
                await asyncio.sleep(self._options.try_again_s)
                opened = await self._open(again=True)
            await self._serve(opened)
        except Exception as error:  # noqa: BLE001  # the engine works without it: it must be told, never be silent
            self._told.fell(error)
            self._tell_problem(f"{type(error).__name__} {_place_of(error)}")
        finally:
            if opened is not None:
                opened.listener.close()

    async def _open(self, *, again: bool = False) -> _Opened | None:
        """Return what to serve with, once the others can find it; None, and why, where it cannot be had."""
        options = self._options
        try:
            opened = await asyncio.to_thread(_opened, options)
        except ConsoleError as error:
            if not again:
                self._tell_problem(error.message)
            return None
        self.url = url_of(opened.listener)
        self._write(self.url, "")
        self._told.served(self.url, opened.token)
        return opened

    async def _serve(self, opened: _Opened) -> None:
        # Loaded here: who switches the API off needs none of it, and whoever asks meanwhile waits in the socket.
        await asyncio.to_thread(_load)
        from rms_console.control.access import Policy
        from rms_console.control.app import build_app
        from rms_console.control.face import Face
        from rms_console.control.httpd import Httpd, config_of

        options = self._options
        policy = Policy(options.host, is_loopback(options.host), opened.token, options.token_for)
        self._face = Face(self._port, options.boot_id)
        self._httpd = Httpd(config_of(build_app(self._face, policy, self._told.fell)))
        await self._httpd.serve([opened.listener])

    async def _end(self) -> None:
        task, httpd = self._task, self._httpd
        if task is None:
            return
        if self._face is not None and httpd is not None:
            self._face.ending.set()
            httpd.end()
            await asyncio.wait((task,), timeout=END_WITHIN_S)
            httpd.cut()
            await asyncio.wait((task,), timeout=CUT_WITHIN_S)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def _tell_problem(self, problem: str) -> None:
        self.url = ""
        self._write("", problem)
        self._told.not_served(problem)

    def _write(self, url: str, problem: str) -> None:
        options = self._options
        who = (os.getpid(), platform.node(), options.boot_id, options.shop)
        with contextlib.suppress(OSError):
            write_endpoint(options.folder, Endpoint(url, *who, CONTRACT_VERSION, str(problem)))


@dataclass(frozen=True, slots=True)
class _Opened:
    listener: socket.socket
    token: str


def _opened(options: ServerOptions) -> _Opened:
    """Return the listening socket and the token.

    Raises:
        LinkError, ConfigError: one of them cannot be had.
    """
    try:
        token = keep_token(options.folder, options.group)
    except OSError as error:
        path, reason = options.folder / TOKEN_FILE, error.strerror or str(error)
        raise LinkError(
            sentence("the token file {path} cannot be written: {reason}", path=path, reason=reason)
        ) from error
    host, port = options.host, options.port
    try:
        return _Opened(listen(host, port), token)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            told = sentence("port {port} of {host} is taken by another program", port=port, host=host)
        else:
            reason = error.strerror or str(error)
            told = sentence("{host}:{port} cannot be served: {reason}", host=host, port=port, reason=reason)
        raise LinkError(told) from error


def _load() -> None:
    import rms_console.control.app
    import rms_console.control.httpd  # noqa: F401


def _place_of(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
