"""Has the whole program imported and forks engines from it: what they do from `main` on is what they always do.

Steered by JSON lines on stdin. It makes a thousand starts affordable, and brings two of them closer together than two
interpreters that load side by side ever are.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import rms_console.headless
import rms_console.wiring.parts
import rms_console.wiring.serving  # noqa: F401
from rms_console.cli import main as program


class Nursery:
    """The engines that were forked and their exit codes, None as long as they run."""

    def __init__(self) -> None:
        self.codes: dict[int, int | None] = {}

    def pair(self, arguments: list[str], out: str, apart_s: float) -> dict[str, Any]:
        """Fork two engines that begin so far apart."""
        self.codes = {}
        begin_at = time.monotonic() + 0.02
        for at in (begin_at, begin_at + apart_s):
            pid = os.fork()
            if pid == 0:
                _live(arguments, out, at)
            self.codes[pid] = None
        return {"pids": list(self.codes)}

    def poll(self) -> dict[str, Any]:
        for pid, code in self.codes.items():
            if code is None and (ended := os.waitpid(pid, os.WNOHANG)) != (0, 0):
                self.codes[pid] = os.waitstatus_to_exitcode(ended[1])
        return {"codes": list(self.codes.values())}

    def end(self, number: int) -> dict[str, Any]:
        """Send a signal to whatever still runs."""
        for pid, code in self.codes.items():
            if code is None:
                os.kill(pid, number)
        return {}


def _live(arguments: list[str], out: str, at: float) -> None:
    """Be an engine, from its entry point to its exit code."""
    code = 70
    try:
        target = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number in (0, 1, 2):
            os.dup2(target, number)
        sys.argv = ["rms-console", *arguments]
        time.sleep(max(0.0, at - time.monotonic()))
        program()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # a fork must never go on as the nursery
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    nursery = Nursery()
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        act: Callable[..., dict[str, Any]] = getattr(nursery, asked.pop("do"))
        sys.stdout.write(json.dumps(act(**asked)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
