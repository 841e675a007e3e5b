"""How a command or a second console finds the engine that already runs for this shop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rms_console.contract.endpoint import TOKEN_FILE, TOKEN_VARIABLE, Endpoint
from rms_console.control.endpoint_file import read_endpoint, read_token
from rms_console.errors import ConfigError
from rms_console.locale import sentence
from rms_console.wiring.options import Options
from rms_console.wiring.site import site_as_it_is


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an engine answers. `token` is empty where there is none to be read: reading on loopback needs none.

    `endpoint` and `folder` are None for an engine named by its address (`--attach`).
    """

    url: str
    token: str
    endpoint: Endpoint | None = None
    folder: Path | None = None


def find_engine(options: Options) -> Reach | None:
    """Return where the engine answers that `--attach` names, or the one that owns this shop's state; None without one.

    The demo never meets another engine: None. Whether anybody answers there is not tried.

    Raises:
        ConfigError: the settings or the address are wrong, or the token file cannot be read.
    """
    if options.attach:
        return Reach(checked_url(options.attach).rstrip("/"), _token_for(options))
    if options.demo:
        return None
    folder = site_as_it_is(options).state
    endpoint = read_endpoint(folder)
    if endpoint is None or not endpoint.url:
        return None
    return Reach(endpoint.url, _token_for(options) or read_token(folder), endpoint, folder)


def checked_url(url: str) -> str:
    """Return the address of an engine.

    Raises:
        ConfigError: it is none that can be asked over HTTP.
    """
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or parts.username is not None or parts.query or parts.fragment or not url.isprintable():
        raise ConfigError(
            sentence("--attach: {url} is not the address of an engine", url=url.rpartition("@")[2][:200]),
            hint=sentence("such as http://127.0.0.1:8080"),
        )
    return url


def _token_for(options: Options) -> str:
    """Return the token that this person brings along: a file they name, else the environment."""
    if options.token_file is None:
        return options.environ.get(TOKEN_VARIABLE, "").strip()
    try:
        return options.token_file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a token"
        raise ConfigError(
            sentence("the token file {path} cannot be read: {reason}", path=options.token_file, reason=reason),
            hint=sentence("it is the file {name} in the engine's state folder", name=TOKEN_FILE),
        ) from error
