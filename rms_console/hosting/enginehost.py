"""Owns the engine's thread. Whatever happens to the screen, this thread goes on; whatever happens to it is told."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import threading
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from rms_console.contract.events import EventName
from rms_console.contract.state import EngineState
from rms_console.control.threaded import ThreadedPort
from rms_console.errors import ConsoleError, LeaseHeld
from rms_console.tui.setup import Ended
from rms_console.wiring import Options

if TYPE_CHECKING:
    from rms_console.adapters.logs import LogStream
    from rms_console.contract.engine_port import EnginePort
    from rms_console.demo.rms import StoreEvent
    from rms_console.engine.service import EngineService
    from rms_console.wiring import Site

SETTLE_WITHIN_S: Final = 9.0
"""How long the engine may take to settle what is in flight once it is told to stop."""


class EngineHost:
    """Starts, watches, stops and restarts the engine of one site. Safe to call from any thread.

    As a context it stops the engine, waits for it and gives the site back, however the block ends.
    `opened` is called with the site once it is open, on the engine's thread.
    """

    def __init__(
        self,
        options: Options,
        stream: LogStream,
        opened: Callable[[Site], None] = lambda site: None,
    ) -> None:
        self._options = options
        self._stream = stream
        self._opened = opened
        self._refused: Callable[[], object] = lambda: None
        self._stack = contextlib.ExitStack()
        self._engine: EngineService | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop_asked = threading.Event()
        self._crash = ""
        self._ended: Ended | None = None
        self._waiting: list[Callable[[EngineService], object]] = []
        self._guard = threading.Lock()
        self.site: Site | None = None
        self.refusal: ConsoleError | None = None
        """Why the first engine could not begin: the lock is held, the ledger cannot be used."""
        self._elsewhere: tuple[EnginePort, asyncio.AbstractEventLoop] | None = None
        self.port = ThreadedPort(lambda: self._elsewhere or self._present())

    def __enter__(self) -> EngineHost:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.stop()
        if self.join(SETTLE_WITHIN_S):
            self._stack.close()

    @property
    def crash(self) -> str:
        """Return why the engine ended unasked, in one line without values; empty while nothing is wrong."""
        return self._crash

    @property
    def ended(self) -> Ended | None:
        """Return by whom the engine was stopped, where that was asked for elsewhere."""
        return self._ended

    @property
    def is_alive(self) -> bool:
        thread = self._thread
        return thread is not None and thread.is_alive()

    def when_refused(self, call: Callable[[], object]) -> None:
        """Have `call` made, on the engine's thread, when the first engine cannot begin."""
        self._refused = call

    def lead_to(self, engine: EnginePort, loop: asyncio.AbstractEventLoop) -> None:
        """Let `port` lead to another engine than one of this host's, which is reached on that loop."""
        self._elsewhere = engine, loop

    def begin(self) -> None:
        """Begin the engine where none was begun yet; returns at once."""
        with self._guard:
            if self._thread is None and not self._stop_asked.is_set():
                self._spawn()

    def restart(self) -> None:
        """Begin a new engine in place of a dead or stopped one; returns at once."""
        with self._guard:
            if not self.is_alive and not self._stop_asked.is_set():
                self._crash, self._ended = "", None
                self._spawn()

    def stop(self) -> None:
        """Ask the engine to settle what is in flight and end; returns at once. None begins after that."""
        self._stop_asked.set()
        self.on_engine(lambda engine: engine.stop())

    def is_told_to_stop(self, within_s: float) -> bool:
        """Return whether the engine is told to stop, now or within this time."""
        return self._stop_asked.wait(within_s)

    def leave_nothing(self) -> None:
        """Delete what lives no longer than this process, before it ends without its usual way out."""
        if self.site is not None and self.site.embedded is not None:
            shutil.rmtree(self.site.state, ignore_errors=True)

    def on_engine(self, call: Callable[[EngineService], object]) -> bool:
        """Have `call` run on the engine's own loop, soon; return whether there is an engine."""
        present = self._present()
        if present is not None:
            engine, loop = present
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(lambda: call(engine))
                return True
        return False

    def on_engine_once_there(self, call: Callable[[EngineService], object]) -> None:
        """Have `call` run on the engine's own loop, soon, or as soon as there is an engine."""
        with self._guard:
            self._waiting.append(call)
        self._deliver()

    def _deliver(self) -> None:
        with self._guard:
            waiting, self._waiting = self._waiting, []
        kept = [call for call in waiting if not self.on_engine(call)]
        with self._guard:
            self._waiting = [*kept, *self._waiting]

    def join(self, timeout_s: float | None) -> bool:
        """Wait for the engine's thread; return whether it has ended."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        return not self.is_alive

    def _present(self) -> tuple[EngineService, asyncio.AbstractEventLoop] | None:
        engine, loop = self._engine, self._loop
        return (engine, loop) if engine is not None and loop is not None else None

    def _spawn(self) -> None:
        self._thread = threading.Thread(target=self._run, name="engine", daemon=False)
        self._thread.start()

    def _run(self) -> None:
        has_begun = self.site is not None
        try:
            # Loaded here and not above: the screen is up before the engine's parts are.
            from rms_console.wiring import open_site
            from rms_console.wiring.parts import open_engine

            if self.site is None:
                self.site = self._stack.enter_context(open_site(self._options))
                self._opened(self.site)
            ended: Ended | None = None
            with open_engine(self.site, self._stream) as engine:
                has_begun, ended = True, self._lived(engine, has_begun)
            self._ended = ended  # once all is given back: whoever sees it may start another one
        except ConsoleError as error:
            self._cannot(error, has_begun)
        except Exception as error:  # noqa: BLE001  # building the engine failed: it must be told, never be silent
            self._crash = f"{type(error).__name__} {place_of(error)}"
        finally:
            self._engine = self._loop = None

    def _lived(self, engine: EngineService, has_begun: bool) -> Ended | None:
        """Let an engine live to its end; return by whom it was stopped, where that was asked for elsewhere."""
        try:
            return asyncio.run(self._live(engine))
        except ConsoleError as error:
            self._cannot(error, has_begun or self._engine is not None)
        except Exception as error:  # noqa: BLE001  # as above
            self._crash = f"{type(error).__name__} {place_of(error)}"
            engine.journal.bug("EngineHost", error)
        return None

    def _cannot(self, error: ConsoleError, has_begun: bool) -> None:
        if has_begun:
            self._crash = error.message
        else:
            self.refusal = error
            self._refused()

    async def _live(self, engine: EngineService) -> Ended | None:
        try:
            await self._open_and_run(engine)
            return None if self._stop_asked.is_set() else await _ended(engine)
        except LeaseHeld:
            raise
        except Exception:
            if engine.machine.state is not EngineState.STOPPED:
                # Or its lock would be held by this very process, against the engine that comes after it.
                with contextlib.suppress(ConsoleError):
                    await engine.close()
            raise

    def _sold(self, event: StoreEvent) -> None:
        self.on_engine(partial(_till, text=event.text))

    async def _open_and_run(self, engine: EngineService) -> None:
        from rms_console.engine.memory import settle_memory
        from rms_console.wiring.serving import serving

        await engine.open()
        settle_memory()
        self._engine, self._loop = engine, asyncio.get_running_loop()
        self._deliver()
        site = self.site
        assert site is not None
        embedded = site.embedded
        if embedded is not None and not embedded.is_selling:
            embedded.begin(self._sold)
        if self._stop_asked.is_set():
            engine.stop()
        async with serving(site, engine):
            await engine.run()


async def _ended(engine: EngineService) -> Ended:
    """Return who asked for the end of an engine that has ended."""
    for event in reversed(await engine.events(0, 0)):
        facts = event.facts
        if event.name == EventName.COMMAND_HANDLED and facts.get("action") == "Stop":
            return Ended(str(facts.get("by") or ""), event.at)
    return Ended()


def _till(engine: EngineService, text: str) -> None:
    engine.journal.log("INFO", "Till", "{text}", text=text)


def place_of(error: BaseException) -> str:
    """Return where an error arose, without any of the values at hand."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
