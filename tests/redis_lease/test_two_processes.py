"""Two real engines on one shop: who holds the lease writes, the other one goes on when it is gone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.site import Site, clean_environment
from tests.acceptance.store_file import Shoe
from tests.redis_lease.conftest import TTL_S, RedisServer, until

SLACK_S = 20.0
"""For a loaded machine: how long after the lease a takeover may take."""


@contextlib.contextmanager
def running(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    site.logs.mkdir(exist_ok=True)
    with (site.folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(site.command("--no-ui"), stdout=out, stderr=out, env=clean_environment())
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


def said(site: Site, text: str) -> bool:
    log = site.logs / "app.log"
    return log.exists() and text in log.read_text(encoding="utf-8")


def holds(site: Site) -> bool:
    return said(site, "holds the lease in Redis")


def stands_by(site: Site) -> bool:
    return said(site, "this one stands by")


def price(site: Site, item_id: int) -> float:
    return next(float(v.price) for p in site.shop.products() for v in p.variants if v.sku == f"SKU-{item_id}")


def shows(site: Site, item_id: int, wanted: float) -> None:
    until(lambda: price(site, item_id) == wanted)


def nothing_twice(site: Site, products: int) -> None:
    skus = [v.sku for p in site.shop.products() for v in p.variants]
    assert len(skus) == len(set(skus)) == products


def test_a_standby_goes_on_after_kill_9_and_nothing_is_made_twice(two: tuple[Site, Site]) -> None:
    first, second = two
    first.store.add([Shoe(item, f"24YM{item:04d}") for item in range(1, 9)])
    with running(first) as holder:
        until(lambda: len(first.shop.products()) == 8)
        with running(second):
            until(lambda: stands_by(second))
            holder.kill()
            killed_at = time.monotonic()
            first.store.change(3, Price=9100.0)
            shows(first, 3, 9100.0)
            assert time.monotonic() - killed_at < TTL_S + SLACK_S
            nothing_twice(first, 8)
    assert not holds(second) or said(second, "its claim is taken over")


def test_a_standby_says_for_whom_it_waits_by_command(two: tuple[Site, Site]) -> None:
    first, second = two
    first.store.add([Shoe(1, "24YM0001")])
    with running(first):
        until(lambda: len(first.shop.products()) == 1)
        with running(second):
            until(lambda: stands_by(second))
            ran = second.inside("resume")
            assert ran.code == 4
            assert "stands by: the engine on" in ran.err + ran.out
            lock = json.loads(second.inside("lock", "--json").out)
            assert (lock["lock_status"], lock["lease"]["state"]) == ("held_by_other", "other")
            assert 0 < lock["left_s"] <= TTL_S
            ours = json.loads(first.inside("lock", "--json").out)
            assert (ours["lease"]["state"], ours["claim"]["state"]) == ("ours", "ours")
            assert "Lease in Redis" in second.inside("lock").out


def test_a_clean_stop_hands_over_at_once(two: tuple[Site, Site]) -> None:
    first, second = two
    first.store.add([Shoe(1, "24YM0001")])
    with running(first) as holder:
        until(lambda: len(first.shop.products()) == 1)
        with running(second):
            until(lambda: stands_by(second))
            holder.terminate()
            assert holder.wait(10) == 0
            first.store.change(1, Price=9200.0)
            shows(first, 1, 9200.0)


def test_an_engine_that_was_stopped_for_long_writes_nothing_more(two: tuple[Site, Site]) -> None:
    first, second = two
    first.store.add([Shoe(item, f"24YM{item:04d}") for item in range(1, 41)])
    with running(first) as holder:
        until(lambda: len(first.shop.products()) >= 3)
        with running(second):
            until(lambda: stands_by(second))
            os.kill(holder.pid, signal.SIGSTOP)
            until(lambda: holds(second) and len(first.shop.products()) == 40)
            time.sleep(TTL_S)  # the stop itself is what is tested: thrice the lease in all
            for item in range(1, 41):
                first.store.change(item, Price=8000.0 + item)
            until(lambda: all(price(first, item) == 8000.0 + item for item in range(1, 41)))
            os.kill(holder.pid, signal.SIGCONT)
            until(lambda: stands_by(first))
            nothing_twice(first, 40)
            assert all(price(first, item) == 8000.0 + item for item in range(1, 41))


def test_a_redis_that_forgets_leaves_the_holder_at_work(two: tuple[Site, Site], server: RedisServer) -> None:
    first, second = two
    first.store.add([Shoe(1, "24YM0001")])
    with running(first), running(second):
        until(lambda: len(first.shop.products()) == 1 and (stands_by(first) or stands_by(second)))
        holder, other = (second, first) if stands_by(first) else (first, second)
        with server.client() as client:
            client.flushall()
        until(lambda: said(holder, "it is taken again as number 2"))
        server.stop()
        until(lambda: said(holder, "Redis does not answer"))
        server.start()
        first.store.change(1, Price=9300.0)
        shows(first, 1, 9300.0)
        nothing_twice(first, 1)
        assert said(other, "stands by")


def test_without_redis_nothing_is_sent_until_it_answers(two: tuple[Site, Site], server: RedisServer) -> None:
    first, _ = two
    first.store.add([Shoe(1, "24YM0001")])
    server.stop()
    with running(first):
        until(lambda: said(first, "redis-unavailable"))
        assert not first.shop.products()
        server.start()
        until(lambda: len(first.shop.products()) == 1)


def test_a_single_cycle_is_refused_while_another_engine_writes(two: tuple[Site, Site]) -> None:
    first, second = two
    first.store.add([Shoe(1, "24YM0001")])
    with running(first):
        until(lambda: len(first.shop.products()) == 1)
        ran = second.run("--no-ui", "--once")
        assert ran.code != 0
        assert "writes this shop" in ran.err


@pytest.mark.parametrize("is_set", [False, True])
def test_redis_is_loaded_only_where_it_is_set_up(two: tuple[Site, Site], is_set: bool) -> None:
    site = two[0]
    if not is_set:
        site.configure()
    program = "import runpy, sys\ntry: runpy.run_module('rms_console', run_name='__main__')\n"
    program += "finally: print('LOADED', 'redis' in sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", program, *site.command("--no-ui", "--once")[3:]]
    ran = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert f"LOADED {is_set}" in ran.stderr
    assert Path(site.state).exists()


def test_check_says_whether_redis_answers(two: tuple[Site, Site], server: RedisServer) -> None:
    two[0].store.add([Shoe(1, "24YM0001")])
    assert "Redis answers" in two[0].inside("check").out
    server.stop()
    ran = two[0].inside("check")
    assert ran.code == 1
    assert "Redis does not answer" in ran.out
