"""The port of an engine on another thread: answers cross over, and nobody waits for somebody who is gone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence

import pytest

from rms_console.contract.commands import Command, Reply
from rms_console.contract.events import Event
from rms_console.contract.queries import Page, Query
from rms_console.contract.snapshot import EngineSnapshot
from rms_console.control import threaded
from rms_console.control.threaded import ThreadedPort
from rms_console.errors import LinkError
from rms_console.locale import told
from tests.hosting.seat import until


class Engine:
    """Implements `EnginePort`: events come only when they are let go; the rest is not asked for here."""

    def __init__(self) -> None:
        self.waiting = 0
        self.cancelled = 0
        self.thread = 0
        self.news = asyncio.Event()

    async def events(self, after: int, wait_s: float) -> Sequence[Event]:
        self.thread = threading.get_ident()
        self.waiting += 1
        try:
            await self.news.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return ()

    async def snapshot(self) -> EngineSnapshot:
        raise NotImplementedError

    async def ask(self, query: Query) -> Page:
        raise NotImplementedError

    async def send(self, command: Command) -> Reply:
        raise NotImplementedError


class Life:
    """An engine on a loop of its own thread."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.loop = asyncio.new_event_loop()
        self.port = ThreadedPort(lambda: (self.engine, self.loop))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            self._over = asyncio.Event()
            runner.run(self._over.wait())

    def end(self) -> None:
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._over.set)
            self._thread.join(10)


@pytest.fixture
def life() -> Iterator[Life]:
    alive = Life()
    yield alive
    alive.end()


async def waits(life: Life) -> asyncio.Task[Sequence[Event]]:
    """Return a call that hangs in the engine."""
    task = asyncio.ensure_future(life.port.events(0, 60))
    await asyncio.to_thread(until, lambda: life.engine.waiting)
    return task


async def test_an_answer_comes_from_the_engines_own_thread(life: Life) -> None:
    task = await waits(life)
    life.loop.call_soon_threadsafe(life.engine.news.set)
    assert await asyncio.wait_for(task, 10) == ()
    assert life.engine.thread != threading.get_ident()


async def test_a_caller_that_is_cancelled_cancels_its_call(life: Life) -> None:
    task = await waits(life)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(until, lambda: life.engine.cancelled)


async def test_an_engine_that_ends_releases_who_waits(life: Life) -> None:
    task = await waits(life)
    await asyncio.to_thread(life.end)
    with pytest.raises(LinkError):
        await asyncio.wait_for(task, 10)
    with pytest.raises(LinkError):
        await life.port.events(0, 1)


async def test_no_engine_is_said_at_once() -> None:
    with pytest.raises(LinkError):
        await ThreadedPort(lambda: None).snapshot()


async def test_an_engine_that_gives_no_answer_is_not_waited_for(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threaded, "ANSWER_WITHIN_S", 0.05)
    with pytest.raises(LinkError, match="no answer"):
        await life.port.events(0, 0)
    await asyncio.to_thread(until, lambda: life.engine.cancelled)


def test_the_engine_alone_loads_no_textual() -> None:
    code = (
        "import sys\n"
        "from rms_console.cli import main\n"
        "sys.argv = ['rms-console', '--demo', '--no-ui', '--once']\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "assert 'rms_console.engine.service' in sys.modules\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'textual']\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


async def test_without_an_engine_it_says_so_in_either_language() -> None:
    with pytest.raises(LinkError) as caught:
        await ThreadedPort(lambda: None).snapshot()
    assert told("en", caught.value.message) == "the engine is not running"
    assert told("es", caught.value.message) == "el motor no está en marcha"
