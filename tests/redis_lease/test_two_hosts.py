"""Two machines with a network of their own each (network and host name spaces): the cable of one is pulled out.

Redis and the shop stand on a third one, which both reach.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from rms_console.adapters.store import open_ledger
from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from tests.acceptance.site import Site, clean_environment
from tests.acceptance.store_file import Shoe, StoreFile
from tests.redis_lease.conftest import GUARD, until
from tests.redis_lease.test_two_processes import SLACK_S, holds, nothing_twice, price, said, stands_by

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="name spaces are Linux's")

TTL_S = 3.0
HUB = "10.231.77.1"
BASE = "10.231.77."
PRICES = 'mode = "live"\nwatch_s = 0.2\ninterval_minutes = 0.05'


RELAY = """
import asyncio, sys

async def pump(source, sink):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()

async def serve(near_in, near_out):
    try:
        far_in, far_out = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    except OSError:
        near_out.close()
        return
    await asyncio.gather(pump(near_in, far_out), pump(far_in, near_out))

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[2]))
    await server.serve_forever()

asyncio.run(main())
"""
"""The shop without TLS is only for loopback: each machine has a way of its own from there to the hub."""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=20)


@dataclass(frozen=True)
class Host:
    """A machine: its space, its end of the cable on the hub, what runs on it, and the Redis that it asks."""

    name: str
    site: Site
    port: str
    redis: redis.Redis

    def cut(self) -> None:
        ip("link", "set", self.port, "down")

    def heal(self) -> None:
        ip("link", "set", self.port, "up")

    @contextlib.contextmanager
    def relayed(self, shop_port: int) -> Iterator[None]:
        command = ["ip", "netns", "exec", self.name, sys.executable, "-c", RELAY, HUB, str(shop_port)]
        relay = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            relay.kill()
            relay.wait()

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        self.site.logs.mkdir(exist_ok=True)
        # A host name of its own: else the two would take each other for processes of one machine.
        inner = f'hostname {self.name} && exec "$@"'
        command = ["ip", "netns", "exec", self.name, "unshare", "-u", "sh", "-c", inner, "sh"]
        with (self.site.folder / "out.txt").open("wb") as out:
            process = subprocess.Popen(
                [*command, *self.site.command("--no-ui")], stdout=out, stderr=out, env=clean_environment()
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()


NUMBERS = itertools.count(1)


@contextlib.contextmanager
def network() -> Iterator[dict[str, str]]:
    """Lend two spaces on a bridge; skip, with the reason, where this machine allows none."""
    # Names of its own for each: those of the one before may linger until its last process is gone.
    tag = f"{os.getpid() % 10_000:04d}{next(NUMBERS)}"
    names = {f"caja{side}{tag}": f"rv{side}{tag}" for side in "ab"}
    bridge = f"rb{tag}"
    with contextlib.ExitStack() as stack:
        try:
            ip("link", "add", bridge, "type", "bridge")
            stack.callback(ip, "link", "del", bridge)
            ip("addr", "add", f"{HUB}/24", "dev", bridge)
            ip("link", "set", bridge, "up")
            for number, (name, port) in enumerate(names.items(), 2):
                ip("netns", "add", name)
                stack.callback(ip, "netns", "del", name)
                ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
                ip("link", "set", port, "master", bridge, "up")
                ip("-n", name, "addr", "add", f"{BASE}{number}/24", "dev", "eth0")
                ip("-n", name, "link", "set", "eth0", "up")
                ip("-n", name, "link", "set", "lo", "up")
            subprocess.run(
                ["ip", "netns", "exec", next(iter(names)), "unshare", "-u", "hostname", "x"],
                check=True,
                capture_output=True,
                timeout=20,
            )
        except (OSError, subprocess.SubprocessError) as error:
            told = getattr(error, "stderr", None) or str(error)
            pytest.skip(f"no network name spaces here (root on Linux is needed): {told}")
        yield names


@contextlib.contextmanager
def redis_on_hub(folder: Path) -> Iterator[redis.Redis]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port = 20_000 + os.getpid() % 10_000
    command = [
        program,
        "--port",
        str(port),
        "--bind",
        HUB,
        "--protected-mode",
        "no",
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = redis.Redis(host=HUB, port=port, decode_responses=True)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    try:
        until(answers)
        yield client
    finally:
        client.close()
        process.kill()
        process.wait()


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[tuple[Host, Host]]:
    with (
        network() as names,
        redis_on_hub(tmp_path) as client,
        serve(EmbeddedShop(ShopSettings(locations=("Bodega",))), HUB) as shop,
    ):
        store = StoreFile(tmp_path / "store.db")
        url = f"redis://{HUB}:{client.connection_pool.connection_kwargs['port']}/0"
        made: list[Host] = []
        shop_port = int(shop.origin.rpartition(":")[2])
        for name, port in names.items():
            folder = tmp_path / name
            folder.mkdir()
            site = Site(folder, store, shop)
            more = f'{GUARD}[redis]\nurl = "{url}"\n[lease]\nttl_s = {TTL_S:g}\n[api]\nenabled = false\n'
            site.configure(more, origin=f"http://127.0.0.1:{shop_port}")
            text = site.config.read_text(encoding="utf-8")
            site.config.write_text(text.replace('mode = "live"', PRICES), encoding="utf-8")
            made.append(Host(name, site, port, client))
        with made[0].relayed(shop_port), made[1].relayed(shop_port):
            yield made[0], made[1]


def test_a_machine_that_is_cut_off_is_replaced_within_a_lease_and_writes_nothing_when_it_is_back(
    hosts: tuple[Host, Host],
) -> None:
    """G3: one writer at any time, on two hosts; what the one that was cut off still held in its queue never wins."""
    first, second = hosts
    site, other = first.site, second.site
    items = range(1, 13)
    site.store.add([Shoe(item, f"24YM{item:04d}") for item in items])
    with first.running():
        until(lambda: len(site.shop.products()) == len(items))
        with second.running():
            until(lambda: stands_by(other))
            for item in items:
                site.store.change(item, Price=7000.0 + item)
            until(lambda: all(price(site, item) == 7000.0 + item for item in items))
            first.cut()
            cut_at, cut_on = time.monotonic(), datetime.now(UTC)
            until(lambda: holds(other))
            assert time.monotonic() - cut_at < TTL_S + SLACK_S
            until(lambda: said(site, "Redis does not answer"))
            for item in items:
                site.store.change(item, Price=8000.0 + item)
            until(lambda: all(price(site, item) == 8000.0 + item for item in items))
            first.heal()
            until(lambda: stands_by(site))
            assert all(price(site, item) == 8000.0 + item for item in items)
            for item in items:
                site.store.change(item, Price=9000.0 + item)
            until(lambda: all(price(site, item) == 9000.0 + item for item in items))
            nothing_twice(site, len(items))
            assert said(other, "its claim is taken over")
    assert wrote(other, cut_on) > 0
    assert wrote(site, cut_on) == 0, "the machine that was cut off wrote after it was back"


def test_after_flushall_a_fresh_machine_takes_over_from_one_that_was_killed(hosts: tuple[Host, Host]) -> None:
    """Nobody has to release anything: the Redis is the same, as its life's name in the claim shows."""
    first, second = hosts
    site = first.site
    site.store.add([Shoe(1, "24YM0001")])
    with first.running() as holder:
        until(lambda: len(site.shop.products()) == 1)
        holder.kill()
        holder.wait()
    first.redis.flushall()
    site.store.change(1, Price=9400.0)
    with second.running():
        until(lambda: price(site, 1) == 9400.0)
        assert said(second.site, "its claim is taken over")
        nothing_twice(site, 1)


def wrote(site: Site, since: datetime) -> int:
    """Return how many mutations an installation has sent in runs since then, by its own history."""
    with contextlib.closing(open_ledger(site.state)) as ledger:
        return sum(cycle.mutations for cycle in ledger.cycles_since(since))
