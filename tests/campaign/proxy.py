"""A way to a server that can swallow, cut and refuse, as firewalls and broken lines do. Loopback only."""

from __future__ import annotations

import contextlib
import socket
import threading
from enum import StrEnum


class Trouble(StrEnum):
    """What the way does to whatever passes."""

    NONE = "none"
    REQUESTS = "requests swallowed"
    ANSWERS = "answers swallowed"
    BOTH = "both ways swallowed"
    MID_ANSWER = "swallowed in the midst of an answer"
    REFUSED = "connections refused"


class Proxy:
    """Forwards from a port of its own to a port or a Unix socket; `trouble` may change at any time."""

    def __init__(self, target: int | str) -> None:
        self._target = target
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.trouble = Trouble.NONE
        self.swallowed = threading.Event()
        """Set once something was swallowed or refused since `begin`."""
        self.port = 0
        self._listen()

    def begin(self, trouble: Trouble) -> None:
        """Begin a trouble. What is refused finds no listener, and open connections break."""
        self.swallowed.clear()
        self.trouble = trouble
        if trouble is Trouble.REFUSED:
            self.close()
            self.swallowed.set()

    def end(self) -> None:
        """End the trouble; connections that lost something stay as dead as they are."""
        was, self.trouble = self.trouble, Trouble.NONE
        if was is Trouble.REFUSED:
            self._listen()

    def close(self) -> None:
        listener, self._listener = self._listener, None
        with self._lock:
            sockets = [*self._open]
        for each in ([listener] if listener else []) + sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = self._reach()
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._open |= {near, far}
                lost = threading.Event()
                for source, sink, is_answer in ((near, far, False), (far, near, True)):
                    work = (source, sink, is_answer, lost)
                    threading.Thread(target=self._pump, args=work, daemon=True).start()

    def _reach(self) -> socket.socket:
        if isinstance(self._target, int):
            return socket.create_connection(("127.0.0.1", self._target))
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._target)
        return far

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool, lost: threading.Event) -> None:
        """Forward one direction. A connection that lost bytes hears nothing any more, whatever comes later."""
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                passed = len(data) if not lost.is_set() else 0
                if passed and self._swallows(is_answer):
                    passed = len(data) // 2 if self.trouble is Trouble.MID_ANSWER else 0
                    lost.set()
                    self.swallowed.set()
                if passed:
                    sink.sendall(data[:passed])
        if not lost.is_set():
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        if not lost.is_set():
            source.close()

    def _swallows(self, is_answer: bool) -> bool:
        if is_answer:
            return self.trouble in (Trouble.ANSWERS, Trouble.BOTH, Trouble.MID_ANSWER)
        return self.trouble in (Trouble.REQUESTS, Trouble.BOTH)
