"""Serves a shop over real HTTP on loopback, in a thread of its own."""

from __future__ import annotations

import os
import socket
import threading
import time
from types import TracebackType

import uvicorn

from rms_console.demo.shopify.asgi import ShopApp
from rms_console.demo.shopify.shop import EmbeddedShop

__all__ = ["EmbeddedShop", "RunningShop", "serve"]

START_WITHIN_S = 10.0


class RunningShop:
    """A shop that is being served. Also a context manager that stops it."""

    def __init__(self, shop: EmbeddedShop, server: uvicorn.Server, listener: socket.socket) -> None:
        self.shop = shop
        self._server = server
        self._listener = listener
        host, port = listener.getsockname()[:2]
        self.host: str = host
        self.port: int = port
        self._thread = threading.Thread(target=self._run, name="embedded-shop", daemon=True)

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Begin to serve; return when connections are accepted.

        Raises:
            RuntimeError: the server did not come up.
        """
        self._thread.start()
        deadline = time.monotonic() + START_WITHIN_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the embedded shop could not be served on {self.origin}")
            time.sleep(0.005)

    def stop(self) -> None:
        """Close the listener and every connection. Does not wait for requests in flight."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=5)
        self._listener.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])

    def __enter__(self) -> RunningShop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(shop: EmbeddedShop, host: str = "127.0.0.1", port: int = 0) -> RunningShop:
    """Serve the shop and return the running server; port 0 takes a free one. Installs no signal handlers.

    Raises:
        OSError: the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP: asyncio turns Nagle's delay off only for sockets that say so.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # Windows would then let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    config = uvicorn.Config(
        ShopApp(shop),
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    running = RunningShop(shop, uvicorn.Server(config), listener)
    running.start()
    return running
