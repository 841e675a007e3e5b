"""Runs one of the long tests: `python -m tests.endurance creations|days|soak`. Exit code 1: it did not hold."""

from __future__ import annotations

import argparse
import sys

from tests.endurance import creations, days, soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    made = kinds.add_parser("creations", help="products created while answers are lost")
    made.add_argument("--count", type=int, default=10_000)
    made.add_argument("--lost", type=float, default=0.10, help="share of all answers lost after the work was done")
    made.add_argument("--way", choices=[*creations.WAYS, "both"], default="both")
    made.add_argument("--seed", type=int, default=1)
    long = kinds.add_parser("soak", help="the real program beside a till and a shop")
    long.add_argument("--minutes", type=float, default=30.0)
    month = kinds.add_parser("days", help="simulated months of a plausible store")
    month.add_argument("--days", type=int, default=30)
    month.add_argument("--seeds", type=int, default=50)
    month.add_argument("--first", type=int, default=1, help="the first seed")
    month.add_argument("--jobs", type=int, default=1)
    month.add_argument("--minutes", type=float, default=0.0, help="begin no new seed after that; 0: live all")
    given = parser.parse_args()
    if given.kind == "soak":
        return 0 if soak.main(given.minutes) else 1
    if given.kind == "days":
        return 0 if days.main(given.days, given.seeds, given.first, given.jobs, given.minutes) else 1
    ways = creations.WAYS if given.way == "both" else (given.way,)
    return 0 if creations.main(given.count, given.lost, ways, given.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
