"""`endpoint.json` and the token in the state folder: the engine writes them, the commands and the console read them."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path

from rms_console.contract import wire
from rms_console.contract.endpoint import ENDPOINT_FILE, TOKEN_FILE, Endpoint
from rms_console.errors import LinkError


def read_endpoint(folder: Path) -> Endpoint | None:
    """Return what the engine of this folder wrote; None where none runs, or where the file cannot be understood."""
    try:
        return wire.from_json(Endpoint, json.loads(_text(folder / ENDPOINT_FILE)))
    except (OSError, ValueError, RecursionError, LinkError):
        return None


def write_endpoint(folder: Path, endpoint: Endpoint) -> None:
    """Tell the others where the engine is; a reader sees the old file or the new one, never half of it.

    Raises:
        OSError: the folder cannot be written.
    """
    beside = folder / f"{ENDPOINT_FILE}.{os.getpid()}"
    beside.unlink(missing_ok=True)
    # Made anew: through a link that lies there already, another file would be written over.
    with beside.open("x", encoding="utf-8") as file:
        file.write(json.dumps(wire.to_json(endpoint)))
    beside.replace(folder / ENDPOINT_FILE)


def remove_endpoint(folder: Path, boot_id: str) -> None:
    """Take back what the engine of this `boot_id` wrote; what another wrote since stays."""
    endpoint = read_endpoint(folder)
    if endpoint is not None and endpoint.boot_id == boot_id:
        with suppress(OSError):
            (folder / ENDPOINT_FILE).unlink()


def read_token(folder: Path) -> str:
    """Return the token of the engine of this folder; empty where there is none or this account may not read it."""
    try:
        token = _text(folder / TOKEN_FILE).strip()
    except (OSError, ValueError):
        return ""
    return token if token.isascii() else ""


def _text(path: Path) -> str:
    """Return what is in a file of the engine's. A link is never one: where somebody else can write the folder, it
    would have us send the engine a file of our own; and a pipe would keep us waiting for ever.

    Raises:
        OSError, UnicodeDecodeError: it is not to be read.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        raise FileNotFoundError(path)
    return path.read_text("utf-8")
