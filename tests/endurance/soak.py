"""The real program for a long time: a till writes, the shop is another process, and nothing of the engine may grow.

Each sample has what the system says of the process (memory, open files and sockets, threads), what the program says
of itself over its API (lag of its loop, age of the oldest change) and the sizes of its files. Flat: a line through
the samples after the warm-up rises by no more than the bound.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from rms_console.control.endpoint_file import read_endpoint
from rms_console.demo.rms import LiveStore, StoreEvent, create_store
from tests.acceptance.site import SETTINGS, clean_environment
from tests.acceptance.store_file import ZONE
from tests.endurance.measures import Bound, Verdict
from tests.endurance.shop_process import SETTINGS as SHOP
from tests.endurance.shop_process import shop_elsewhere

MB = float(1 << 20)
MORE = "[api]\nport = 0"
LIVELY = 'mode = "live"\nwatch_s = 10\ninterval_minutes = 1'
START_S = 60.0
STOP_S = 30.0
WARM = 0.6
"""Share of the time before anything is judged: until then the rings of the last 5,000 log lines, 2,000 events and ten
minutes of lag fill up, as they are meant to."""
EMPTY_S = 30.0
"""How old the oldest change may be where one watches every ten seconds, once the store is in the shop."""
BOUNDS = (
    Bound("resident memory", "MB", growth=2 * MB, shown_by=MB),
    Bound("open files, sockets", "", growth=2.0),
    Bound("threads", "", growth=1.0),
    Bound("loop lag p99", "ms", growth=0.05, share=0.5, most=0.25, shown_by=0.001),
    Bound("oldest unsent", "s", growth=10.0, most=EMPTY_S),
    Bound("write-ahead log", "MB", growth=8 * MB, most=40 * MB, shown_by=MB),
)
LEDGER_A_EVENT = 6_000.0
"""Bytes that the ledger may grow by for each thing that happened at the till: its history says what was changed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The program at one instant. Sizes in bytes; `lag_s` and `oldest_s` as it tells them."""

    at_s: float
    rss: float
    handles: int
    threads: int
    lag_s: float
    oldest_s: float
    wal: int
    ledger: int
    log: int
    events: int

    def figures(self) -> tuple[float, ...]:
        """Return the values of `BOUNDS`, in order."""
        return (self.rss, self.handles, self.threads, self.lag_s, self.oldest_s, self.wal)


@dataclass
class Soak:
    """What was seen. `warm_s`: when the watched time begins."""

    samples: list[Sample] = field(default_factory=list)
    warm_s: float = 0.0
    code: int | None = None
    levels: Counter[str] = field(default_factory=Counter)
    """Lines of the log by level."""

    @property
    def watched(self) -> list[Sample]:
        return [one for one in self.samples if one.at_s >= self.warm_s]

    def verdicts(self) -> list[Verdict]:
        return [
            bound.judge([(one.at_s, one.figures()[place]) for one in self.watched])
            for place, bound in enumerate(BOUNDS)
        ]

    @property
    def ledger_a_event(self) -> float:
        first, last = self.watched[0], self.watched[-1]
        return (last.ledger - first.ledger) / max(1, last.events - first.events)

    @property
    def is_good(self) -> bool:
        return self.code == 0 and all(one.is_flat for one in self.verdicts()) and self.ledger_a_event <= LEDGER_A_EVENT

    def told(self) -> str:
        first, last = self.watched[0], self.watched[-1]
        return "\n".join(
            (
                f"{last.at_s / 60:.1f} min, {len(self.samples)} samples; judged from minute {first.at_s / 60:.1f} on,"
                f" {last.events - first.events} things at the till since",
                *(one.told() for one in self.verdicts()),
                f"  ledger {first.ledger / MB:.2f} -> {last.ledger / MB:.2f} MB, {self.ledger_a_event:,.0f} bytes for"
                f" each thing at the till ({LEDGER_A_EVENT:,.0f} allowed); log {last.log / MB:.2f} MB,"
                f" lines {dict(self.levels)}; exit code {self.code}",
                f"  {'PASSED' if self.is_good else 'FAILED'}",
            )
        )


class Running:
    """The program at work in `folder`, with a till that writes."""

    def __init__(self, folder: Path, origin: str, skus: int, events_a_minute: float) -> None:
        self.state, self.logs = folder / "state", folder / "logs"
        store = folder / "store.db"
        create_store(store, skus=skus, zone=ZONE)
        config = folder / "console.toml"
        text = SETTINGS.format(
            url=f"sqlite:///{store.as_posix()}",
            zone=ZONE,
            domain=SHOP.domain,
            token=SHOP.access_token,
            origin=origin,
            more=MORE,
        )
        config.write_text(text.replace('mode = "live"', LIVELY), encoding="utf-8")
        config.chmod(0o600)
        command = [sys.executable, "-m", "rms_console", "--config", str(config), "--state-dir", str(self.state)]
        self.out = (folder / "out.log").open("wb")
        self.process = subprocess.Popen(
            [*command, "--log-dir", str(self.logs), "--lang", "en", "--no-ui"],
            stdout=self.out,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
        )
        self.seen = psutil.Process(self.process.pid)
        self.begun = time.monotonic()
        self.events = 0
        self._stop = threading.Event()
        live = LiveStore(store, zone=ZONE, speed=events_a_minute)
        self._till = threading.Thread(target=live.run, args=(self._stop, self._happened), name="till", daemon=True)
        self._client = httpx.Client(timeout=10.0)

    def _happened(self, event: StoreEvent) -> None:
        self.events += 1

    def begin(self) -> None:
        """Wait until the API answers, then open the store.

        Raises:
            RuntimeError: it does not, in time.
        """
        deadline = time.monotonic() + START_S
        while not self.figures():
            if self.process.poll() is not None or time.monotonic() > deadline:
                told = Path(self.out.name).read_text("utf-8")[-1000:]
                raise RuntimeError(f"the program does not answer: {told}")
            time.sleep(0.1)
        self.begun = time.monotonic()
        self._till.start()

    def figures(self) -> dict[str, float]:
        """Return what /metrics says, without what has labels; nothing while it is not served."""
        endpoint = read_endpoint(self.state)
        if endpoint is None:
            return {}
        try:
            lines = self._client.get(f"{endpoint.url}/metrics").text.splitlines()
        except httpx.HTTPError:
            return {}
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#") and "{" not in line)
        return {name: float(value) for name, value in pairs}

    def sample(self) -> Sample:
        """Return how it is now.

        Raises:
            RuntimeError: the process is gone.
        """
        told = self.figures()
        try:
            with self.seen.oneshot():
                rss, threads = self.seen.memory_info().rss, self.seen.num_threads()
            handles = self.seen.num_fds() if os.name == "posix" else self.seen.num_handles()
        except psutil.Error as error:
            raise RuntimeError(f"the program is gone: {error}") from error
        return Sample(
            time.monotonic() - self.begun,
            rss,
            handles,
            threads,
            told.get("rms_console_loop_lag_p99_seconds", 0.0),
            told.get("rms_console_oldest_unsent_seconds", 0.0),
            size_of(self.state / "ledger.db-wal"),
            size_of(self.state / "ledger.db"),
            sum(size_of(path) for path in self.logs.glob("*.log")),
            self.events,
        )

    def end(self) -> int:
        """Close the store, stop the program in order; return its exit code."""
        self._stop.set()
        if self._till.ident is not None:
            self._till.join(timeout=5)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._client.close()
        self.out.close()
        return code

    def levels(self) -> Counter[str]:
        """Return how many lines of each level are in the log."""
        found: Counter[str] = Counter()
        for path in self.logs.glob("*.log"):
            with path.open(encoding="utf-8") as lines:
                found.update(str(json.loads(line).get("level", "?")) for line in lines)
        return found


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextlib.contextmanager
def running(skus: int, events_a_minute: float) -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="soak-") as name, shop_elsewhere() as origin:
        program = Running(Path(name), origin, skus, events_a_minute)
        try:
            program.begin()
            yield program
        finally:
            program.end()


def soak(length_s: float, every_s: float, warm_s: float, skus: int, events_a_minute: float) -> Soak:
    """Watch the program for `length_s`, with a sample each `every_s`."""
    seen = Soak(warm_s=warm_s)
    with running(skus, events_a_minute) as program:
        number = 0
        while program.begun + length_s > time.monotonic():
            seen.samples.append(program.sample())
            number += 1
            time.sleep(max(0.0, program.begun + number * every_s - time.monotonic()))
        seen.code = program.end()
        seen.levels = program.levels()
    return seen


def main(minutes: float, skus: int = 2000, events_a_minute: float = 90.0) -> bool:
    seen = soak(minutes * 60, 10.0, minutes * 60 * WARM, skus, events_a_minute)
    sys.stdout.write("\n".join(_series(seen.samples)) + "\n" + seen.told() + "\n")
    return seen.is_good


def _series(samples: Sequence[Sample]) -> Iterator[str]:
    yield "minute    MB  files threads  lag ms  oldest s  ledger MB  wal MB  log MB  events"
    for one in samples[:: max(1, len(samples) // 30)]:
        yield (
            f"{one.at_s / 60:6.1f} {one.rss / MB:6.1f} {one.handles:5} {one.threads:6} {one.lag_s * 1000:9.1f}"
            f" {one.oldest_s:9.1f} {one.ledger / MB:10.2f} {one.wal / MB:7.2f} {one.log / MB:7.2f} {one.events:7}"
        )
