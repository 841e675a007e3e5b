"""What `rms-console --plain` does: the engine on a thread of ours, and plain lines in place of a screen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from rms_console.config.glance import Glance, glance_at
from rms_console.errors import LeaseHeld, LinkError, Refused
from rms_console.hosting import run
from rms_console.hosting.enginehost import SETTLE_WITHIN_S, EngineHost
from rms_console.hosting.run import EXIT_NOT_HEALTHY, EXIT_WELL, Switch
from rms_console.hosting.setting_up import first_setup
from rms_console.hosting.terminal import Terminal
from rms_console.locale import mark, sentence
from rms_console.tui.plainmode import PlainConsole
from rms_console.wiring import Options

if TYPE_CHECKING:
    from rms_console.contract.engine_port import EnginePort
    from rms_console.tui.setup import EngineWatch
    from rms_console.wiring import Site

WAITING_LINES: Final = 1000
"""Lines kept for a line that takes none; later ones are lost."""
LAST_WITHIN_S: Final = 1.0
MOST_TYPED: Final = 4096
LOOK_S: Final = 0.5
UNSETTLED: Final = mark("The engine did not settle in {seconds} s and was ended; what it sent is read back later.")


def run_plain(options: Options) -> int:
    """Run engine and plain console until a person or a signal ends them; return the exit code.

    An engine that runs already for this shop, or that `--attach` names, is followed in place of one of ours.

    Raises:
        ConfigError, LeaseHeld, StoreError: nothing was started. LinkError, Refused: the engine cannot be followed.
    """
    typist = Typist()
    if options.attach:
        return _follow_elsewhere(options, typist, None)
    try:
        code, is_stuck = _host(options, typist)
    except LeaseHeld as held:
        return _follow_elsewhere(options, typist, held)
    if is_stuck:
        # The interpreter would wait for the engine's thread for ever. The system gives its lock back.
        os._exit(code)
    return code


def _host(options: Options, typist: Typist) -> tuple[int, bool]:
    """Run the engine here; return the exit code, and whether the engine could not be ended."""
    with Speaker(sys.stdout.encoding or "utf-8") as speaker:
        host = EngineHost(options, Switch(), opened=lambda site: sitting.take(site))
        sitting = Sitting(options, host.port, host, speaker, may_stop=True)
        host.when_refused(lambda: sitting.soon(sitting.console.end))
        with host:
            asyncio.run(sitting.last(typist, host.begin, lambda: not host.is_alive and not host.crash))
        if host.refusal is not None:
            raise host.refusal
        if host.is_alive:
            sitting.say(UNSETTLED, seconds=round(SETTLE_WITHIN_S))
            return EXIT_NOT_HEALTHY, True
        sitting.say(mark("The engine has stopped."))
    if sitting.ended_by:
        return 128 + sitting.ended_by, False
    return (EXIT_NOT_HEALTHY if host.crash else EXIT_WELL), False


def _follow_elsewhere(options: Options, typist: Typist, held: LeaseHeld | None) -> int:
    """Follow an engine of another process; it goes on whatever happens here."""
    # Loaded here: a console with its own engine speaks no HTTP.
    from rms_console.control.remote import DENIED, RemotePort
    from rms_console.hosting.attach import Elsewhere, where_of
    from rms_console.hosting.link import Link
    from rms_console.wiring.reach import find_engine

    reach = find_engine(options)
    if reach is None:
        raise held or LinkError(sentence("no engine runs for this shop now"))
    with Speaker(sys.stdout.encoding or "utf-8") as speaker, Link(RemotePort(where_of(options, reach))) as link:
        try:
            link.look()
        except LinkError as error:
            if held is not None and error.code != DENIED:
                raise held from error
            kind = Refused if error.code == DENIED else LinkError
            raise kind(error.message, code=error.code, hint=error.hint) from error
        sitting = Sitting(options, link.port, Elsewhere(), speaker, may_stop=False)
        asyncio.run(sitting.last(typist, lambda: None, lambda: False))
    return 128 + sitting.ended_by if sitting.ended_by else EXIT_WELL


class Sitting:
    """One life of the plain console: its lines, its words, its signals."""

    def __init__(
        self, options: Options, port: EnginePort, engine: EngineWatch, speaker: Speaker, *, may_stop: bool
    ) -> None:
        glance = Glance() if options.demo else glance_at(options.config)
        setup = first_setup(options, glance, Terminal(is_utf8=speaker.is_utf8), engine)
        self.console = PlainConsole(port, setup, speaker.say, may_stop=may_stop)
        self.ended_by = 0
        """The signal that ended it."""
        self._speaker = speaker
        self._engine = engine
        self._wait_s = run.AGAIN_S
        self._again_at: float | None = None
        self._on_hangup = "continue" if may_stop else "stop"
        self._loop: asyncio.AbstractEventLoop | None = None

    async def last(self, typist: Typist, begin: Callable[[], None], is_over: Callable[[], bool]) -> None:
        """Begin and tell what changes until a person leaves, a signal comes, or it is over."""
        self._loop = asyncio.get_running_loop()
        typist.typed = lambda text: self.soon(lambda: self.console.typed(text))
        with Signals(lambda number: self.soon(lambda: self._signalled(number))):
            begin()
            watching = asyncio.ensure_future(self._watch(is_over))
            try:
                await self.console.run()
            finally:
                watching.cancel()
                self._loop = None

    def soon(self, call: Callable[[], object]) -> None:
        """Have `call` made on the console's loop; from any thread, also when it is over."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(call)

    def take(self, site: Site) -> None:
        """Take over what the checked settings say; on the engine's thread."""
        self._on_hangup = site.settings.console.on_hangup
        self.console.words = replace(self.console.words, language=site.language)

    def say(self, template: str, **facts: object) -> None:
        self.console.say(self.console.words.phrase(template, **facts))

    async def _watch(self, is_over: Callable[[], bool]) -> None:
        """End with an engine that somebody else stopped; one that fell over is told and may be restarted."""
        while not is_over():
            await asyncio.sleep(LOOK_S)
            self._care()
        self.console.end()

    def _care(self) -> None:
        """Begin a dead engine again where nobody reads that it died, each time later."""
        if not self._speaker.is_silent or not self._engine.crash:
            self._again_at = None
        elif self._again_at is None:
            self._again_at = time.monotonic() + self._wait_s
            self._wait_s = min(2 * self._wait_s, run.AGAIN_AT_MOST_S)
        elif time.monotonic() >= self._again_at:
            self._engine.restart()

    def _signalled(self, number: int) -> None:
        if number == getattr(signal, "SIGHUP", None) and self._on_hangup == "continue":
            self._speaker.fall_silent()
        else:
            self.ended_by = number
            self.console.end()


