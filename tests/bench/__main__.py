"""Runs the benches named on the command line, or all of them."""

from __future__ import annotations

import sys

from tests.bench import (
    backlog,
    console,
    drift,
    drift_kinds,
    large,
    latency,
    loglines,
    plan100k,
    quiet,
    restart,
    rows,
    stock,
)

BENCHES = {
    "quiet": quiet.main,
    "restart": restart.main,
    "stock": stock.main,
    "backlog": backlog.main,
    "latency": latency.main,
    "loglines": loglines.main,
    "rows": rows.main,
    "plan100k": plan100k.main,
    "drift": drift.main,
    "drift-kinds": drift_kinds.main,
    "large": large.main,
    "console": console.main,
}


def main() -> int:
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
        return 2
    for name in wanted:
        print(f"== {name}")
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
