"""Run a campaign against the real program.

python -m tests.campaign kills|stops|starts|ledgers|disk|blackhole [--rounds N] [--seed S]
    [--keep FOLDER]    copies of what was judged to be wrong: settings, state, logs, store
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from tests.campaign.telling import Tally

CAMPAIGNS = {"kills": 1000, "stops": 100, "starts": 1000, "ledgers": 200, "disk": 20, "blackhole": 40}
"""Name -> rounds of the long run."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("campaign", choices=sorted(CAMPAIGNS))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    campaign = importlib.import_module(f"tests.campaign.{given.campaign}")
    tally = Tally(given.campaign, given.seed, given.keep)
    campaign.run(tally, given.rounds or CAMPAIGNS[given.campaign])
    return tally.end()


if __name__ == "__main__":
    raise SystemExit(main())
