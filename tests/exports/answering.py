"""A small server on loopback that answers as the control API does, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PREFIX = "/api/v1/sync/monitor/"


@dataclass
class Answering:
    """`bodies` by the last part of the path; a list is answered one by one, the last again and again."""

    bodies: dict[str, Any]
    token: str = ""
    code: int = 200
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path below the prefix, Authorization."""
    url: str = ""

    def answer(self, name: str) -> Any:
        body = self.bodies[name]
        if isinstance(body, list):
            return body.pop(0) if len(body) > 1 else body[0]
        return body


def healthy(**changes: Any) -> dict[str, Any]:
    status = {
        "status": "IDLE",
        "last_check": "2025-01-30T15:45:00Z",
        "next_check": None,
        "items_processed_today": 145,
        "last_sync_duration": "2.3s",
        "is_healthy": True,
        "lock_status": "held",
        "oldest_unsent_s": 12.5,
        "queue": {"waiting": 3},
        "problem": None,
    }
    return {
        "status": status | changes,
        "health": {"status": "HEALTHY", "engine": "IDLE", "is_healthy": True, "dependencies": [{"name": "rms"}]},
        "test-connectivity": {"success": True, "results": []},
        "performance-metrics": {"current_performance": {"avg_execution_time": "2.1s"}},
        "logs": {"logs": [], "total": 0, "limit": 5, "level": "error"},
        "lock-info": {"lock_status": "held", "owner": "caja:1"},
    }


@contextmanager
def serving(answering: Answering) -> Iterator[Answering]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answering))
    answering.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield answering
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(answering: Answering) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            path = self.path.removeprefix(PREFIX)
            answering.asked.append((self.command, path, given))
            code: int = answering.code
            body: Any = answering.answer(path.partition("?")[0])
            if answering.token and given != f"Bearer {answering.token}":
                code, body = 401, {"error": {"code": "token", "message": "no", "hint": ""}}
            content = json.dumps(body, ensure_ascii=False).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler
