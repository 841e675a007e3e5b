"""C1: a call that does not return is left behind; the next one goes on without it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from rms_console.adapters.rms.watchdog import HUNG, Watchdog
from rms_console.errors import SourceUnavailable

DEADLINE_S = 0.05
LONG_S = 5.0


class Blocker:
    """A call that hangs until it is let go, as a driver does on a network that swallows packets."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.let_go = threading.Event()
        self.threads: list[str] = []

    def __call__(self) -> str:
        self.threads.append(threading.current_thread().name)
        self.began.set()
        assert self.let_go.wait(LONG_S)
        return "late"


@pytest.fixture
def blocker() -> Iterator[Blocker]:
    blocker = Blocker()
    yield blocker
    blocker.let_go.set()


def until(*, of: Watchdog, hung: int) -> None:
    """Wait, bounded, for left-behind threads to end."""
    end = time.monotonic() + LONG_S
    while of.hung != hung:
        assert time.monotonic() < end
        threading.Event().wait(0.002)


def test_a_call_gives_its_result_and_its_error() -> None:
    dog = Watchdog(LONG_S)
    assert dog.run(lambda: 42, "counting") == 42
    with pytest.raises(ZeroDivisionError):
        dog.run(lambda: 1 // 0, "dividing")
    assert dog.run(lambda: "still there", "counting") == "still there"
    dog.close()


def test_calls_that_return_share_one_thread() -> None:
    """A driver's connection is used by one thread at a time."""
    dog = Watchdog(LONG_S)
    threads = {dog.run(threading.get_ident, "asking") for _ in range(20)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    dog.close()


def test_c1_a_call_that_does_not_return_is_given_up_in_time(blocker: Blocker) -> None:
    """C1: an error within twice the deadline, and the next call works at once, in a thread of its own."""
    dog = Watchdog(DEADLINE_S)
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match="reading changes: no answer") as caught:
        dog.run(blocker, "reading changes")
    assert time.monotonic() - began < LONG_S / 2
    assert caught.value.code == HUNG
    assert caught.value.hint
    assert dog.hung == 1
    assert dog.run(lambda: "next", "reading changes", deadline_s=LONG_S) == "next"
    dog.close()


def test_c1_what_returns_late_is_put_away_and_told_to_nobody(blocker: Blocker) -> None:
    dog = Watchdog(DEADLINE_S)
    put_away: list[str] = []
    with pytest.raises(SourceUnavailable):
        dog.run(blocker, "reading", left_behind=lambda: put_away.append(threading.current_thread().name))
    assert put_away == []
    blocker.let_go.set()
    until(of=dog, hung=0)
    assert len(put_away) == 1
    assert dog.run(lambda: "next", "reading", deadline_s=LONG_S) == "next"
    dog.close()


def test_c1_no_more_are_begun_than_may_hang_at_once() -> None:
    """Each may hold a connection, and there may never be more of them than the settings say."""
    dog = Watchdog(DEADLINE_S, most_hung=2)
    blockers = [Blocker(), Blocker()]
    for blocker in blockers:
        with pytest.raises(SourceUnavailable, match="no answer"):
            dog.run(blocker, "reading")
    ran: list[int] = []
    with pytest.raises(SourceUnavailable, match="2 earlier reads") as caught:
        dog.run(lambda: ran.append(1), "reading")
    assert caught.value.code == HUNG
    assert "restart" in caught.value.hint
    assert ran == []
    blockers[0].let_go.set()
    until(of=dog, hung=1)
    dog.run(lambda: ran.append(1), "reading", deadline_s=LONG_S)
    assert ran == [1]
    blockers[1].let_go.set()
    dog.close()


def test_closing_lets_a_waiting_caller_go(blocker: Blocker) -> None:
    """The engine leaves within ten seconds also while a read hangs."""
    dog = Watchdog(LONG_S * 10)
    told: list[SourceUnavailable] = []

    def waits() -> None:
        with pytest.raises(SourceUnavailable) as caught:
            dog.run(blocker, "reading")
        told.append(caught.value)

    caller = threading.Thread(target=waits)
    caller.start()
    assert blocker.began.wait(LONG_S)
    assert dog.is_busy
    dog.close()
    caller.join(LONG_S)
    assert [error.code for error in told] == ["rms-closed"]
    with pytest.raises(SourceUnavailable, match="being closed"):
        dog.run(lambda: 1, "reading")


def test_threads_left_behind_do_not_keep_the_process(blocker: Blocker) -> None:
    dog = Watchdog(DEADLINE_S, name="watched-call")
    with pytest.raises(SourceUnavailable):
        dog.run(blocker, "reading")
    (thread,) = [thread for thread in threading.enumerate() if thread.name in blocker.threads]
    assert thread.daemon
    dog.close()
