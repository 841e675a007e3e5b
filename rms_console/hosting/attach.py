"""`rms-console` on an engine that runs elsewhere: the same screen and the same care of the terminal, but no engine.

So nothing here stops one: whoever leaves, or is hung up on, leaves it running.
"""

from __future__ import annotations

import contextlib
import ipaddress
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from rms_console.config.glance import glance_at
from rms_console.contract.endpoint import TOKEN_FILE
from rms_console.control.endpoint_file import read_token
from rms_console.control.remote import DENIED, Address, RemotePort
from rms_console.errors import ConfigError, ConsoleError, LeaseHeld, LinkError, Refused
from rms_console.hosting.background import Background
from rms_console.hosting.beside import living_endpoint
from rms_console.hosting.link import Link
from rms_console.hosting.screen import Screen
from rms_console.hosting.setting_up import first_setup, setup_of
from rms_console.hosting.terminal import Terminal, lend_terminal, look_at_terminal
from rms_console.hosting.watchdog import Watchdog
from rms_console.locale import language_for, mark, sentence, told, translate
from rms_console.wiring import Options, site_as_it_is
from rms_console.wiring.reach import Reach, find_engine

if TYPE_CHECKING:
    from rms_console.hosting.enginehost import EngineHost
    from rms_console.tui.app import ConsoleApp
    from rms_console.tui.setup import Setup

EXIT_WELL, EXIT_NOT_HEALTHY, EXIT_WRONG_USE = 0, 1, 2
APPEARS_WITHIN_S: Final = 10.0
"""How long an engine that has just taken its lock may take to say where it answers."""
LOOK_EVERY_S: Final = 0.1
FELL: Final = mark("The console fell over ({where}). The engine goes on where it runs.")


def attach_to(options: Options) -> int:
    """Show the engine that `--attach` names until a person leaves or a signal ends it; return the exit code.

    Raises:
        ConfigError: the address is none, or the token file cannot be read. LinkError: nobody answers there.
        Refused: who answers takes no token of ours.
    """
    reach = find_engine(options)
    if reach is None:
        raise LinkError(sentence("no engine runs for this shop now"))
    return run_attached(options, reach)


def visit_instead(options: Options, host: EngineHost, terminal: Terminal) -> Visit:
    """Return the visit to the engine that has this shop, on which `host` was refused; its port leads there now.

    Raises:
        ConsoleError: why there is nothing to be shown: `host` was refused for another reason, that engine serves no
            API, does not answer, or takes no token of ours.
    """
    refusal = host.refusal
    if not isinstance(refusal, LeaseHeld):
        raise refusal or LinkError(sentence("no engine runs for this shop now"))
    visit = Visit(options, reach_beside(options, refusal, host.is_told_to_stop), terminal)
    link = visit.open()
    if link.present is not None:
        host.lead_to(*link.present)
    return visit


def reach_beside(options: Options, held: LeaseHeld, is_over: Callable[[float], bool]) -> Reach:
    """Return where the engine answers that holds the lock of this shop. It may be about to start: it is waited for.

    Raises:
        LeaseHeld: it cannot be reached, with the reason.
    """
    until = time.monotonic() + APPEARS_WITHIN_S
    while True:
        endpoint = living_endpoint(site_as_it_is(options))
        reach = find_engine(options) if endpoint is not None and endpoint.url else None
        if reach is not None:
            return reach
        if endpoint is not None:
            raise _without_api(held, endpoint.problem)
        if time.monotonic() > until or is_over(LOOK_EVERY_S):
            raise held


def _without_api(held: LeaseHeld, problem: str) -> LeaseHeld:
    return LeaseHeld(
        sentence("{who}; it serves no API: {problem}", who=held.message, problem=problem or "-"),
        hint=sentence("see api.enabled and api.port in the settings, then start the engine again"),
    )


