"""What the engine's host tells the rules, and the desk that makes the console's bundles."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path
from unittest import mock

import httpx

from rms_console.adapters.shopify.credentials import ClientCredentials
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.config import Settings
from rms_console.contract.endpoint import Endpoint
from rms_console.contract.queries import Subject
from rms_console.control.endpoint_file import write_endpoint
from rms_console.hosting.setting_up import first_setup, setup_of
from rms_console.hosting.terminal import look_at_terminal
from rms_console.wiring.options import Options
from rms_console.wiring.site import Site
from rms_console.wiring.surroundings import look_around
from tests.tui.fakeport import FakeEngine, FakePort
from tests.unit.engine_pace.virtual import VirtualClock


def a_site(folder: Path, options: Options | None = None) -> Site:
    (folder / "state").mkdir()
    (folder / "logs").mkdir()
    return Site(options or Options({}), Settings.demo(), folder / "state", folder / "logs")


def test_folders_and_the_announced_address_are_told(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    assert look_around(site).endpoint is None
    endpoint = Endpoint("", 1, "h", "boot-1", "tienda", 1, "port 8080 is taken")
    write_endpoint(site.state, endpoint)
    seen = look_around(site)
    assert seen.endpoint == endpoint
    assert seen.folders["state"].path == str(site.state)
    assert seen.folders["log"].is_writable
    assert seen.token_dies_at is None


async def test_a_token_that_ends_is_told_once_there_is_one(tmp_path: Path) -> None:
    clock = VirtualClock()
    answer = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"access_token": "shpat_x1y2z3", "expires_in": 600})
    )
    tokens = ClientCredentials("tienda.myshopify.com", "app", "secret-of-app", clock=clock, transport=answer)
    shop = mock.create_autospec(ShopifyShop, instance=True, tokens=tokens)
    site = a_site(tmp_path)
    assert look_around(site, shop).token_dies_at is None
    await tokens.token()
    assert look_around(site, shop).token_dies_at == clock.now() + timedelta(seconds=600)
    shop.tokens = object()
    assert look_around(site, shop).token_dies_at is None
    await tokens.close()


async def test_the_console_of_a_site_can_write_bundles_and_one_on_an_engine_elsewhere_too(tmp_path: Path) -> None:
    terminal, port = look_at_terminal({}), FakePort(pages={Subject.DIAGNOSTICS: []})
    elsewhere = Options({}, attach="http://caja:8080")
    with mock.patch("rms_console.hosting.setting_up._folder", return_value=tmp_path / "mine"):
        own = setup_of(a_site(tmp_path), terminal, FakeEngine()).support
        (tmp_path / "away").mkdir()
        away = setup_of(a_site(tmp_path / "away", elsewhere), terminal, FakeEngine()).support
    assert own is not None
    assert away is not None
    made = await own.gather(port)
    assert {"folders.json", "settings.json", "snapshot.json"} <= set(made.files)
    assert "folders.json" not in (await away.gather(port)).files
    path = own.write(made)
    assert path.parent == tmp_path / "mine" / "support"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def test_before_the_settings_are_read_only_an_engine_elsewhere_has_bundles() -> None:
    from rms_console.config.glance import Glance

    terminal = look_at_terminal({})
    assert first_setup(Options({}), Glance(), terminal, FakeEngine()).support is None
    assert first_setup(Options({}, attach="http://caja:1"), Glance(), terminal, FakeEngine()).support is not None