class Speaker:
    """Writes lines to standard output from a thread of its own: a line that takes nothing stops nobody."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._lines: queue.Queue[str | None] = queue.Queue(WAITING_LINES)
        self.is_silent = False
        """Whether nobody is there."""
        self._thread = threading.Thread(target=self._write, name="speaker", daemon=True)

    def __enter__(self) -> Speaker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(LAST_WITHIN_S)

    @property
    def is_utf8(self) -> bool:
        return self._encoding.lower().replace("-", "") == "utf8"

    def say(self, text: str) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(text)

    def fall_silent(self) -> None:
        """Write nothing any more: nobody is there."""
        self.is_silent = True

    def _write(self) -> None:
        while (text := self._lines.get()) is not None:
            # The descriptor itself: a thread that waits inside Python's buffer would keep the process from ending.
            left = (text + "\n").encode(self._encoding, "replace")
            while left and not self.is_silent:
                try:
                    left = left[os.write(1, left) :]
                except OSError:
                    self.fall_silent()


class Typist:
    """Reads what is typed, on a thread of its own, line by line; `typed` is whoever takes the lines now."""

    def __init__(self) -> None:
        self.typed: Callable[[str], None] = lambda text: None
        # Not through sys.stdin: its lock would be kept by this thread when the interpreter ends.
        threading.Thread(target=self._read, name="typed", daemon=True).start()

    def _read(self) -> None:
        held = b""
        while True:
            try:
                some = os.read(0, MOST_TYPED)
            except OSError:
                return
            if not some:
                return
            *lines, held = (held + some).split(b"\n")
            held = held[-MOST_TYPED:]
            for one in lines:
                self.typed(one.decode("utf-8", "replace").rstrip("\r"))


class Signals:
    """While inside, signals are told by number; none of a terminal's stops the process, and the engine with it."""

    def __init__(self, told: Callable[[int], None]) -> None:
        self._told = told
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        for name in ("SIGTERM", "SIGINT", "SIGQUIT", "SIGBREAK", "SIGHUP"):
            self._set(name, lambda number, _frame: self._told(number))
        for name in ("SIGTSTP", "SIGTTIN", "SIGTTOU"):
            self._set(name, signal.SIG_IGN)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _set(self, name: str, handler: Any) -> None:
        number = getattr(signal, name, None)
        if number is not None:
            self._before[number] = signal.signal(number, handler)
