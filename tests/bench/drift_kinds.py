"""A hundred differences of every kind, put into an equal shop by known hands: how many the report finds, and no other.

Time is the world's own, so this says what is found and not how quickly. A report keeps only so many differences with
their values: the rest is read from its pad, and its counts must be those of the pad.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from rms_console.contract.commands import Accepted, Verify
from rms_console.contract.drift import Difference, difference_row
from rms_console.contract.queries import Page
from tests.bench.bench_site import folder
from tests.drift.place import DriftPlace
from tests.drift.seeds import SETTINGS, Seeder, Told, told_of

EACH = 100
MOST = 1_000_000
PATIENCE_S = 6 * 3600.0


async def report_of(place: DriftPlace) -> tuple[Page, tuple[Difference, ...]]:
    """Return a whole report of the running engine, and all that stands on its pad."""
    reply = await place.send(Verify())
    if not isinstance(reply, Accepted):
        raise RuntimeError(reply.message)
    end = place.clock.monotonic() + PATIENCE_S
    while place.engine.drift.is_busy and place.clock.monotonic() < end:
        await place.wait(60)
    page = await place.report()
    if page.facts["run_id"] != reply.command_id or page.facts["problem"]:
        raise RuntimeError(page.facts["problem"] or "no report")
    return page, place.pads[0].differences(MOST)


async def seeded(detection: str) -> tuple[Seeder, list[Told], Page]:
    """Return the seeds and what was told of them."""
    with folder() as there:
        place = DriftPlace(there, settings=SETTINGS, detection=detection)
        try:
            seeder = Seeder(place, EACH)
            await seeder.settle()
            async with place.service():
                before, _ = await report_of(place)
                if not before.facts["equal"]:
                    raise RuntimeError(f"not equal before anything was seeded: {before.rows[:3]}")
                seeder.after()
                page, found = await report_of(place)
        finally:
            place.close()
    return seeder, [told_of(difference_row(0, one)) for one in found if not one.is_known], page


def main() -> None:
    for detection in ("rowversion", "last_updated"):
        seeder, told, page = asyncio.run(seeded(detection))
        wanted = Counter(seeder.expected.values())
        met = Counter(seeder.expected[one] for one in set(told) if one in seeder.expected)
        false = [one for one in told if one not in seeder.expected]
        kinds = {seed: (kind, cause) for (_, kind, cause), seed in seeder.expected.items()}
        print(f"{detection}: {page.facts['compared']:,} items compared")
        for seed, count in wanted.items():
            kind, cause = kinds[seed]
            print(f"  {seed:16} {kind:11} {cause:16} found {met[seed]:3} of {count}")
        twice = len(told) - len(set(told))
        print(
            f"  in all {met.total()} of {wanted.total()}; false {len(false)} {false[:5] or ''}; twice {twice};"
            f" known {page.facts['waiting']}; the report counts {page.facts['found']}, the pad {len(told)}"
        )
