"""What lies in the place of the engine's files where somebody else can write the state folder too."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from rms_console.contract.endpoint import ENDPOINT_FILE, TOKEN_FILE, Endpoint
from rms_console.control.endpoint_file import read_endpoint, read_token, write_endpoint

ENDPOINT = Endpoint("http://127.0.0.1:8080", 7, "caja", "boot-1", "tienda", 1, "")
posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes in a folder need rights there")


@posix
@pytest.mark.parametrize("name", [TOKEN_FILE, ENDPOINT_FILE])
def test_a_link_is_not_read(tmp_path: Path, name: str) -> None:
    """Else whoever plants both files has an operator's own file sent to an address of theirs."""
    write_endpoint(tmp_path, ENDPOINT)
    secret = tmp_path / "secret"
    secret.write_text((tmp_path / ENDPOINT_FILE).read_text("utf-8"), "utf-8")
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).symlink_to(secret)
    assert read_token(tmp_path) == ""
    assert read_endpoint(tmp_path) == (None if name == ENDPOINT_FILE else ENDPOINT)


@posix
def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    for name in (TOKEN_FILE, ENDPOINT_FILE):
        os.mkfifo(tmp_path / name)
    found: list[object] = []
    reader = threading.Thread(target=lambda: found.extend((read_token(tmp_path), read_endpoint(tmp_path))), daemon=True)
    reader.start()
    reader.join(30)
    assert found == ["", None]


@posix
def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("kept", "ascii")
    (tmp_path / f"{ENDPOINT_FILE}.{os.getpid()}").symlink_to(other)
    write_endpoint(tmp_path, ENDPOINT)
    assert other.read_text("ascii") == "kept"
    assert not (tmp_path / ENDPOINT_FILE).is_symlink()
    assert read_endpoint(tmp_path) == ENDPOINT


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{}", '{"url": 5}', "ñ", ""], ids=["deep", "empty", "types", "word", "none"]
)
def test_what_is_no_endpoint_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ENDPOINT_FILE).write_text(text, "utf-8")
    assert read_endpoint(tmp_path) is None


def test_a_token_that_no_header_can_carry_is_none(tmp_path: Path) -> None:
    (tmp_path / TOKEN_FILE).write_text("ñ" * 43, "utf-8")
    assert read_token(tmp_path) == ""
