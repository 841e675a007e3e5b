"""The campaign of lines that swallow, in short; its long form is `python -m tests.campaign blackhole`. C1, W12, W17."""

from __future__ import annotations

import socket
import sys

import pytest

from tests.campaign import blackhole
from tests.campaign.place import until
from tests.campaign.proxy import Proxy, Trouble
from tests.campaign.telling import Tally

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def test_w12_w17_the_first_write_after_refused_connections_comes_within_a_minute() -> None:
    tally = Tally("blackhole", 7)
    blackhole.one_round(tally, "7:0", "shop", Trouble.REFUSED, longest_s=3.0)
    assert tally.violations == []
    assert len(tally.times_s["shop, first write after connections refused"]) == 1


def test_the_proxy_swallows_what_it_is_told_to() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(server.getsockname()[1])
    try:
        near = socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
        far, _ = server.accept()
        near.sendall(b"asked")
        assert far.recv(10) == b"asked"
        proxy.begin(Trouble.MID_ANSWER)
        far.sendall(b"answer")
        assert near.recv(10) == b"ans"
        proxy.end()
        far.sendall(b"more")
        near.settimeout(0.2)
        with pytest.raises(TimeoutError):
            near.recv(10)
        proxy.begin(Trouble.REFUSED)
        with pytest.raises(OSError, match=r"refused|reset"):
            socket.create_connection(("127.0.0.1", proxy.port), timeout=5).recv(1)
        proxy.end()
        assert until(lambda: _reachable(proxy.port), 5)
        near.close()
        far.close()
    finally:
        proxy.close()
        server.close()


def _reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
