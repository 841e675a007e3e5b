"""What `rms-console --plain` does: the engine on a thread of ours, and plain lines in place of a screen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from rms_console.config.glance import Glance, glance_at
from rms_console.hosting.enginehost import SETTLE_WITHIN_S, EngineHost
from rms_console.hosting.run import EXIT_NOT_HEALTHY, EXIT_WELL, Switch
from rms_console.hosting.setting_up import first_setup
from rms_console.hosting.terminal import Terminal
from rms_console.locale import mark
from rms_console.tui.plainmode import PlainConsole
from rms_console.wiring import Options

if TYPE_CHECKING:
    from rms_console.wiring import Site

WAITING_LINES: Final = 1000
"""Lines kept for a line that takes none; later ones are lost."""
LAST_WITHIN_S: Final = 1.0
MOST_TYPED: Final = 4096
LOOK_S: Final = 0.5
UNSETTLED: Final = mark("The engine did not settle in {seconds} s and was ended; what it sent is read back later.")


def run_plain(options: Options) -> int:
    """Run engine and plain console until a person or a signal ends them; return the exit code.

    Raises:
        ConfigError, LeaseHeld, StoreError: nothing was started.
    """
    code, is_stuck = PlainHosting(options).run()
    if is_stuck:
        # The interpreter would wait for the engine's thread for ever. The system gives its lock back.
        os._exit(code)
    return code


class PlainHosting:
    """One life of the plain console."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._speaker = Speaker(sys.stdout.encoding or "utf-8")
        self._on_hangup = "continue"
        self._console: PlainConsole | None = None
        self._ended_by = 0

    def run(self) -> tuple[int, bool]:
        """Return the exit code, and whether the engine could not be ended."""
        host = EngineHost(self._options, Switch(), opened=self._opened)
        with self._speaker:
            with host:
                asyncio.run(self._follow(host))
            if host.refusal is not None:
                raise host.refusal
            console = self._console
            if host.is_alive and console is not None:
                console.say(console.words.phrase(UNSETTLED, seconds=round(SETTLE_WITHIN_S)))
                return EXIT_NOT_HEALTHY, True
            if console is not None:
                console.say(console.words.phrase("The engine has stopped."))
        if self._ended_by:
            return 128 + self._ended_by, False
        return (EXIT_NOT_HEALTHY if host.crash else EXIT_WELL), False

    async def _follow(self, host: EngineHost) -> None:
        loop = asyncio.get_running_loop()
        glance = Glance() if self._options.demo else glance_at(self._options.config)
        terminal = Terminal(is_utf8=self._speaker.is_utf8)
        setup = first_setup(self._options, glance, terminal, host)
        console = self._console = PlainConsole(host.port, setup, self._speaker.say, may_stop=True)

        def soon(call: Callable[[], object]) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(call)

        host.when_refused(lambda: soon(console.end))
        read_lines(lambda text: soon(lambda: console.typed(text)))
        with Signals(lambda number: soon(lambda: self._signalled(number))):
            host.begin()
            watching = asyncio.ensure_future(self._watch(host, console))
            try:
                await console.run()
            finally:
                watching.cancel()

    @staticmethod
    async def _watch(host: EngineHost, console: PlainConsole) -> None:
        """End with an engine that somebody else stopped; one that fell over is told and may be restarted."""
        while host.is_alive or host.crash:  # noqa: ASYNC110  # a thread's end wakes no loop
            await asyncio.sleep(LOOK_S)
        console.end()

    def _opened(self, site: Site) -> None:
        """Take over what the checked settings say; on the engine's thread."""
        self._on_hangup = site.settings.console.on_hangup
        if self._console is not None:
            self._console.words = replace(self._console.words, language=site.language)

    def _signalled(self, number: int) -> None:
        if number == getattr(signal, "SIGHUP", None) and self._on_hangup == "continue":
            self._speaker.fall_silent()
        elif self._console is not None:
            self._ended_by = number
            self._console.end()


class Speaker:
    """Writes lines to standard output from a thread of its own: a line that takes nothing stops nobody."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._lines: queue.Queue[str | None] = queue.Queue(WAITING_LINES)
        self._is_silent = False
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
        self._is_silent = True

    def _write(self) -> None:
        while (text := self._lines.get()) is not None:
            # The descriptor itself: a thread that waits inside Python's buffer would keep the process from ending.
            left = (text + "\n").encode(self._encoding, "replace")
            while left and not self._is_silent:
                try:
                    left = left[os.write(1, left) :]
                except OSError:
                    self.fall_silent()


def read_lines(typed: Callable[[str], None]) -> None:
    """Have `typed` called, on a thread of its own, with each line of standard input until that ends."""

    def read() -> None:
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
                typed(one.decode("utf-8", "replace").rstrip("\r"))

    # Not through sys.stdin: its lock would be kept by this thread when the interpreter ends.
    threading.Thread(target=read, name="typed", daemon=True).start()


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
