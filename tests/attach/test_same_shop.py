"""An engine of this shop runs already: is it found, waited for, and its silence explained?"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.adapters.clock import SystemClock
from rms_console.adapters.lease import FileLease
from rms_console.contract.endpoint import TOKEN_FILE, Endpoint
from rms_console.control.endpoint_file import write_endpoint
from rms_console.control.remote import Address
from rms_console.errors import LeaseHeld
from rms_console.hosting import attach
from rms_console.hosting.attach import reach_beside, where_of
from rms_console.hosting.beside import refuse_beside
from rms_console.wiring import Options, site_as_it_is
from rms_console.wiring.reach import find_engine
from tests.acceptance.site import Site

URL = "http://127.0.0.1:18080"
HELD = LeaseHeld("process 7 runs the engine of this shop")


@pytest.fixture
def options(site: Site) -> Options:
    return Options({}, config=site.config, state_dir=site.state, log_dir=site.logs)


@pytest.fixture
def lease(site: Site) -> Iterator[FileLease]:
    """The lock of the shop, held by an engine that has said nothing yet."""
    held = FileLease(site.state, SystemClock())
    held.acquire("boot-1")
    yield held
    held.release()


def wait(within_s: float) -> bool:
    """Let time pass; nobody wants to stop."""
    time.sleep(within_s)
    return False


def an_endpoint(url: str = URL, *, pid: int = 0, boot_id: str = "boot-1", problem: str = "") -> Endpoint:
    return Endpoint(url, pid or os.getpid(), platform.node(), boot_id, "tienda.myshopify.com", 1, problem)


def write_token(folder: Path, token: str) -> None:
    (folder / TOKEN_FILE).write_text(token, encoding="ascii")


@pytest.mark.usefixtures("lease")
def test_an_engine_that_answers_is_visited(site: Site, options: Options) -> None:
    write_endpoint(site.state, an_endpoint())
    write_token(site.state, "of-the-folder")
    with pytest.raises(LeaseHeld):
        refuse_beside(site_as_it_is(options))
    reach = reach_beside(options, HELD, wait)
    assert (reach.url, reach.token) == (URL, "of-the-folder")


@pytest.mark.usefixtures("lease")
def test_an_engine_that_is_about_to_answer_is_waited_for(site: Site, options: Options) -> None:
    refuse_beside(site_as_it_is(options))
    later = threading.Timer(0.3, lambda: write_endpoint(site.state, an_endpoint()))
    later.start()
    assert reach_beside(options, HELD, wait).url == URL
    later.join()


@pytest.mark.usefixtures("lease")
def test_whoever_leaves_meanwhile_need_not_wait(options: Options) -> None:
    with pytest.raises(LeaseHeld, match="process 7"):
        reach_beside(options, HELD, lambda within_s: True)


@pytest.mark.usefixtures("lease")
def test_what_a_killed_engine_left_behind_is_no_engine(
    site: Site, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attach, "APPEARS_WITHIN_S", 0.2)
    write_endpoint(site.state, an_endpoint(pid=os.getpid() + 1, boot_id="boot-0"))
    refuse_beside(site_as_it_is(options))
    with pytest.raises(LeaseHeld, match="process 7"):
        reach_beside(options, HELD, wait)


@pytest.mark.usefixtures("lease")
def test_an_engine_without_an_api_is_named_with_the_reason(site: Site, options: Options) -> None:
    write_endpoint(site.state, an_endpoint("", problem="port 8080 of 127.0.0.1 is taken by another program"))
    with pytest.raises(LeaseHeld, match=r"process 7 .*; it serves no API: port 8080 .* is taken") as caught:
        reach_beside(options, HELD, wait)
    assert "api.port" in caught.value.hint


def test_without_a_lock_there_is_no_engine(site: Site, options: Options) -> None:
    site.state.mkdir()
    write_endpoint(site.state, an_endpoint())
    refuse_beside(site_as_it_is(options))


def test_after_a_restart_address_and_token_are_read_again(site: Site, options: Options, lease: FileLease) -> None:
    write_endpoint(site.state, an_endpoint())
    write_token(site.state, "first")
    reach = find_engine(options)
    assert reach is not None
    where, place = where_of(options, reach), str(site.state / TOKEN_FILE)
    assert where() == Address(URL, "first", place)
    write_endpoint(site.state, an_endpoint("http://127.0.0.1:18081"))
    write_token(site.state, "second")
    assert where() == Address("http://127.0.0.1:18081", "second", place)
    lease.release()
    assert where() is None, "what a dead engine left behind is no address"


@pytest.mark.usefixtures("lease")
def test_a_token_that_a_person_brings_is_kept(site: Site, tmp_path: Path) -> None:
    write_endpoint(site.state, an_endpoint())
    write_token(site.state, "of-the-folder")
    mine = tmp_path / "mine"
    mine.write_text("brought", encoding="ascii")
    options = Options({}, config=site.config, state_dir=site.state, token_file=mine)
    reach = find_engine(options)
    assert reach is not None
    found = where_of(options, reach)()
    assert found is not None
    assert found.token == "brought"


def test_a_token_file_elsewhere_is_read_again(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("first", encoding="ascii")
    options = Options({}, attach=URL, token_file=mine)
    reach = find_engine(options)
    assert reach is not None
    where = where_of(options, reach)
    mine.write_text("second", encoding="ascii")
    assert where() == Address(URL, "second")
    mine.unlink()
    assert where() == Address(URL, "first")
