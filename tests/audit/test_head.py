"""The newest hash of the audit trail stands where people look, so that they can note it elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.commands.reaching import EXIT_NO_ENGINE
from rms_console.contract.commands import Pause
from tests.acceptance.site import Site
from tests.commands.live import a_site
from tests.engine.world import World


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(tmp_path) as site:
        yield site


async def test_each_act_of_a_person_moves_the_hash_in_the_snapshot(tmp_path: Path) -> None:
    world = World(tmp_path)
    engine = await world.start()
    assert (await engine.snapshot()).audit is None
    await world.send(Pause("counting"))
    head = (await engine.snapshot()).audit
    assert head is not None
    (newest,) = world.real_ledger.audit(1, None)
    assert (head.number, head.digest) == (newest.number, newest.digest)
    await world.stop()
    world.close()


def test_status_names_the_hash_that_verify_takes(site: Site) -> None:
    site.once()
    process = site.start()
    try:
        while site.inside("pause", "--reason", "counting").code == EXIT_NO_ENGINE:
            assert process.poll() is None
        seen = json.loads(site.inside("status", "--json").out)
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert len(seen["audit_hash"]) == 64
    rest = json.loads(site.inside("status", "--json").out)
    assert (rest["audit_number"], rest["audit_hash"]) == (seen["audit_number"], seen["audit_hash"])
    assert site.inside("audit", "verify", "--expect", seen["audit_hash"]).code == 0
    assert site.inside("audit", "verify", "--expect", "0" * 64).code == 1
