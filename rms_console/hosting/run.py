"""What `rms-console` does: the engine on a thread of ours, the console in front of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, TextIO

from rms_console.config.glance import Glance, glance_at
from rms_console.errors import ConsoleError
from rms_console.hosting.background import Background
from rms_console.hosting.beside import refuse_beside
from rms_console.hosting.enginehost import SETTLE_WITHIN_S, EngineHost, place_of
from rms_console.hosting.screen import Screen
from rms_console.hosting.setting_up import first_setup, setup_of
from rms_console.hosting.terminal import Lent, Terminal, lend_terminal, look_at_terminal
from rms_console.hosting.watchdog import Watchdog
from rms_console.locale import language_for, mark, translate
from rms_console.wiring import Options

if TYPE_CHECKING:
    from rms_console.hosting.attach import Visit
    from rms_console.tui.app import ConsoleApp
    from rms_console.tui.setup import Leave, Setup
    from rms_console.wiring import Site

EXIT_WELL, EXIT_NOT_HEALTHY = 0, 1
TAKE_OVER_WITHIN_S: Final = 20.0
AGAIN_S: Final = 5.0
AGAIN_AT_MOST_S: Final = 300.0
"""How long a dead engine lies before it begins again, where nobody sees it: at first, and at most."""
FELL: Final = mark("The console fell over ({where}). The engine goes on without a screen; Ctrl-C stops it.")
FELL_ELSEWHERE: Final = mark("The console fell over ({where}). The engine goes on where it runs.")


def run_console(options: Options) -> int:
    """Run engine and console until a person leaves or a signal ends them; return the exit code.

    Raises:
        ConfigError, LeaseHeld, StoreError: nothing was started.
    """
    if options.attach:
        # Loaded here: a console with its own engine speaks no HTTP.
        from rms_console.hosting.attach import attach_to

        return attach_to(options)
    terminal = look_at_terminal(options.environ)
    if terminal.problem:
        return _without_console(options, terminal.problem)
    hosting = Hosting(options, terminal)
    sys.excepthook = hosting.fell
    code = hosting.run()
    if hosting.said:
        sys.stdout.write(hosting.said + "\n")
    if hosting.is_stuck:
        # The interpreter would wait for the engine's thread for ever. The system gives its lock back.
        sys.stdout.flush()
        os._exit(code)
    return code


def _without_console(options: Options, problem: str) -> int:
    """Say why there is none, and run the engine alone."""
    from rms_console import headless

    language = language_for(options.language or "", options.environ)
    text = mark("No console: {why}. The engine runs without one (--no-ui).")
    sys.stderr.write(translate(language, text, {"why": translate(language, problem, {})}) + "\n")
    return headless.run_service(options)


class Hosting:
    """One life of the console. The screen is drawn first; settings are read and checked by the engine's thread."""

    def __init__(self, options: Options, terminal: Terminal) -> None:
        self._options = options
        self._terminal = terminal
        self._glance = Glance() if options.demo else glance_at(options.config)
        self._background = Background(options.environ)
        self._site: Site | None = None
        self._app: ConsoleApp | None = None
        self._visit: Visit | None = None
        """The engine that has this shop already, shown in place of one of ours."""
        self.said = ""
        """What is to be told once the terminal is given back."""
        self.is_stuck = False
        """Whether the engine did not end although it was told to."""

    def run(self) -> int:
        stream = Switch()
        leave: Leave | None = None
        with lend_terminal() as lent:
            if self._glance.theme == "auto" and not self._terminal.no_color:
                self._background.ask()
            host = EngineHost(self._options, stream, opened=lambda site: self._opened(site, host, dog, lent))
            threading.excepthook = partial(_thread_fell, host)
            with Watchdog(host, lent, partial(self._tell_lost, host)) as dog:
                host.when_refused(lambda: self._refused(host, dog))
                with host:
                    leave = self._screen(host, dog, lent)
                    if dog.ended_by is None and host.refusal is None and leave is None and self._visit is None:
                        self._without_screen(host, dog, stream)
                if dog.ended_by is not None:
                    return EXIT_WELL if dog.is_screenless else 128 + dog.ended_by
        if host.refusal is not None:
            raise host.refusal
        if self._visit is not None:
            self.said = self._visit.farewell() if leave is not None else ""
            self._visit.close()
            return EXIT_WELL if leave is not None else EXIT_NOT_HEALTHY
        if host.is_alive:
            self.is_stuck = True
            host.leave_nothing()
            text = mark("The engine did not settle in {seconds} s and was ended; what it sent is read back later.")
            self.said = self._phrase(text, seconds=round(SETTLE_WITHIN_S))
            return EXIT_NOT_HEALTHY
        if leave == "run_on" and self._site is not None:
            return self._hand_over(self._site)
        return EXIT_NOT_HEALTHY if host.crash else EXIT_WELL

    def fell(self, kind: type[BaseException], error: BaseException, _at: TracebackType | None) -> None:
        """Tell a defect that ends the program, in one line and without the values that were at hand."""
        self._tell(mark("A defect ended this program: {where}"), where=f"{kind.__name__} {place_of(error)}")

    def _opened(self, site: Site, host: EngineHost, dog: Watchdog, lent: Lent) -> None:
        """Take over what the checked settings say of the screen; on the engine's thread."""
        refuse_beside(site)
        self._site = site
        lent.log_to(site.logs)
        dog.on_hangup = site.settings.console.on_hangup
        if self._app is not None:
            self._app.take_from_thread(setup_of(site, self._terminal, host))

    def _refused(self, host: EngineHost, dog: Watchdog) -> None:
        """Show the engine that has this shop already; where there is none to be shown, close the screen."""
        from rms_console.hosting.attach import visit_instead

        try:
            self._visit = visit_instead(self._options, host, self._terminal)
        except ConsoleError as error:
            host.refusal = error
            dog.insist_on_closing()
            return
        except Exception:
            dog.insist_on_closing()
            raise
        host.refusal, dog.on_hangup = None, "stop"
        if self._app is not None:
            self._visit.changed = self._app.take_from_thread
            self._app.take_from_thread(self._visit.setup)

    def _screen(self, host: EngineHost, dog: Watchdog, lent: Lent) -> Leave | None:
        """Show the console; one that falls over is opened again, a few times."""

        def ready(app: ConsoleApp) -> None:
            self._app = app
            if self._visit is not None:
                self._visit.changed = app.take_from_thread
            dog.screen_opens(app.end_from_thread)

        screen = Screen(host.port, lambda: self._setup(host), lent, dog)
        leave = screen.show(ready, partial(_tell_fallen, host))
        if screen.fell:
            self._tell(FELL if self._visit is None else FELL_ELSEWHERE, where=screen.fell)
        return leave

    def _setup(self, host: EngineHost) -> Setup:
        if self._app is None:  # Textual was loaded meanwhile: the terminal had time to answer
            self._terminal = self._background.take(self._terminal)
        if self._visit is not None:
            return self._visit.setup
        if self._site is not None:
            return setup_of(self._site, self._terminal, host)
        return first_setup(self._options, self._glance, self._terminal, host)

    def _without_screen(self, host: EngineHost, dog: Watchdog, stream: Switch) -> None:
        """Go on until the engine is told to end; its log lines go where the screen was.

        Nobody is there to begin one that died again by a key: it begins again by itself.
        """
        host.begin()
        if not dog.is_screenless:
            stream.open_on(sys.__stderr__)
        wait_s = AGAIN_S
        while True:
            began = time.monotonic()
            while not host.join(0.5):
                pass
            if not host.crash:
                return
            if time.monotonic() - began > AGAIN_AT_MOST_S:
                wait_s = AGAIN_S
            if host.is_told_to_stop(wait_s):
                return
            host.restart()
            wait_s = min(2 * wait_s, AGAIN_AT_MOST_S)

    def _tell_lost(self, host: EngineHost) -> bool:
        reason = self._phrase(mark("the terminal was lost"))
        return host.on_engine(lambda engine: engine.tell_console_lost(reason))

    def _hand_over(self, site: Site) -> int:
        """Begin the same engine as a process of its own, now that this one has let go."""
        from rms_console.adapters.clock import SystemClock
        from rms_console.adapters.lease import FileLease

        command = [sys.executable, "-m", "rms_console", *arguments_of(self._options), "--no-ui"]
        flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(self._options.environ),
            start_new_session=os.name != "nt",
            creationflags=flags,
        )
        lease, until = FileLease(site.state, SystemClock()), time.monotonic() + TAKE_OVER_WITHIN_S
        while time.monotonic() < until and child.poll() is None:
            owner = lease.owner()
            if owner is not None and owner.pid == child.pid:
                text = mark("The engine goes on as process {pid}; stop it with: kill {pid}. Log: {log}")
                self.said = self._phrase(text, pid=child.pid, log=site.logs / "app.log")
                return EXIT_WELL
            time.sleep(0.1)
        # One that came to work after all would make this message untrue.
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(SETTLE_WITHIN_S)
        text = mark("The engine did not start without a screen; {log} says why. Nothing is synced now.")
        self.said = self._phrase(text, log=site.logs / "app.log")
        return EXIT_NOT_HEALTHY

    def _phrase(self, template: str, **facts: object) -> str:
        site, glance = self._site, self._glance
        wanted = self._options.language or glance.language
        language = site.language if site is not None else language_for(wanted, self._options.environ)
        return translate(language, template, facts)

    def _tell(self, template: str, **facts: object) -> None:
        with_line = self._phrase(template, **facts) + "\r\n"
        if sys.__stderr__ is not None:
            sys.__stderr__.write(with_line)
            sys.__stderr__.flush()


