"""Consoles that visit a real engine: it obeys them, outlives them, and is found again when it was killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from rms_console.contract.endpoint import Endpoint
from rms_console.contract.queries import Query, Subject
from rms_console.control.client import EngineClient
from rms_console.control.endpoint_file import read_endpoint, read_token
from tests.acceptance.site import Site
from tests.hosting.seat import Seat, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are a POSIX matter")


@contextlib.contextmanager
def an_engine(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """Run the engine alone until the block ends, or it is killed."""
    process = subprocess.Popen(
        site.command("--no-ui"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)


def endpoint_of(site: Site, process: subprocess.Popen[bytes]) -> Endpoint:
    found: list[Endpoint] = []

    def answers() -> bool:
        assert process.poll() is None, "the engine ended"
        endpoint = read_endpoint(site.state)
        if endpoint is not None and endpoint.pid == process.pid and endpoint.url:
            found.append(endpoint)
        return bool(found)

    until(answers, what="the engine says where it answers")
    return found[0]


def a_console(site: Site, **how: Any) -> Seat:
    return Seat(["-m", "rms_console", *site.command()[3:]], **how)


def audit(site: Site, endpoint: Endpoint) -> list[tuple[str, str]]:
    """Return what stands in the audit trail: action and face, oldest first."""
    with EngineClient(endpoint.url, read_token(site.state)) as client:
        rows = client.page(Query(Subject.AUDIT, 20)).rows
    return [(row["action"], row["via"]) for row in reversed(rows)]


def test_keys_act_on_the_engine_and_another_console_hears_of_it(site: Site) -> None:
    with an_engine(site) as engine:
        endpoint = endpoint_of(site, engine)
        with a_console(site, columns=120) as first, a_console(site, columns=120) as second:
            for seat in (first, second):
                seat.shows(f"attached {endpoint.url}")
            first.press("p")
            first.shows("Pause the engine")
            first.press("y")
            second.shows("Pause, accepted")
            second.shows("PAUSED")
            second.press("r")
            first.shows("Resume, accepted")
            until(lambda: ("Resume", "console") in audit(site, endpoint), what="it is in the trail")
            assert audit(site, endpoint) == [("Pause", "console"), ("Resume", "console")]
            first.press("q")
            assert first.ends() == 0
            until(lambda: "The engine goes on" in first.text, 5)
            second.signal("SIGTERM")
            assert second.ends() == 143
        assert engine.poll() is None, "whoever leaves stops nothing"


def test_an_engine_that_was_killed_is_found_again_wherever_it_answers(site: Site) -> None:
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(an_engine(site))
        first = endpoint_of(site, engine)
        with a_console(site, columns=120) as seat:
            seat.shows(f"attached {first.url}")
            engine.kill()
            engine.wait(30)
            seat.shows("DETACHED from engine")
            seat.press("r")
            seat.shows("Not now: the engine does not answer now")
            again = stack.enter_context(an_engine(site))
            second = endpoint_of(site, again)
            seat.shows("The engine was started anew")
            seat.shows(f"attached {second.url}")
            seat.press("p")
            seat.shows("Pause the engine")
            seat.press("y")
            seat.shows("PAUSED")
            assert ("Pause", "console") in audit(site, second)
            seat.press("q")
            assert seat.ends() == 0