def is_open_to_listeners(url: str) -> bool:
    """Return whether a token on the way to this address can be read by others."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return False
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return True


def where_of(options: Options, reach: Reach) -> Callable[[], Address | None]:
    """Return what tells where the engine is now: after a restart it may answer elsewhere, with another token."""
    folder = reach.folder
    if folder is None:

        def named() -> Address | None:
            try:
                again = find_engine(options)
            except ConfigError:  # the token file is away: the token that was in it may still do
                again = None
            return Address(reach.url, (again or reach).token)

        return named
    brought = "" if reach.token == read_token(folder) else reach.token
    site = site_as_it_is(options)

    def written() -> Address | None:
        # What a killed engine left behind gets no token of ours: its port may be another program's by now.
        endpoint = living_endpoint(site)
        if endpoint is None or not endpoint.url:
            return None
        return Address(endpoint.url, brought or read_token(folder), str(folder / TOKEN_FILE))

    return written


def run_attached(options: Options, reach: Reach) -> int:
    """Show the engine at `reach` until a person leaves or a signal ends it; return the exit code.

    Raises:
        LinkError: it does not answer. Refused: it takes no token of ours. Nothing was drawn.
    """
    terminal = look_at_terminal(options.environ)
    visit = Visit(options, reach, terminal)
    if terminal.problem:
        visit.tell(NO_SCREEN, why=translate(visit.setup.language, terminal.problem, {}))
        return EXIT_WRONG_USE
    link = visit.open()
    try:
        return visit.run(link)
    finally:
        visit.close()


NO_SCREEN: Final = mark("No console: {why}. `rms-console status --watch --plain` shows the engine in lines.")


class Elsewhere:
    """The engine as this process sees it: not here, so it can neither be begun nor ended, nor crash."""

    crash = ""
    ended = None
    is_alive = False

    def begin(self) -> None:
        """It lives already."""

    def restart(self) -> None:
        """Who runs it does that."""

    def stop(self) -> None:
        """It goes on."""

    def join(self, timeout_s: float | None) -> bool:
        return True

    def leave_nothing(self) -> None:
        """Nothing of it is here."""


class Visit:
    """A console at an engine that runs elsewhere: what it is set up with, and the way there while it is open."""

    def __init__(self, options: Options, reach: Reach, terminal: Terminal) -> None:
        self._options = options
        self._reach = reach
        self._terminal = terminal
        self._engine = Elsewhere()
        self._stack = contextlib.ExitStack()
        self._link: Link | None = None
        self.setup = self._settled()
        self.changed: Callable[[Setup], object] = lambda setup: None
        """Told when the engine came back at another address; on any thread."""

    def open(self) -> Link:
        """Return the way to the engine, which has answered.

        Raises:
            LinkError: it does not answer. Refused: it takes no token of ours.
        """
        link = self._stack.enter_context(Link(RemotePort(where_of(self._options, self._reach), self._moved)))
        try:
            link.look()
        except LinkError as error:
            self.close()
            language = self.setup.language
            kind = Refused if error.code == DENIED else LinkError
            raise kind(told(language, error.message), code=error.code, hint=told(language, error.hint)) from error
        self._link = link
        return link

    def _moved(self, url: str) -> None:
        if url != self.setup.attached:
            self.setup = replace(self.setup, attached=url)
            self.changed(self.setup)

    def close(self) -> None:
        self._link = None
        self._stack.close()

    def run(self, link: Link) -> int:
        """Show the engine until a person leaves or a signal ends it; return the exit code."""
        for warning in self.setup.warnings:
            sys.stderr.write(warning + "\n")
        background = Background(self._options.environ)
        with lend_terminal() as lent, Watchdog(self._engine, lent, lambda: True) as dog:
            dog.on_hangup = "stop"
            if self.setup.theme == "auto" and not self._terminal.no_color:
                background.ask()

            def setup() -> Setup:
                seen = background.take(self._terminal)
                self.setup = replace(self.setup, is_light=seen.is_light, owes_answer=seen.owes_answer)
                return self.setup

            def ready(app: ConsoleApp) -> None:
                self.changed = app.take_from_thread
                dog.screen_opens(app.end_from_thread)

            screen = Screen(link.port, setup, lent, dog)
            leave = screen.show(ready, lambda where: None)
            if dog.ended_by is not None:
                return 128 + dog.ended_by
        if leave is None:
            self.tell(FELL, where=screen.fell)
            return EXIT_NOT_HEALTHY
        sys.stdout.write(self.farewell() + "\n")
        return EXIT_WELL

    def farewell(self) -> str:
        """Return what is to be told to whoever left: that the engine goes on, as far as that is known."""
        problem = told(self.setup.language, self._link.problem()) if self._link is not None else ""
        left = mark("Left the console. The engine goes on at {url}")
        lost = mark("Left the console. The engine at {url} did not answer: {why}")
        return self._phrase(lost if problem else left, url=self.setup.attached, why=problem)

    def tell(self, template: str, **facts: object) -> None:
        sys.stderr.write(self._phrase(template, **facts) + "\n")

    def _phrase(self, template: str, **facts: object) -> str:
        return translate(self.setup.language, template, facts)

    def _settled(self) -> Setup:
        """Return the person's own settings of the screen, as far as there are any here."""
        try:
            setup = setup_of(site_as_it_is(self._options), self._terminal, self._engine)
        except ConsoleError:  # an engine elsewhere can be shown without any settings here
            setup = first_setup(self._options, glance_at(self._options.config), self._terminal, self._engine)
        language = self._options.language or setup.language or language_for("", self._options.environ)
        setup = replace(setup, language=language, may_leave_running=False, attached=self._reach.url)
        return replace(setup, warnings=tuple(translate(language, text, facts) for text, facts in self._warnings()))

    def _warnings(self) -> list[tuple[str, dict[str, object]]]:
        found: list[tuple[str, dict[str, object]]] = []
        if is_open_to_listeners(self._reach.url):
            text = mark("The token travels unencrypted. Safer: ssh -L 8080:127.0.0.1:8080 {host}, then attach to that")
            found.append((text, {"host": urlsplit(self._reach.url).hostname or ""}))
        if not self._reach.token and self._reach.folder is not None:
            text = mark("This account cannot read {file}: this console can look, not act")
            found.append((text, {"file": self._reach.folder / TOKEN_FILE}))
        elif not self._reach.token:
            text = mark("Without a token (--token-file) this console can look, not act")
            found.append((text, {}))
        return found
