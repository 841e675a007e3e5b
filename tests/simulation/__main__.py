"""Run worlds and tell what went wrong in them.

python -m tests.simulation --seeds N [--from S] [--jobs J]   many worlds; what fails is kept in kept_seeds.txt
python -m tests.simulation --seed S [--trace] [--shrink]     one world again, its history, the smallest that fails
python -m tests.simulation --teeth [--seeds N]               known bugs put back: which seed catches each
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.simulation.acts import fault_kinds
from tests.simulation.bugs import BUGS
from tests.simulation.campaign import HASHING, Campaign, catches, keep, run_many, shrunk
from tests.simulation.running import Result, run_seed

TELLS_EVERY = 500
"""Seeds between two lines that say how far a long campaign is."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--tries", type=int, default=12, help="seeds tried for a bug, of those that could see it")
    parser.add_argument("--teeth", nargs="?", const="", default=None, metavar="PART")
    given = parser.parse_args()
    if given.teeth is not None:
        return teeth(given.teeth, range(given.first, given.first + given.seeds), given.tries)
    if given.seed is not None:
        return one(given.seed, given.trace, given.shrink)
    return many(range(given.first, given.first + given.seeds), given.jobs, given.shrink)


def one(seed: int, trace: bool, shrinks: bool) -> int:
    result = run_seed(seed)
    if trace:
        say("\n".join(result.trace))
    tell(result)
    say(f"seed {seed}: {len(result.trace)} lines, history {result.digest}")
    if shrinks and result.violations:
        tell_shrunk(result)
    return 1 if result.violations else 0


def many(seeds: range, jobs: int, shrinks: bool) -> int:
    campaign = run_many(seeds, jobs, heard=tell)
    tell_coverage(campaign)
    for result in campaign.failed:
        keep(result)
        if shrinks:
            tell_shrunk(result)
    say(f"{campaign.seeds} seeds, {len(campaign.failed)} with violations, {campaign.a_minute:.0f} a minute")
    return 1 if campaign.failed else 0


def tell(result: Result) -> None:
    if result.seed % TELLS_EVERY == 0:
        say(f"{time.strftime('%H:%M:%S')} up to seed {result.seed}")
    if result.violations:
        say(f"seed {result.seed}: python -m tests.simulation --seed {result.seed} --shrink")
        for told in result.violations:
            say(f"  {told}")


def tell_shrunk(result: Result) -> None:
    steps = shrunk(result)
    say(f"seed {result.seed}, cut down from {len(result.steps)} to {len(steps)} acts:")
    for step in steps:
        say(f"  round {step.round}  {step.kind:28} then {step.gap_s:5.0f} s")
    for told in run_seed(result.seed, steps).violations:
        say(f"  {told}")


def tell_coverage(campaign: Campaign) -> None:
    say(f"{'fault':28} {'fired':>8} {'in seeds':>8}")
    for kind in fault_kinds():
        say(f"{kind:28} {campaign.fired[kind]:8} {campaign.seeds_by_kind[kind]:8}")


def teeth(part: str, seeds: range, tries: int) -> int:
    loose = 0
    for name in BUGS:
        if part in name:
            found = catches(name, seeds, tries)
            loose += found is None
            told = "NOT CAUGHT" if found is None else f"seed {found[0]:4}"
            say(f"{told}  {name}  {found[1] if found else ''}")
    say(f"{loose} not caught")
    return 1 if loose else 0


def with_fixed_hashing() -> None:
    """Begin again where Python would hash texts by chance: sets of them must come in one order for one seed."""
    if os.environ.get("PYTHONHASHSEED") != HASHING:
        os.environ["PYTHONHASHSEED"] = HASHING
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])


if __name__ == "__main__":
    with_fixed_hashing()
    raise SystemExit(main())
