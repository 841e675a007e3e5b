"""Real receivers on loopback: a mail server and a web server; and the engine's worlds."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from rms_console.contract.notify_port import Outlets
from tests.acceptance.site import Site
from tests.alerts.receivers import MailServer, WebServer
from tests.alerts.sending import SendingWorld
from tests.commands.live import a_site

SendingMake = Callable[..., SendingWorld]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[SendingMake]:
    """Make worlds, each in a folder of its own, whose alerts go through `outlets`."""
    made: list[SendingWorld] = []

    def build(outlets: Outlets | None = None, **options: Any) -> SendingWorld:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        world = SendingWorld(folder, **options)
        world.outlets = outlets
        made.append(world)
        return world

    yield build
    for world in made:
        if hasattr(world, "engine"):
            await world.collect()
        world.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(tmp_path) as site:
        yield site


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Return an authority that nobody knows but these tests."""
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    """Return what a client takes that trusts the authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    with contextlib.closing(WebServer()) as server:
        yield server
