"""The plain console at an engine that runs already: it follows and steers it, and leaves it running."""

from __future__ import annotations

import os

import pytest

from tests.acceptance.site import Site
from tests.attach.test_real_engine import an_engine, audit, endpoint_of
from tests.hosting.test_plain import Reader

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def test_beside_an_engine_of_this_shop(site: Site) -> None:
    with an_engine(site) as engine:
        endpoint = endpoint_of(site, engine)
        with Reader(["--lang", "en", *site.command()[3:]]) as reader:
            reader.says("Shop: ")
            reader.type("pause physical stock-taking")
            reader.says("State: PAUSED by")
            reader.type("quit")
            assert reader.ends() == 0
            assert reader.lines[-1] == "The engine goes on."
        assert engine.poll() is None
        assert audit(site, endpoint) == [("Pause", "console")]


def test_at_an_address() -> None:
    with Reader(["--lang", "en", "--attach", "http://127.0.0.1:1"]) as reader:
        assert reader.ends() == 3
        assert "no engine answers at http://127.0.0.1:1" in reader.raw.decode()
