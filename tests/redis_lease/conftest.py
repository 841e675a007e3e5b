"""A real Redis on a socket of its own, and two machines on one store and one shop."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis

from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from tests.acceptance.site import Site
from tests.acceptance.store_file import StoreFile


def until(condition: Callable[[], bool], wait_s: float = 30.0) -> None:
    deadline = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


class RedisServer:
    """Keeps nothing on disk: what is started again has forgotten everything."""

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        self._options = options
        self.socket = folder / "r.sock"
        self.url = f"unix://{self.socket}"
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [self._program, "--port", "0", "--unixsocket", str(self.socket), "--save", "", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.socket.unlink(missing_ok=True)

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@pytest.fixture
def server() -> Iterator[RedisServer]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with TemporaryDirectory(prefix="redis-") as folder:
        running = RedisServer(program, Path(folder))
        running.start()
        yield running
        running.stop()


TTL_S = 3.0
GUARD = "max_changed_percent = 0\nmax_changed_products = 0\nprice_jump_percent = 0\n"
MORE = GUARD + '[redis]\nurl = "{url}"\n[lease]\nttl_s = 3\n[api]\nport = 0\n'


@pytest.fixture
def two(tmp_path: Path, server: RedisServer) -> Iterator[tuple[Site, Site]]:
    """Two installations, each with a state folder of its own, on one store and one shop."""
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as shop:
        store = StoreFile(tmp_path / "store.db")
        sites = []
        for name in "ab":
            folder = tmp_path / name
            folder.mkdir()
            site = Site(folder, store, shop)
            site.configure(MORE.format(url=server.url))
            text = site.config.read_text(encoding="utf-8")
            fast = 'mode = "live"\nwatch_s = 0.2\ninterval_minutes = 0.05'
            site.config.write_text(text.replace('mode = "live"', fast), encoding="utf-8")
            sites.append(site)
        yield sites[0], sites[1]
