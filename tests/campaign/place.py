"""One store, one shop, and the real engines that are run on them."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import psutil

from rms_console.demo.shopify import RunningShop
from tests.acceptance.site import Site, clean_environment
from tests.campaign.shop import ShopProcess
from tests.campaign.till import CampaignStore

QUICK = 'mode = "live"\nwatch_s = 0.2\ninterval_minutes = 0.05\nfull_sync_at = "off"\nsweep_minutes = 0.2'
MORE = """max_changed_percent = 0
max_changed_products = 0
price_jump_percent = 0
max_removed_variants = 0
max_missing_percent = 0

[api]
port = 0

[mapping]
status = "ACTIVE"

[stock]
conflict_grace_hours = 0.004

[recovery]
probe_s = 0.5
check_interval_s = 1
"""
"""The guard and the pace of recovery have tests of their own; here they would only take time. What is held back for
the shop's own sales (after a takeover, or with an old ledger) is let go after 14 s instead of a day."""

LEDGER = "ledger.db"
STOP_S = 20.0
UNREADABLE = "unreadable"


def until(condition: Callable[[], bool], wait_s: float, step_s: float = 0.02) -> bool:
    """Wait for a condition; return whether it came true in time."""
    deadline = time.monotonic() + wait_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step_s)
    return True


class Place:
    """A machine: settings, state and logs in a folder of its own. Its engines end with the block it is used in."""

    def __init__(self, folder: Path, store: CampaignStore, shop: ShopProcess, more: str = "", origin: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.store = store
        self.site = Site(folder, store, cast(RunningShop, shop))
        self.engines: list[subprocess.Popen[bytes]] = []
        self.configure(more, origin)

    def configure(self, more: str = "", origin: str = "") -> None:
        self.site.configure(MORE + more, origin=origin or None)
        text = self.site.config.read_text(encoding="utf-8")
        self.site.config.write_text(text.replace('mode = "live"', QUICK), encoding="utf-8")

    @property
    def ledger(self) -> Path:
        return self.site.state / LEDGER

    def start(self, *before: str, setup: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
        """Start the engine, by the words `before` it if any; what it says goes to out.txt."""
        with (self.folder / "out.txt").open("ab") as out:
            command = [*before, *self.site.command("--no-ui")]
            engine = subprocess.Popen(command, stdout=out, stderr=out, env=clean_environment(), preexec_fn=setup)
        self.engines.append(engine)
        return engine

    def kill(self) -> None:
        """Kill every engine of this place, and wait until it is gone."""
        for engine in self.engines:
            if engine.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    engine.send_signal(signal.SIGCONT)
                    engine.kill()
            engine.wait()
        self.engines.clear()

    def stop(self, engine: subprocess.Popen[bytes]) -> int | None:
        """Ask an engine to settle and end; return its exit code, None where it did not end in time."""
        if engine.poll() is None:
            engine.terminate()
        try:
            return engine.wait(STOP_S)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.kill()

    def said(self, text: str, since: int = 0) -> bool:
        """Whether the log has a text, in what was written after `since` bytes."""
        return text in self.log(since)

    def log(self, since: int = 0) -> str:
        log = self.site.logs / "app.log"
        return log.read_bytes()[since:].decode("utf-8", "replace") if log.exists() else ""

    def is_ready(self, since: int) -> bool:
        """Whether an engine has come up, by what the log says after `since` bytes."""
        return self.said('"READY"', since)

    def last_words(self) -> str:
        """Return the end of what the engines said on their outputs."""
        said = self.folder / "out.txt"
        return " | ".join(said.read_text("utf-8", "replace").splitlines()[-4:])[-400:] if said.exists() else ""

    def log_size(self) -> int:
        log = self.site.logs / "app.log"
        return log.stat().st_size if log.exists() else 0

    def queue(self) -> dict[int, tuple[str, str, str]]:
        """Return what stands in the queue: item -> state, code, message. Also while an engine runs."""
        if not self.ledger.exists():
            return {}
        try:
            with closing(sqlite3.connect(f"{self.ledger.as_uri()}?mode=ro", uri=True, timeout=5)) as db:
                rows = db.execute("SELECT item_id, state, code, message FROM queue").fetchall()
        except sqlite3.Error as error:
            return {0: (UNREADABLE, "", str(error))}
        return {int(item): (str(state), str(code), str(message)) for item, state, code, message in rows}

    def holds(self) -> int:
        """Return how many changes wait for a person's yes."""
        try:
            with closing(sqlite3.connect(f"{self.ledger.as_uri()}?mode=ro", uri=True, timeout=5)) as db:
                return int(db.execute("SELECT count(*) FROM holds WHERE state = 'open'").fetchone()[0])
        except sqlite3.Error:
            return 0

    def integrity(self) -> str:
        """Return what SQLite says of the ledger that no engine has open: `ok`."""
        with closing(sqlite3.connect(self.ledger)) as db:
            return str(db.execute("PRAGMA integrity_check").fetchone()[0])

    def left_over(self) -> list[int]:
        """Return the processes that still work on this place."""
        mark = str(self.site.config)
        found = []
        for process in psutil.process_iter(["pid", "cmdline"]):
            if process.pid != os.getpid() and mark in (process.info["cmdline"] or ()):
                found.append(process.pid)
        return found


@contextlib.contextmanager
def ending(*places: Place) -> Iterator[None]:
    """End every engine of the places with the block."""
    try:
        yield
    finally:
        for place in places:
            place.kill()
