"""`endpoint.json` and the token in the state folder: the engine writes them, the commands and the console read them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from rms_console.contract import wire
from rms_console.contract.endpoint import ENDPOINT_FILE, TOKEN_FILE, Endpoint
from rms_console.errors import LinkError


def read_endpoint(folder: Path) -> Endpoint | None:
    """Return what the engine of this folder wrote; None where none runs, or where the file cannot be understood."""
    try:
        return wire.from_json(Endpoint, json.loads((folder / ENDPOINT_FILE).read_text("utf-8")))
    except (OSError, ValueError, LinkError):
        return None


def write_endpoint(folder: Path, endpoint: Endpoint) -> None:
    """Tell the others where the engine is; a reader sees the old file or the new one, never half of it.

    Raises:
        OSError: the folder cannot be written.
    """
    beside = folder / f"{ENDPOINT_FILE}.{os.getpid()}"
    beside.write_text(json.dumps(wire.to_json(endpoint)), "utf-8")
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
        return (folder / TOKEN_FILE).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