class Switch:
    """A stream for log lines that leads nowhere until it is opened on another one."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self._onto: TextIO | None = None

    def open_on(self, stream: TextIO | None) -> None:
        self._onto = stream

    def write(self, text: str) -> int:
        return self._onto.write(text) if self._onto is not None else len(text)

    def flush(self) -> None:
        if self._onto is not None:
            self._onto.flush()

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        """Return where it leads: past Python's buffer, whose lock a stalled terminal would keep.

        Raises:
            OSError: it leads nowhere.
        """
        if self._onto is None:
            raise OSError("no descriptor of its own")
        return self._onto.fileno()


def _tell_fallen(host: EngineHost, where: str) -> None:
    from rms_console.engine.faces import console_fell

    host.on_engine_once_there(partial(console_fell, where=where))


def _thread_fell(host: EngineHost, args: threading.ExceptHookArgs) -> None:
    where = f"{args.exc_type.__name__} {place_of(args.exc_value) if args.exc_value is not None else ''}"
    _tell_fallen(host, where)


def arguments_of(options: Options) -> list[str]:
    """Return the command line that says the same."""
    named = {
        "--config": options.config,
        "--env-file": options.env_file,
        "--profile": options.profile,
        "--state-dir": options.state_dir,
        "--log-dir": options.log_dir,
        "--lang": options.language,
    }
    return [text for name, value in named.items() if value is not None for text in (name, str(value))]
