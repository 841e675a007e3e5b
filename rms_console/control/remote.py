"""The port of an engine in another process: `EnginePort` over HTTP, as the console that attaches needs it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rms_console.contract import wire
from rms_console.contract.commands import Command, Reply
from rms_console.contract.endpoint import CONTRACT_HEADER, PORT_ROUTES, TOKEN_FILE, TOKEN_VARIABLE
from rms_console.contract.events import Event
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.snapshot import CONTRACT_VERSION, EngineSnapshot
from rms_console.errors import LinkError, NotTaken
from rms_console.locale import sentence

if TYPE_CHECKING:
    import httpx

CONNECT_WITHIN_S: Final = 3.0
ANSWER_WITHIN_S: Final = 10.0
COMMAND_WITHIN_S: Final = 25.0
LONG_WITHIN_S: Final = 600.0
"""A dry run of everything may take minutes."""
LONG: Final = (Subject.PLAN, Subject.EXPLAIN)
WAIT_AT_ONCE_S: Final = 20.0
"""How long one question for events may hang: what lies between may cut off a connection that is silent for longer."""
ANSWERS_AT_ONCE_S: Final = 1.0
"""An engine that answers sooner than this, and without news, is ending."""
NO_ADDRESS, DENIED, CONTRACT, NOT_OURS = "no-engine", "denied", "contract-mismatch", "not-an-engine"


@dataclass(frozen=True, slots=True)
class Address:
    """Where an engine answers, and the token to be shown there. `token_place` tells people where the token lies."""

    url: str
    token: str = ""
    token_place: str = ""


class RemotePort:
    """Implements `EnginePort`. `where` is asked for the address at first and after each loss: an engine that comes back
    may answer at another one. It returns None while no engine is known. `moved` is told where it is asked from now on.
    Belongs to one event loop.

    Raises (all calls):
        LinkError: no answer, with the reason and what a person can do. `NotTaken` where a command certainly did
            not arrive; any other error of `send` means that nobody knows whether it was taken.
    """

    def __init__(self, where: Callable[[], Address | None], moved: Callable[[str], object] = lambda url: None) -> None:
        self._where = where
        self._moved = moved
        self._address: Address | None = None
        self._http: httpx.AsyncClient | None = None
        self._boot = ""
        self._is_lost = False

    async def aclose(self) -> None:
        """Close what is open; the next call opens it anew."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def snapshot(self) -> EngineSnapshot:
        seen = wire.from_json(EngineSnapshot, await self._get("/snapshot", ANSWER_WITHIN_S))
        self._boot = seen.boot_id
        return seen

    async def events(self, after: int, wait_s: float) -> Sequence[Event]:
        """Return the events after `after`; none of an engine of which no snapshot was taken: its numbers are others."""
        until = time.monotonic() + wait_s
        while True:
            began = time.monotonic()
            wait = max(0.0, min(WAIT_AT_ONCE_S, until - began))
            body = await self._get("/events", ANSWER_WITHIN_S + wait, after=after, wait_s=round(wait, 3))
            if body.get("boot_id") != self._boot:
                return ()
            events = tuple(wire.from_json(Event, one) for one in body.get("events") or ())
            if events or time.monotonic() >= until or time.monotonic() - began < min(wait, ANSWERS_AT_ONCE_S):
                return events

    async def ask(self, query: Query) -> Page:
        within_s = LONG_WITHIN_S if query.subject in LONG else ANSWER_WITHIN_S * 3
        return wire.from_json(Page, await self._get("/page", within_s, **wire.query_to_parameters(query)))

    async def send(self, command: Command) -> Reply:
        """Return what the engine answered. A command is never repeated by itself; its id tells a repeat by a person."""
        body = await self._call("POST", "/command", COMMAND_WITHIN_S, json=wire.command_to_json(command))
        return wire.reply_from_json(body)

    async def _get(self, path: str, within_s: float, **asked: Any) -> dict[str, Any]:
        return await self._call("GET", path, within_s, params=asked)

    async def _call(self, method: str, path: str, within_s: float, **how: Any) -> dict[str, Any]:
        import httpx

        address, http = await self._open()
        is_command = method == "POST"
        times = httpx.Timeout(within_s, connect=CONNECT_WITHIN_S, pool=CONNECT_WITHIN_S)
        try:
            response = await http.request(method, PORT_ROUTES + path, timeout=times, **how)
            return read(response, address, is_command=is_command)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            self._is_lost = True
            raise _lost(error, address, is_command, within_s) from error
        except LinkError:
            self._is_lost = True
            raise

    async def _open(self) -> tuple[Address, httpx.AsyncClient]:
        """Return where the engine is and what leads there; looks anew for both after a loss."""
        address = self._address if not self._is_lost else None
        if address is None:
            address = self._where()
            if address is None:
                raise NotTaken(
                    sentence("no engine runs for this shop now"),
                    code=NO_ADDRESS,
                    hint=sentence("it is looked for again and again; `rms-console status` says more"),
                )
            if address != self._address:
                await self.aclose()
                self._moved(address.url)
            self._address, self._is_lost = address, False
        if self._http is None:
            self._http = client_for(address)
        return address, self._http


