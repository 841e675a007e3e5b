"""Commands of an account that is not the engine's: it reads what it may, and is told the way to the rest."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.site import Ran
from tests.acceptance.store_file import Shoe
from tests.commands.live import Live, a_site

NOBODY = 65534
pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as another account"
)


@pytest.fixture(scope="module")
def owned() -> Iterator[Live]:
    """An engine of this account, in folders that all may look into; settings that the others may read."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    with a_site(folder) as site, Live(site) as live:
        site.store.add([Shoe(1, "24YM0401")])
        os.chown(site.config, 0, NOBODY)
        site.config.chmod(0o640)
        live.begin()
        yield live
    shutil.rmtree(folder)


def as_nobody(live: Live, *arguments: str, lang: str = "en") -> Ran:
    live.run(*arguments)  # what it loads lies where only we may read
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        return live.run(*arguments, lang=lang)
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_reading_is_free_and_steering_needs_the_token(owned: Live) -> None:
    assert as_nobody(owned, "status").code == 0
    assert as_nobody(owned, "logs", "--limit", "1").code == 0
    for lang, way in (("en", "sudo -u"), ("es", "use la cuenta del motor")):
        ran = as_nobody(owned, "resume", lang=lang)
        assert (ran.code, ran.out) == (4, "")
        assert str(owned.site.state / "api-token") in ran.err
        assert way in ran.err


def test_a_closed_door_is_not_taken_for_an_empty_house(owned: Live) -> None:
    state = owned.site.state
    state.chmod(0o700)
    try:
        ran = as_nobody(owned, "status")
    finally:
        state.chmod(0o755)
    assert (ran.code, ran.out) == (4, "")
    assert f"may not look into {state}" in ran.err


def test_without_an_engine_the_ledger_is_not_everybodys(owned: Live) -> None:
    owned.end()
    ran = as_nobody(owned, "status")
    assert (ran.code, ran.out) == (4, "")
    assert "sudo -u" in ran.err
