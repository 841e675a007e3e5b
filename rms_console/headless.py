"""The engine without a screen: as a service until a signal, or for one cycle."""

from __future__ import annotations

import asyncio
import getpass
import json
import platform
import signal
import sys
import uuid
from collections.abc import Callable
from typing import Any, TextIO

from rms_console.contract.commands import Actor, Command, Refused, Reload
from rms_console.contract.records import QueueCounts
from rms_console.contract.snapshot import CycleView
from rms_console.engine.alerts import single
from rms_console.engine.journal import MONITOR
from rms_console.engine.memory import settle_memory
from rms_console.engine.runner import Finished
from rms_console.engine.service import EngineService
from rms_console.errors import ConsoleError, LeaseHeld
from rms_console.wiring import Options, Site, open_site
from rms_console.wiring.parts import open_engine
from rms_console.wiring.serving import serving

EXIT_WELL, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130


def run_service(options: Options) -> int:
    """Run the engine until it is told to stop; return the exit code.

    Raises:
        ConfigError, LeaseHeld, StoreError: nothing was started.
    """
    with open_site(options) as site, open_engine(site, sys.stdout) as engine:
        return asyncio.run(_serve(site, engine))


def run_once(options: Options) -> int:
    """Run one cycle, print its summary as one JSON object, return the exit code.

    Raises:
        ConfigError: nothing was started and nothing printed.
        LeaseHeld: another engine runs on this state; the object says so.
    """
    with open_site(options) as site, open_engine(site, sys.stderr) as engine:
        try:
            summary = asyncio.run(_one_cycle(engine))
        except LeaseHeld as error:
            _print(summarise(None, error))
            raise
    _print(summary)
    if "error" in summary:
        _explain(summary["error"], sys.stderr)
        return EXIT_FAILED
    return EXIT_WELL


async def _serve(site: Site, engine: EngineService) -> int:
    await engine.open()
    settle_memory()
    stopped = Stopped()
    with Signals(engine, stopped):
        if site.embedded is not None:
            site.embedded.begin(lambda event: engine.journal.log("INFO", "Till", "{text}", text=event.text))
        async with serving(site, engine):
            await engine.run()
    return EXIT_INTERRUPTED if stopped.by_person else EXIT_WELL


async def _one_cycle(engine: EngineService) -> dict[str, Any]:
    stopped = Stopped()
    error: Exception | None = None
    finished: Finished | None = None
    aside: dict[str, int] = {}
    await engine.open()
    try:
        with Signals(engine, stopped):
            before = await _counts(engine)
            try:
                finished = await engine.run_once()
                error = finished.fault
                aside = _set_aside(await _counts(engine))
            except LeaseHeld:
                raise
            except ConsoleError as exc:
                error = exc
            if not engine.is_stopping:
                await single.judge(engine, before, finished, error)
    except LeaseHeld:
        raise
    except ConsoleError as exc:
        error = exc
    finally:
        await engine.close()
    return summarise(finished.view if finished else None, error) | aside


async def _counts(engine: EngineService) -> QueueCounts:
    return await engine.deps.disk(engine.deps.ledger.queue_counts, engine.deps.clock.now())


def _set_aside(counts: QueueCounts) -> dict[str, int]:
    """Return how many items stand on the lists by now: those of this cycle and those from before."""
    return {"quarantined_total": counts.quarantined, "held_total": counts.held}


def summarise(view: CycleView | None, error: Exception | None) -> dict[str, Any]:
    """Return what one cycle did, as plain JSON values; with `error` when the cycle itself failed."""
    names = (
        "sync_id",
        "result",
        "items_found",
        "products_synced",
        "products_created",
        "variants_created",
        "variants_updated",
        "stock_rows",
        "mutations",
        "queries",
        "points",
        "throttled",
        "errors",
        "quarantined",
        "held",
        "batches",
        "queue_left",
        "duration_s",
        "note",
    )
    if view is None:
        summary: dict[str, Any] = dict.fromkeys(names, 0) | {"sync_id": None, "result": "FAIL", "errors": 1, "note": ""}
    else:
        summary = {name: getattr(view, name) for name in names}
        summary["duration_s"] = round(view.duration_s, 3)
    if error is not None:
        summary["error"] = {
            "code": error.code if isinstance(error, ConsoleError) else "unexpected",
            "message": error.message if isinstance(error, ConsoleError) else f"{type(error).__name__}: {error}",
            "hint": error.hint if isinstance(error, ConsoleError) else "this is a defect: please report app.log",
        }
    return summary


def _print(summary: dict[str, Any]) -> None:
    json.dump(summary, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
    sys.stdout.flush()


def _explain(error: dict[str, str], stream: TextIO) -> None:
    stream.write(f"rms-console: {error['message']}\n")
    if error["hint"]:
        stream.write(f"  {error['hint']}\n")


class Stopped:
    """Remembers whether a person at the keyboard ended the engine."""

    by_person = False


class Signals:
    """While inside, SIGTERM and SIGINT (Windows: CTRL_BREAK, CTRL_C) stop the engine; SIGHUP reads settings again."""

    def __init__(self, engine: EngineService, stopped: Stopped) -> None:
        self._engine = engine
        self._stopped = stopped
        self._loop = asyncio.get_running_loop()
        self._before: dict[int, Any] = {}
        self._tasks: set[asyncio.Task[object]] = set()

    def __enter__(self) -> None:
        self._on("SIGTERM", self._engine.stop)
        self._on("SIGBREAK", self._engine.stop)
        self._on("SIGINT", self._interrupt)
        self._on("SIGHUP", self._reload)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on(self, name: str, call: Callable[[], None]) -> None:
        number = getattr(signal, name, None)
        if number is None:
            return
        # Plain handlers, not the loop's own: those do not exist on Windows. The loop is woken to run the call.
        self._before[number] = signal.signal(number, lambda *_: self._loop.call_soon_threadsafe(call))

    def _interrupt(self) -> None:
        self._stopped.by_person = True
        self._engine.stop()

    def _reload(self) -> None:
        task = asyncio.ensure_future(self._read_again())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_again(self) -> None:
        """Read the settings again and say what came of it: nobody else hears the reply to a signal."""
        actor = Actor(getpass.getuser(), platform.node(), "signal")
        log = self._engine.journal.log
        reply = await self._engine.send(Command(uuid.uuid4().hex, actor, Reload()))
        if isinstance(reply, Refused):
            log("ERROR", MONITOR, "Settings not taken over: {message}", message=reply.message)
        else:
            log("INFO", MONITOR, "Settings read again; where to connect and as whom needs a restart")
