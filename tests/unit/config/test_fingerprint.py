"""What makes a check stale, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rms_console.config import load_settings
from rms_console.config.fingerprint import fingerprint
from tests.unit.config.conftest import MINIMAL, WriteFile


def of(path: Path) -> str:
    return fingerprint(load_settings(path, None, None, {}, {}))


@pytest.mark.parametrize(
    "more",
    [
        '[alerts.email]\nenabled = true\nto = ["otra@tienda.cr"]\nsmtp_host = "correo"\n',
        "[alerts]\nconsecutive_errors = 9\nenabled = false\n",
        '[console]\ntheme = "dia"\n',
    ],
)
def test_whom_it_tells_and_how_it_looks_leaves_a_check_valid(write_file: WriteFile, more: str) -> None:
    assert of(write_file(MINIMAL)) == of(write_file(MINIMAL + more, "more.toml"))


@pytest.mark.parametrize("more", ["[guard]\nprice_jump_percent = 99\n", "[filter]\nmin_price = 5\n"])
def test_what_is_written_to_the_shop_asks_for_a_new_check(write_file: WriteFile, more: str) -> None:
    assert of(write_file(MINIMAL)) != of(write_file(MINIMAL + more, "more.toml"))
