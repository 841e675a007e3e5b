"""`python -m tests.simulation --seeds N [--from S] | --seed S`: run worlds, tell what went wrong in them."""

from __future__ import annotations

import argparse
import time
from collections import Counter

from tests.simulation.acts import fault_kinds
from tests.simulation.running import run_seed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--trace", action="store_true")
    given = parser.parse_args()
    seeds = [given.seed] if given.seed is not None else range(given.first, given.first + given.seeds)
    began, worked, fired, failed = time.monotonic(), time.process_time(), Counter[str](), 0
    for seed in seeds:
        result = run_seed(seed)
        fired += result.fired
        if given.trace:
            print("\n".join(result.trace))
        if result.violations:
            failed += 1
            print(f"seed {seed}: {len(result.violations)} violations")
            for told in result.violations:
                print(f"  {told}")
    took_s, worked_s = time.monotonic() - began, time.process_time() - worked
    print({kind: fired[kind] for kind in fault_kinds()})
    print(
        f"{len(seeds)} seeds, {failed} with violations, {60 * len(seeds) / took_s:.0f} a minute, "
        f"{60 * len(seeds) / worked_s:.0f} a minute of one core"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
