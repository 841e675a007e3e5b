"""One engine per shop on this machine: an operating-system lock, and a second file that tells who holds it.

The lock is the kernel's: it is free the moment its process dies, so there is no time to live and nothing to clean up.
The owner lies in a file of its own, because on Windows nobody else can read a locked file. Not for network drives.
"""

from __future__ import annotations

import json
import os
import platform
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from rms_console.contract.ports import Clock
from rms_console.contract.records import LeaseOwner
from rms_console.contract.state import LockStatus
from rms_console.errors import LeaseError, LeaseHeld, LeaseLost, StoreFull
from rms_console.locale import sentence

LOCK_NAME = "ledger.lock"
OWNER_NAME = "owner.json"

_REPLACE_TRIES = 5
_REPLACE_WAIT_S = 0.02
_START_SLACK = timedelta(seconds=2)
"""A process notes that it took the lock after it began; the system's own figure for that is rounded."""


class FileLease:
    """`contract.ports.Lease` in a folder. Two leases on one folder exclude each other, in one process too."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._own: LeaseOwner | None = None
        # The engine's loop takes the lock; another thread may let it go.
        self._lock = FileLock(folder / LOCK_NAME, timeout=0, thread_local=False)

    def acquire(self, boot_id: str) -> None:
        """Take the lock or refuse at once.

        Raises:
            LeaseHeld: another process (or this one, already) holds it.
            LeaseError: this account may not use the lock file.
            StoreFull: the folder or the owner file cannot be written.
        """
        if self._own is not None:
            raise self._held(self._own)
        self._take()
        owner = LeaseOwner(os.getpid(), platform.node(), boot_id, self._clock.now(), 0)
        try:
            self._write(owner)
        except BaseException:
            self._lock.release()
            raise

    def owner(self) -> LeaseOwner | None:
        """Return who holds the lease, or who held it last and died; None when it was let go or never taken."""
        return self._own or self._read()

    def status(self) -> LockStatus:
        """Return whether the lease is free, ours, another's, or left behind by a process that died.

        Another's is one that we took as well, when somebody removed the lock's file from under us.
        """
        owner = self.owner()
        if owner is None:
            return LockStatus.AVAILABLE
        if owner is self._own:
            return LockStatus.HELD if self._robber() is None else LockStatus.HELD_BY_OTHER
        return LockStatus.HELD_BY_OTHER if _may_live(owner) else LockStatus.ORPHAN

    def forget_dead(self) -> None:
        """Remove the owner file of a process that died.

        Raises:
            LeaseHeld: somebody holds the lease after all.
        """
        if self._own is not None:
            raise self._held(self._own)
        self._take()
        try:
            (self._folder / OWNER_NAME).unlink(missing_ok=True)
        except OSError as exc:
            raise _unwritable(self._folder, exc) from exc
        finally:
            self._lock.release()

    def lives(self, pid: int, since_at: datetime) -> bool:
        return _may_live(LeaseOwner(pid, platform.node(), "", since_at, 0))

    def record_epoch(self, epoch: int) -> None:
        """Tell the fencing token of this tenure in the owner file.

        Raises:
            LeaseLost: we do not hold the lease.
        """
        if self._own is None or self._robber() is not None:
            raise LeaseLost("the lease is not held: its epoch cannot be recorded")
        self._write(replace(self._own, epoch=epoch))

    def release(self) -> None:
        """Let the lease go. Not held: nothing to do."""
        if self._own is None:
            return
        robber, self._own = self._robber(), None
        # Windows refuses while somebody reads the file; a name left behind only says who held the lease last.
        with suppress(OSError):
            if robber is None:
                (self._folder / OWNER_NAME).unlink()
        self._lock.release()

    def _robber(self) -> LeaseOwner | None:
        """Return who took the lease while we held it, as is possible where somebody removed the lock's file."""
        if self._own is None:
            return None
        named = self._read()
        return named if named is not None and named.boot_id != self._own.boot_id else None

    def _take(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout as exc:
            raise self._held(self._read()) from exc
        except PermissionError as exc:
            raise LeaseError(
                sentence("{file} cannot be used by this account ({error})", file=self._folder / LOCK_NAME, error=exc),
                code="lease-denied",
                hint=sentence(
                    "run the engine with the account that made the file, or give this one the right to write it"
                ),
            ) from exc
        except OSError as exc:
            raise _unwritable(self._folder, exc) from exc

    def _held(self, owner: LeaseOwner | None) -> LeaseHeld:
        who = sentence("another process")
        if owner is not None:
            since = f"{owner.since_at:%Y-%m-%d %H:%M:%S}"
            who = sentence("process {pid} on {host}, since {since} UTC,", pid=owner.pid, host=owner.host, since=since)
        return LeaseHeld(
            sentence("{who} runs the engine of this shop (lock {file})", who=who, file=self._folder / LOCK_NAME),
            hint=sentence("stop it first; the lock is freed by itself when that process ends"),
        )

    def _read(self) -> LeaseOwner | None:
        """Return what the owner file says; None when there is none or it is not readable as one."""
        try:
            plain = json.loads((self._folder / OWNER_NAME).read_text(encoding="utf-8"))
            return LeaseOwner(
                pid=int(plain["pid"]),
                host=str(plain["host"]),
                boot_id=str(plain["boot_id"]),
                since_at=datetime.fromisoformat(plain["since_at"]),
                epoch=int(plain["epoch"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, owner: LeaseOwner) -> None:
        plain = {
            "pid": owner.pid,
            "host": owner.host,
            "boot_id": owner.boot_id,
            "since_at": owner.since_at.isoformat(),
            "epoch": owner.epoch,
        }
        try:
            _replace_text(self._folder / OWNER_NAME, json.dumps(plain))
        except OSError as exc:
            raise _unwritable(self._folder, exc) from exc
        self._own = owner


def _may_live(owner: LeaseOwner) -> bool:
    """Return whether the owner's process may still run. Of another host nobody here can tell: it may.

    A process that began after the lease was taken has only been given the number of the one that died.
    """
    if owner.host != platform.node():
        return True
    try:
        began = psutil.Process(owner.pid).create_time()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
    return datetime.fromtimestamp(began, owner.since_at.tzinfo) <= owner.since_at + _START_SLACK


def _replace_text(path: Path, text: str) -> None:
    """Replace a file whole. On Windows that is refused while somebody reads it, which does not last."""
    draft = path.with_suffix(".tmp")
    draft.write_text(text, encoding="utf-8")
    for tries_left in reversed(range(_REPLACE_TRIES)):
        try:
            draft.replace(path)
        except PermissionError:
            if not tries_left:
                raise
            time.sleep(_REPLACE_WAIT_S)
        else:
            return


def _unwritable(folder: Path, exc: OSError) -> StoreFull:
    return StoreFull(
        sentence("{folder} cannot be written ({error})", folder=folder, error=exc),
        hint=sentence("free space on the disk, or check the rights on the folder"),
    )
