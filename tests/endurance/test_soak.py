"""The real program for some seconds, so that the half hour can be trusted to measure what it says."""

from __future__ import annotations

from tests.endurance.soak import soak


def test_the_program_is_watched_from_outside_and_over_its_api() -> None:
    seen = soak(length_s=7.0, every_s=0.5, warm_s=4.0, skus=60, events_a_minute=240.0)
    assert seen.code == 0, seen.told()
    assert len(seen.watched) >= 3
    last = seen.watched[-1]
    assert last.rss > 20e6
    assert last.handles > 5
    assert last.threads >= 3
    assert last.ledger + last.wal > 0
    assert last.log > 0
    assert last.events > 0
    assert seen.levels["INFO"]
    by_name = {verdict.bound.name: verdict for verdict in seen.verdicts()}
    assert by_name["threads"].is_flat, seen.told()
    assert by_name["open files, sockets"].is_flat, seen.told()
