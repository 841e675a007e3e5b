"""Which way into the shop the settings choose, and that what is granted stays out of the log."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from rms_console.adapters.clock import SystemClock
from rms_console.adapters.logs import LogWriter
from rms_console.adapters.shopify.credentials import ClientCredentials
from rms_console.config import Settings, load_settings
from rms_console.contract.ports import LogLine
from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from rms_console.wiring.ends import _token


def settings(folder: Path, lines: str) -> Settings:
    file = folder / "console.toml"
    file.write_text(f'[shopify]\nshop = "tienda"\n{lines}\n', encoding="utf-8")
    file.chmod(0o600)
    return load_settings(file, None, None, {}, {})


def log(folder: Path) -> LogWriter:
    return LogWriter(folder, stream=io.StringIO())


@pytest.mark.parametrize(
    "lines", ['token = "shpat_1"', 'token = "shpat_1"\nclient_id = "id"\nclient_secret = "shpss_1"']
)
def test_a_permanent_token_goes_first(tmp_path: Path, lines: str) -> None:
    assert _token(settings(tmp_path, lines), SystemClock(), log(tmp_path)) == "shpat_1"


async def test_w14_credentials_get_a_token_that_the_log_never_shows(tmp_path: Path) -> None:
    shop = EmbeddedShop(ShopSettings(access_token="", client_id="id", client_secret="shpss_secret_secret"))
    with serve(shop) as running:
        lines = f'api_base = "{running.origin}"\nclient_id = "id"\nclient_secret = "shpss_secret_secret"'
        writer = log(tmp_path)
        source = _token(settings(tmp_path, lines), SystemClock(), writer)
        assert isinstance(source, ClientCredentials)
        token = await source.token()
        await source.close()
    assert shop.tokens.accepts(token)
    # Glued to a word, so that only who knows the token finds it.
    writer.write(LogLine("INFO", "Test", "token {it}", {"it": f"x{token}"}))
    writer.close()
    assert token not in writer.path.read_text(encoding="utf-8")
