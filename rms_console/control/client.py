"""An engine over HTTP, one question at a time: what the commands speak."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from rms_console.contract import wire
from rms_console.contract.commands import Command, Reply
from rms_console.contract.endpoint import CONTRACT_HEADER, PORT_ROUTES
from rms_console.contract.events import Event
from rms_console.contract.queries import Page, Query
from rms_console.contract.snapshot import CONTRACT_VERSION, EngineSnapshot
from rms_console.errors import LinkError, Refused
from rms_console.locale import sentence

if TYPE_CHECKING:
    import httpx

PREFIX: Final = "/api/v1"
UNREACHABLE, NOT_OURS, CONTRACT = "engine-unreachable", "not-an-engine", "contract-mismatch"
NO_ANSWER: Final = "no-answer"
DENIED: Final = "denied"
CONNECT_WITHIN_S: Final = 3.0
ANSWER_WITHIN_S: Final = 30.0
GONE: Final = (502, 503, 504)
"""What the API, or a tunnel before it, answers while there is no engine behind it."""


class ApiError(LinkError):
    """The API answered with an error: `status` is HTTP's; 422 means that a value does not fit."""

    default_code = "api-error"

    def __init__(self, status: int, code: str, message: str, hint: str) -> None:
        super().__init__(message, code=code, hint=hint)
        self.status = status


class EngineClient:
    """The API of one engine. A context manager; httpx is loaded with the first one.

    Raises (all calls):
        LinkError: nobody answers there (code `engine-unreachable`), another program does (`not-an-engine`), or an
            engine of another version (`contract-mismatch`). ApiError: it answered with an error.
        Refused: the token is missing or wrong (code `denied`).
    """

    def __init__(self, url: str, token: str = "", language: str = "en") -> None:
        import httpx

        self.url = url
        self.has_token = bool(token)
        headers = {"Accept-Language": language} | ({"Authorization": f"Bearer {token}"} if token else {})
        times = httpx.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S)
        # The environment is not trusted: a proxy has no business between us and the engine, nor has a .netrc.
        # Loading certificates takes longer than all the rest, and plain HTTP needs none.
        secure = url.lower().startswith("https:")
        try:
            self._http = httpx.Client(base_url=url, headers=headers, timeout=times, trust_env=False, verify=secure)
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise _unreachable(url, str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """Return the JSON object that stands at `path` (below `/api/v1`)."""
        return self._answer("GET", PREFIX + path, params=parameters)

    def snapshot(self) -> EngineSnapshot:
        return wire.from_json(EngineSnapshot, self.get("/port/snapshot"))

    def events(self, after: int, wait_s: float) -> tuple[str, tuple[Event, ...]]:
        """Return the engine's boot id and its events after number `after`; wait at most `wait_s` for the first."""
        import httpx

        times = httpx.Timeout(ANSWER_WITHIN_S + wait_s, connect=CONNECT_WITHIN_S)
        body = self._answer("GET", f"{PORT_ROUTES}/events", params={"after": after, "wait_s": wait_s}, timeout=times)
        events = body.get("events")
        if not isinstance(events, list):
            raise _not_ours(self.url)
        return str(body.get("boot_id", "")), tuple(wire.from_json(Event, event) for event in events)

    def page(self, query: Query) -> Page:
        return wire.from_json(Page, self.get("/port/page", **wire.query_to_parameters(query)))

    def send(self, command: Command) -> Reply:
        """Send a command; return whether it was accepted or refused.

        Raises:
            LinkError: as all calls; with the code `no-answer` nobody knows whether it was taken.
        """
        body = self._answer("POST", f"{PORT_ROUTES}/command", json=wire.command_to_json(command))
        return wire.reply_from_json(body)

    def _answer(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        import httpx

        try:
            response = self._http.request(method, path, **how)
        except httpx.TransportError as error:
            if method == "POST" and not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
                raise _unanswered(self.url, _reason(error)) from error
            raise _unreachable(self.url, _reason(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise _not_ours(self.url) from error
        body = self._read(response)
        if path.startswith(PORT_ROUTES):
            _check_version(self.url, response.headers[CONTRACT_HEADER])
        return body

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        try:
            body = response.json()
        except ValueError:
            body = None
        if response.is_success and isinstance(body, dict) and CONTRACT_HEADER in response.headers:
            return body
        problem = body.get("error") if isinstance(body, dict) else None
        told: Mapping[str, Any] = problem if isinstance(problem, dict) else {}
        if response.status_code in GONE:
            raise _unreachable(self.url, str(told.get("message") or f"HTTP {response.status_code}"))
        if not told:
            raise _not_ours(self.url)
        code, message, hint = (str(told.get(key) or "") for key in ("code", "message", "hint"))
        if response.status_code in (401, 403):
            raise Refused(message, code=DENIED, hint=hint)
        raise ApiError(response.status_code, code, message, hint)


def _check_version(url: str, spoken: str) -> None:
    """The bodies of the other routes only grow; what goes through the port must fit to the letter."""
    if spoken != str(CONTRACT_VERSION):
        raise LinkError(
            sentence("the engine at {url} is of another version of the program", url=url),
            code=CONTRACT,
            hint=sentence("update the older of the two"),
        )


def _unreachable(url: str, reason: str) -> LinkError:
    return LinkError(
        sentence("no engine answers at {url}: {reason}", url=url, reason=reason),
        code=UNREACHABLE,
        hint=sentence("is it running? `status` tells; an engine elsewhere is named with --attach"),
    )


def _unanswered(url: str, reason: str) -> LinkError:
    return LinkError(
        sentence("no answer came from {url}: {reason}; it may have been taken all the same", url=url, reason=reason),
        code=NO_ANSWER,
        hint=sentence("look with `status` and `activity` before asking again"),
    )


def _not_ours(url: str) -> LinkError:
    return LinkError(
        sentence("what answers at {url} is no engine of this program", url=url),
        code=NOT_OURS,
        hint=sentence("look at the address: --attach, or api.port in the settings"),
    )


def _reason(error: Exception) -> str:
    """Return the cause in the system's words: httpx names only the stage at times."""
    return str(error) or type(error).__name__
