"""Owns the engine's thread. Whatever happens to the screen, this thread goes on; whatever happens to it is told."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from rms_console.adapters.logs import LogStream
from rms_console.control.threaded import ThreadedPort
from rms_console.engine.memory import settle_memory
from rms_console.engine.service import EngineService
from rms_console.errors import ConsoleError
from rms_console.wiring import Site, open_engine

OPEN_WITHIN_S: Final = 60.0


class EngineHost:
    """Starts, watches, stops and restarts the engine of one site. Safe to call from any thread."""

    def __init__(self, site: Site, stream: LogStream, begun: Callable[[EngineService], None] | None = None) -> None:
        self._site = site
        self._stream = stream
        self._begun = begun
        self._engine: EngineService | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._opened = threading.Event()
        self._refusal: ConsoleError | None = None
        self._stop_asked = False
        self._crash = ""
        self._guard = threading.Lock()
        self.port = ThreadedPort(self._present)

    @property
    def crash(self) -> str:
        """Return why the engine ended unasked, in one line without values; empty while nothing is wrong."""
        return self._crash

    @property
    def is_alive(self) -> bool:
        thread = self._thread
        return thread is not None and thread.is_alive()

    def start(self) -> None:
        """Begin the engine and return once it has the lock and its ledger.

        Raises:
            LeaseHeld: another engine has this shop. ConsoleError: it cannot be opened.
        """
        self._spawn()
        if not self._opened.wait(OPEN_WITHIN_S):
            raise ConsoleError(
                f"the engine did not open within {OPEN_WITHIN_S:.0f} s", hint="app.log says how far it came"
            )
        if self._refusal is not None:
            self.join(5)
            raise self._refusal

    def restart(self) -> None:
        """Begin a new engine in place of a dead one; returns at once."""
        with self._guard:
            if self.is_alive:
                return
            self._crash = ""
            self._spawn()

    def stop(self) -> None:
        """Ask the engine to settle what is in flight and end; returns at once."""
        self._stop_asked = True
        self.on_engine(lambda engine: engine.stop())

    def on_engine(self, call: Callable[[EngineService], object]) -> None:
        """Have `call` run on the engine's own loop, soon; dropped where there is no engine."""
        engine, loop = self._engine, self._loop
        if engine is not None and loop is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(lambda: call(engine))

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
        self._opened.clear()
        self._refusal = None
        self._stop_asked = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=False)
        self._thread.start()

    def _run(self) -> None:
        try:
            with open_engine(self._site, self._stream) as engine:
                try:
                    asyncio.run(self._live(engine))
                except Exception as error:  # noqa: BLE001  # whatever it was, it must be told and must not be silent
                    if isinstance(error, ConsoleError) and not self._opened.is_set():
                        self._refusal = error
                    else:
                        self._fell(error, engine)
        except ConsoleError as error:
            if self._opened.is_set():
                self._crash = error.message
            else:
                self._refusal = error
        except Exception as error:  # noqa: BLE001  # as above: building the engine failed
            self._fell(error, None)
        finally:
            self._engine = self._loop = None
            self._opened.set()

    async def _live(self, engine: EngineService) -> None:
        await engine.open()
        settle_memory()
        self._engine, self._loop = engine, asyncio.get_running_loop()
        self._opened.set()
        embedded = self._site.embedded
        if embedded is not None and not embedded.is_selling:
            embedded.begin(lambda event: self.on_engine(partial(_till, text=event.text)))
        if self._begun is not None:
            self._begun(engine)
        if self._stop_asked:
            engine.stop()
        await engine.run()

    def _fell(self, error: Exception, engine: EngineService | None) -> None:
        self._crash = f"{type(error).__name__} {place_of(error)}"
        if engine is not None:
            engine.journal.bug("EngineHost", error)


def _till(engine: EngineService, text: str) -> None:
    engine.journal.log("INFO", "Till", "{text}", text=text)


def place_of(error: BaseException) -> str:
    """Return where an error arose, without any of the values at hand."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


@contextlib.contextmanager
def hosted(host: EngineHost, settle_s: float) -> Iterator[EngineHost]:
    """Lend a started engine; it is stopped and waited for, at most `settle_s`, however the block ends."""
    host.start()
    try:
        yield host
    finally:
        host.stop()
        host.join(settle_s)