def client_for(address: Address) -> httpx.AsyncClient:
    import httpx

    headers = {"Authorization": f"Bearer {address.token}"} if address.token else {}
    # The environment is not trusted: a proxy has no business between us and the engine, nor has a .netrc.
    return httpx.AsyncClient(base_url=address.url, headers=headers, trust_env=False)


def read(response: httpx.Response, address: Address, *, is_command: bool) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        LinkError: it is an error, or not an answer of an engine of this version.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    status = response.status_code
    told = _told(body)
    if status == 401 or (status == 403 and not told.get("message")):
        raise _denied(address)
    if status == 403:
        raise NotTaken(told["message"], code=DENIED, hint=told["hint"])
    if status >= 500:
        raise _unanswered(address, told.get("message") or f"HTTP {status}", is_command)
    check_contract(response.headers.get(CONTRACT_HEADER, ""), address)
    if response.is_success and isinstance(body, dict):
        return body
    message = told.get("message") or f"HTTP {status}"
    if response.is_success:
        raise _unanswered(address, message, is_command)
    text = sentence("the engine at {url} did not take the request: {reason}", url=address.url, reason=message)
    raise NotTaken(text, code=told.get("code") or "not-taken", hint=told.get("hint", ""))


def check_contract(spoken: str, address: Address) -> None:
    """Raise `LinkError` where who answers speaks another contract than ours, or is no engine at all."""
    if not spoken.isascii() or not spoken.isdigit():
        raise LinkError(
            sentence("what answers at {url} is no engine of this program", url=address.url),
            code=NOT_OURS,
            hint=sentence("look at the address: --attach, or api.port in the settings"),
        )
    theirs = int(spoken[:9])
    if theirs > CONTRACT_VERSION:
        text = sentence(
            "this console is older than the engine ({ours}, not {theirs})", ours=CONTRACT_VERSION, theirs=theirs
        )
        raise LinkError(text, code=CONTRACT, hint=sentence("update this console"))
    if theirs < CONTRACT_VERSION:
        text = sentence(
            "the engine is older than this console ({theirs}, not {ours})", ours=CONTRACT_VERSION, theirs=theirs
        )
        raise LinkError(text, code=CONTRACT, hint=sentence("update the engine and start it again"))


def _told(body: object) -> Mapping[str, str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return {}
    return {name: str(error.get(name) or "") for name in ("code", "message", "hint")}


def _denied(address: Address) -> LinkError:
    if not address.token and address.token_place:
        text = sentence("this account may not read the token {file}", file=address.token_place)
        hint = sentence("use the engine's account (sudo -u), or have its group named in api.group and be in it")
    elif not address.token:
        text = sentence("the engine at {url} asks for its token", url=address.url)
        hint = sentence("name a file with it: --token-file, or set {variable}", variable=TOKEN_VARIABLE)
    else:
        text = sentence("the engine at {url} does not take this token", url=address.url)
        hint = sentence("the right one is in the file {name} of its state folder", name=TOKEN_FILE)
    return NotTaken(text, code=DENIED, hint=hint)


def _lost(error: Exception, address: Address, is_command: bool, within_s: float) -> LinkError:
    """Return what a failure of the connection means for who asked."""
    import httpx

    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.InvalidURL):
        return NotTaken(
            sentence("no engine answers at {url}: {reason}", url=address.url, reason=reason_of(error)),
            code=LinkError.default_code,
            hint=sentence("does it run there? Elsewhere: ssh -L 8080:127.0.0.1:8080 HOST, then attach to that"),
        )
    late = isinstance(error, httpx.TimeoutException)
    why = sentence("no answer in {seconds} s", seconds=round(within_s)) if late else reason_of(error)
    return _unanswered(address, why, is_command)


def _unanswered(address: Address, why: str, is_command: bool) -> LinkError:
    if is_command:
        return LinkError(
            sentence("it is not known whether it was taken: {reason}", reason=why),
            code="unanswered",
            hint=sentence("look at the journal (b) before you repeat it"),
        )
    return LinkError(sentence("the engine at {url} gave no answer: {reason}", url=address.url, reason=why))


def reason_of(error: BaseException) -> str:
    """Return the cause below an error of httpx, which itself tells only the stage."""
    import socket

    import httpx

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return sentence("the connection is refused")
        if isinstance(cause, socket.gaierror):
            return sentence("its name is not known")
        if isinstance(cause, ssl.SSLError):
            return sentence("its certificate is not trusted ({reason})", reason=cause.reason or "TLS")
        if isinstance(cause, httpx.TimeoutException | TimeoutError):
            return sentence("nobody answers there")
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
