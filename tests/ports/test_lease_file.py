"""`FileLease`: one engine per folder, told by name; free the moment its process dies."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rms_console.adapters.lease import FileLease
from rms_console.contract.state import LockStatus
from rms_console.errors import Action, LeaseError, LeaseHeld, LeaseLost, StoreFull
from tests.twins.clock import START, ManualClock

HOLDER = """
import sys
from pathlib import Path
from rms_console.adapters.clock import SystemClock
from rms_console.adapters.lease import FileLease

lease = FileLease(Path(sys.argv[1]), SystemClock())
lease.acquire("holder")
lease.record_epoch(7)
print("held", flush=True)
sys.stdin.read()
"""


def a_lease(folder: Path) -> FileLease:
    return FileLease(folder, ManualClock())


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease of `tmp_path`."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_owner_is_told(tmp_path: Path) -> None:
    lease = a_lease(tmp_path / "state" / "shop")
    assert lease.owner() is None
    assert lease.status() is LockStatus.AVAILABLE
    lease.acquire("boot-1")
    lease.record_epoch(3)
    owner = a_lease(tmp_path / "state" / "shop").owner()
    assert owner is not None
    assert owner == lease.owner()
    assert (owner.pid, owner.host, owner.boot_id) == (os.getpid(), platform.node(), "boot-1")
    assert (owner.since_at, owner.epoch) == (START, 3)
    assert lease.status() is LockStatus.HELD
    lease.release()


def test_s8_a_second_engine_is_refused_at_once_and_told_who_runs(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """S8: two engines on one state; the second refuses, names the first and says what to do."""
    lease = a_lease(tmp_path)
    with pytest.raises(LeaseHeld) as refused:
        lease.acquire("boot-2")
    assert f"process {holder.pid} on {platform.node()}" in refused.value.message
    assert "UTC" in refused.value.message
    assert "stop it first" in refused.value.hint
    assert refused.value.action is Action.ABANDON_CYCLE
    assert lease.status() is LockStatus.HELD_BY_OTHER
    owner = lease.owner()
    assert owner is not None
    assert (owner.boot_id, owner.epoch) == ("holder", 7)


def test_s8_kill_of_the_holder_frees_the_lease(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    """S8 and section 1.5: `kill -9` of the holder; the next start takes over, and its stale owner file goes."""
    holder.kill()
    holder.wait()
    lease = a_lease(tmp_path)
    assert lease.status() is LockStatus.ORPHAN
    lease.acquire("boot-2")
    owner = a_lease(tmp_path).owner()
    assert owner is not None
    assert (owner.pid, owner.boot_id, owner.epoch) == (os.getpid(), "boot-2", 0)
    lease.release()


def test_two_leases_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    first, second = a_lease(tmp_path), a_lease(tmp_path)
    first.acquire("boot-1")
    with pytest.raises(LeaseHeld):
        second.acquire("boot-2")
    with pytest.raises(LeaseHeld):
        first.acquire("boot-3")
    owner = second.owner()
    assert owner is not None
    assert owner.boot_id == "boot-1"
    first.release()
    second.acquire("boot-2")
    second.release()


def test_release_is_whole_and_may_be_repeated(tmp_path: Path) -> None:
    lease = a_lease(tmp_path)
    lease.release()
    lease.acquire("boot-1")
    lease.release()
    lease.release()
    assert lease.owner() is None
    assert a_lease(tmp_path).status() is LockStatus.AVAILABLE
    lease.acquire("boot-2")
    lease.release()


def test_another_thread_may_let_go(tmp_path: Path) -> None:
    lease = a_lease(tmp_path)
    lease.acquire("boot-1")
    thread = threading.Thread(target=lease.release)
    thread.start()
    thread.join()
    other = a_lease(tmp_path)
    other.acquire("boot-2")
    owner = other.owner()
    assert owner is not None
    assert owner.boot_id == "boot-2"
    other.release()


def test_a_refused_start_leaves_the_owner_file_alone(tmp_path: Path) -> None:
    first, second = a_lease(tmp_path), a_lease(tmp_path)
    first.acquire("boot-1")
    with pytest.raises(LeaseHeld):
        second.acquire("boot-2")
    second.release()
    owner = a_lease(tmp_path).owner()
    assert owner is not None
    assert owner.boot_id == "boot-1"
    first.release()


def test_an_epoch_without_the_lease_is_a_lost_lease(tmp_path: Path) -> None:
    with pytest.raises(LeaseLost):
        a_lease(tmp_path).record_epoch(1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}', "\x00\x00"])
def test_an_owner_file_that_is_none_is_taken_for_no_owner(tmp_path: Path, text: str) -> None:
    (tmp_path / "owner.json").write_text(text)
    lease = a_lease(tmp_path)
    assert lease.owner() is None
    lease.acquire("boot-1")
    lease.release()


def owner_file(folder: Path, *, host: str, since_at: datetime) -> None:
    plain = {"pid": os.getpid(), "host": host, "boot_id": "x", "since_at": since_at.isoformat(), "epoch": 1}
    (folder / "owner.json").write_text(json.dumps(plain))


def test_a_number_given_to_a_younger_process_is_an_orphan(tmp_path: Path) -> None:
    owner_file(tmp_path, host=platform.node(), since_at=datetime.now(UTC) - timedelta(days=400))
    assert a_lease(tmp_path).status() is LockStatus.ORPHAN


def test_of_another_host_nobody_can_tell_that_it_died(tmp_path: Path) -> None:
    owner_file(tmp_path, host="elsewhere", since_at=datetime.now(UTC) - timedelta(days=400))
    assert a_lease(tmp_path).status() is LockStatus.HELD_BY_OTHER


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFull, match="file"):
        a_lease(tmp_path / "file" / "state").acquire("boot-1")


def test_a_lock_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.lock").mkdir()
    lease = a_lease(tmp_path)
    with pytest.raises((LeaseError, StoreFull)) as refused:
        lease.acquire("boot-1")
    assert not isinstance(refused.value, LeaseHeld)
    assert refused.value.hint
    assert lease.owner() is None


def test_what_a_dead_process_left_can_be_removed(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    lease = a_lease(tmp_path)
    assert lease.status() is LockStatus.ORPHAN
    lease.forget_dead()
    assert lease.owner() is None
    assert lease.status() is LockStatus.AVAILABLE
    lease.acquire("next")
    lease.release()


def test_a_lease_that_is_held_is_not_forgotten(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(LeaseHeld):
        a_lease(tmp_path).forget_dead()
    own = a_lease(tmp_path / "own")
    own.acquire("boot")
    with pytest.raises(LeaseHeld):
        own.forget_dead()
    assert holder.poll() is None
    assert own.status() is LockStatus.HELD
    own.release()
